"""Admission webhooks: what may be written into the cluster, and what is filled in on the way (spec/runtime.md §12).

`review` has the question and the answer as values. One module holds the rules of one kind of object, as pure functions
`review and what is known → verdict`; `handlers` finds what they need to know, `server` speaks HTTPS.
"""
