"""Values that every other room speaks in: desired state, what is known of AWS, problems, names and tags.

Imports nothing else of albc; does no I/O and reads no clock.
"""
