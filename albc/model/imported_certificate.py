"""A certificate from a Kubernetes Secret that is imported into ACM, for a Gateway's listener."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from albc.model.reference import Ref, SecretText
from albc.model.wire import Omit, hidden, wire, wire_map

FINGERPRINT_TAG = "elbv2.k8s.aws/certificate-fingerprint"
"""Tag of an imported certificate: ACM does not tell what was imported, and this says whether it is still the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedCertificate:
    """Found again by its id, so that a renewed Secret is imported into the same ARN."""

    type: ClassVar[str] = "AWS::ACM::ImportedCertificate"

    id: str = hidden()
    """The Secret, `namespace/name`."""
    fingerprint: str = wire(omit=Omit.NEVER)
    """SHA-256 of the certificate and its chain. Empty where the Secret is lost: what was imported before stays."""
    certificate: str = hidden("")
    """PEM."""
    chain: str = hidden("")
    """PEM of the authorities between, without the certificate itself; "" without any."""
    private_key: SecretText | None = hidden()
    """PEM."""
    tags: Mapping[str, str] = wire_map()

    @property
    def arn(self) -> Ref:
        return Ref(self.type, self.id, "certificateARN")
