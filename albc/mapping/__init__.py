"""PURE: Kubernetes objects, facts and settings in; a `Built` (stack and problems) out.

`ingress/`, `service/` and `gateway/` do not import one another; what two of them need stands in this folder.
No I/O, clock, logger, randomness or `async` in here: a checker holds it (tests/test_purity.py).
"""
