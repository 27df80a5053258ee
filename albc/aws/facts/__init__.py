"""Answers a `FactsRequest`: from an account (`account`), or from a file of recorded answers (`file`).

Both sources ask the same `questions` and read the answers with the same pure `parse`; only who is asked differs.
Importing `albc.aws.facts.file` imports no SDK, so that an offline `albc plan` starts fast.
"""
