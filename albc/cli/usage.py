"""The one exception that the command line turns into a line for its caller."""


class UsageError(Exception):
    """One sentence: the cause, and what to do about it. Ends the command, without traceback."""

    def __init__(self, sentence: str, status: int = 2) -> None:
        """`status`: of the process at its end."""
        super().__init__(sentence)
        self.status = status
