"""The demo: the examples on the local stack, with the controller beside it, and traffic through the result.

`manifests` reads the examples, `traffic` says what is asked and what must come back, `show` runs it all for a person.
"""
