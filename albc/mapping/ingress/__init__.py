"""Ingresses to Application Load Balancers, one for each IngressGroup (spec/ingress.md).

The way: `classes` (is it ours?) → `groups` (which group, in which order?) → `declaration` (each member's annotations,
class and rules as typed records, no facts) → `contribution` (one member's share, from the declaration, its Services
and facts alone) → `build` (shares joined into one stack, in group order).
"""
