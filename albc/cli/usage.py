"""The one exception that the command line turns into a line for its caller."""


class UsageError(Exception):
    """One sentence: the cause, and what to do about it. Ends the command with exit status 2, without traceback."""
