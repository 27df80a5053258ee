"""Services of type LoadBalancer to Network Load Balancers (spec/service.md part A).

`selection` says which Services are ours, `build` maps one of them; each other file is one part of the result, or one
decision behind it, named after what AWS calls it.
"""
