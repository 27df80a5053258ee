"""PURE: a Service of the class for Classic Load Balancers, and facts, to a stack (spec/service.md part B).

Beside the Network Load Balancers of `albc.mapping.service`, and apart from them: other class, other annotations, other
formats of their values. What the in-tree provider of AWS makes of a Service is what comes out here.
"""
