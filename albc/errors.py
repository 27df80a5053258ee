"""What albc raises on purpose, by whose fault it is.

    AlbcError
    ├── Invalid            the user's input is wrong: tell the user, try again slowly
    ├── Pending            something is not there yet: again after a stated time, without noise
    ├── Unavailable        the API server or AWS cannot do it now: back-off, no event
    │   └── Throttled      … because we ask too often
    ├── Refused            the API server or AWS understood, and said no
    │   ├── Unauthorized   our credentials are not (or no longer) valid
    │   ├── Forbidden      we lack a permission
    │   ├── NotFound       the object is not there
    │   ├── Conflict       the object changed meanwhile, exists already, or is in use
    │   ├── Gone           the version or page asked for has expired
    │   └── QuotaExceeded  a quota of the AWS account is used up: tell the user, try again slowly
    ├── NotLeader          another replica may write, so we may not
    └── Bug                our own fault

Raised at the rim (`albc.kube`, `albc.aws`), where botocore's and aiohttp's exceptions end, and by reconciles.
`albc.engine.outcome` says what becomes of each. A fault of one member of a group is a value (`Problem`), not an error.
Messages are for people: one sentence with the cause and, where there is one, the fix.
"""


class AlbcError(Exception):
    """Everything that albc raises on purpose."""


class Invalid(AlbcError):
    """The input is wrong, and stays wrong until somebody edits it or what it refers to."""


class Pending(AlbcError):
    """Something is not there yet, and nothing is wrong. Look again after `after_seconds`."""

    def __init__(self, message: str, after_seconds: float) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds


class Unavailable(AlbcError):
    """No answer, or an answer that says "not now". `retry_after` is the server's own wish in seconds, if it had one."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Throttled(Unavailable):
    """The server asks us to slow down."""


class Refused(AlbcError):
    """The server understood and said no. `code` is its own word for why (`AlreadyExists`, `AccessDenied`)."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Unauthorized(Refused):
    """Our credentials are not valid."""


class Forbidden(Refused):
    """We lack a permission."""


class NotFound(Refused):
    """The object is not there."""


class Conflict(Refused):
    """The object changed since we read it, exists already, or is in use."""


class Gone(Refused):
    """The resourceVersion or the continue token has expired: list again."""


class QuotaExceeded(Refused):
    """A quota of the AWS account is used up, until somebody raises it or takes something away."""


class NotLeader(AlbcError):
    """This replica does not hold the lease (any more), so it must not write."""


class Bug(AlbcError):
    """Something that cannot happen did."""
