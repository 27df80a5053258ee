"""A certificate that albc requests from ACM for an Ingress (spec/aws.md §7.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from albc.model.reference import Ref
from albc.model.wire import Omit, hidden, wire, wire_map


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    type: ClassVar[str] = "AWS::ACM::Certificate"

    id: str = hidden()
    kind: str = wire("type", omit=Omit.NEVER)
    """`AMAZON_ISSUED` or `PRIVATE`."""
    certificate_authority_arn: str = wire("certificateAuthorityARN", omit=Omit.NEVER, default="")
    domain_name: str
    subject_alternative_names: tuple[str, ...]
    validation_method: str
    key_algorithm: str = wire(omit=Omit.NEVER, default="")
    tags: Mapping[str, str] = wire_map()

    @property
    def arn(self) -> Ref:
        return Ref(self.type, self.id, "certificateARN")
