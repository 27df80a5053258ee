"""The user's fault inside a mapping rule, until the member it belongs to is known."""


class Invalid(ValueError):
    """Raised by a rule, turned into a `Problem` on the member where its contribution is built; never leaves mapping.

    The message names the field, its value, and what would be right.
    """

    def __init__(self, message: str, *, reason: str = "FailedBuildModel") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason

    def within(self, prefix: str) -> "Invalid":
        """The same fault, told from one level further out: `prefix` comes first."""
        return Invalid(f"{prefix}{self.message}", reason=self.reason)
