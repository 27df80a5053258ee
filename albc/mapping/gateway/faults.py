"""What is wrong with a listener, a route or one of its rules, as a value that statuses and problems are made of."""

from dataclasses import dataclass

from albc.mapping.invalid import Invalid


@dataclass(frozen=True, slots=True)
class Fault:
    reason: str
    """A condition's reason; the Gateway API's word where it has one."""
    message: str

    @classmethod
    def of(cls, invalid: Invalid) -> "Fault":
        return cls(invalid.reason, invalid.message)
