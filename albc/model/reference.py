"""Tokens: strings that are known now, or that AWS will give later (spec/aws.md §1.2)."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Ref:
    """A field of another resource of the same stack that exists only after that resource was deployed."""

    type: str
    """Model type, such as `AWS::EC2::SecurityGroup`."""
    id: str
    field: str
    """`groupID`, `loadBalancerARN`, `dnsName`, `targetGroupARN`, `listenerARN`, `certificateARN`, …"""

    def __wire__(self) -> dict[str, str]:
        return {"$ref": f"#/resources/{self.type}/{self.id}/status/{self.field}"}


Token: TypeAlias = str | Ref
"""A literal, or a reference resolved while applying."""


@dataclass(frozen=True, slots=True, repr=False)
class SecretText:
    """A secret on its way from a Kubernetes Secret to AWS: shown to nobody on the way."""

    value: str

    def __repr__(self) -> str:
        return "[REDACTED]"

    def __wire__(self) -> str:
        return "[REDACTED]"
