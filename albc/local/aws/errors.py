"""How an operation says no. Services raise these, the server writes them in the wire form of the service's protocol."""


class ApiError(Exception):
    """An error answer of AWS: its code, its message and the HTTP status that carries it."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class ConnectionDropped(Exception):
    """The caller's connection ends without an answer (a fault that was asked for, see `faults`)."""
