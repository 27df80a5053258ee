"""From a stack to AWS: `plan` says what has to change (pure), `apply` does it.

Both have one module for each kind of resource, under the same names; `fields` names each field of a kind once.
"""
