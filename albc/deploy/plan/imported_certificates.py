"""Certificates of Kubernetes Secrets in ACM: imported, imported again into the same ARN when renewed, deleted last.

A certificate is found again by the id of its resource, which is the Secret; by its fingerprint, where the Secret has
another name now. Only with the gate EnableCertificateManagement, without which the inventory knows no certificates.
Called by `make`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from albc.deploy.plan.operation import Operation, ResourceID, Verb
from albc.deploy.plan.scope import Scope
from albc.deploy.settings import DeploySettings
from albc.deploy.values import tag_list
from albc.model.imported_certificate import FINGERPRINT_TAG, ImportedCertificate
from albc.model.inventory import ActualCertificate, InventoryView
from albc.model.reference import Ref
from albc.model.stack import Stack

IMPORTED: Final = "IMPORTED"
"""ACM's type of what was imported."""
_LOST_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class ImportedCertificates:
    """Which certificates of ACM are which of the stack."""

    pairs: tuple[tuple[ImportedCertificate, ActualCertificate], ...]
    missing: tuple[ImportedCertificate, ...]
    unwanted: tuple[ActualCertificate, ...]

    def known(self) -> dict[Ref, str]:
        return {wanted.arn: actual.arn for wanted, actual in self.pairs}


def match(stack: Stack, view: InventoryView, settings: DeploySettings) -> ImportedCertificates:
    if not settings.enable_certificate_management:
        return ImportedCertificates((), (), ())
    free = {one.arn: one for one in sorted(view.certificates, key=lambda one: one.arn) if is_imported(one)}
    pairs: dict[str, ActualCertificate] = {}
    wanted = stack.all(ImportedCertificate)
    for certificate in wanted:
        if same := [one for one in free.values() if view.resource_id(one.tags) == certificate.id]:
            pairs[certificate.id] = free.pop(same[0].arn)
    for certificate in wanted:
        equal = [one for one in free.values() if one.tags.get(FINGERPRINT_TAG) == certificate.fingerprint]
        if certificate.id not in pairs and certificate.fingerprint and equal:
            pairs[certificate.id] = free.pop(equal[0].arn)
    return ImportedCertificates(
        pairs=tuple((one, pairs[one.id]) for one in wanted if one.id in pairs),
        missing=tuple(one for one in wanted if one.id not in pairs),
        unwanted=tuple(free.values()),
    )


def is_imported(certificate: ActualCertificate) -> bool:
    return certificate.aws.get("Type") == IMPORTED


def changes(certificates: ImportedCertificates, scope: Scope) -> list[Operation]:
    """Imports, before the listeners that need them; and the tags by which they are found again."""
    operations = [_import(one, scope) for one in certificates.missing]
    for wanted, actual in certificates.pairs:
        if not wanted.fingerprint:
            continue
        resource = ResourceID(ImportedCertificate.type, wanted.id)
        before = actual.tags.get(FINGERPRINT_TAG, "")
        if before != wanted.fingerprint:
            operations.append(
                Operation(
                    verb=Verb.MODIFY,
                    resource=resource,
                    service="acm",
                    action="import_certificate",
                    params={"CertificateArn": actual.arn, **_content(wanted)},
                    target=actual.arn,
                    before={"Fingerprint": before},
                    after={"Fingerprint": wanted.fingerprint},
                    because=f"Secret {wanted.id} holds another certificate now",
                )
            )
        tags = _tags(wanted, scope)
        wrong = {key: value for key, value in tags.items() if actual.tags.get(key) != value}
        if wrong:
            operations.append(
                Operation(
                    verb=Verb.MODIFY,
                    resource=resource,
                    service="acm",
                    action="add_tags_to_certificate",
                    params={"CertificateArn": actual.arn, "Tags": tag_list(wrong)},
                    target=actual.arn,
                    after=wrong,
                    because=f"tags {', '.join(sorted(wrong))} are missing or differ",
                )
            )
    return operations


def deletions(certificates: ImportedCertificates, scope: Scope, needs: frozenset[ResourceID]) -> list[Operation]:
    """Of the unwanted; `needs` holds the listeners that might serve them."""
    return [
        Operation(
            verb=Verb.DELETE,
            resource=ResourceID(ImportedCertificate.type, actual.tags.get(f"{scope.tag_prefix}/resource", actual.arn)),
            service="acm",
            action="delete_certificate",
            params={"CertificateArn": actual.arn},
            target=actual.arn,
            before={"DomainName": actual.aws.get("DomainName", "")},
            because="no listener uses it any more",
            needs=needs,
        )
        for actual in certificates.unwanted
    ]


def _import(wanted: ImportedCertificate, scope: Scope) -> Operation:
    lost = not wanted.fingerprint
    return Operation(
        verb=Verb.CREATE,
        resource=ResourceID(ImportedCertificate.type, wanted.id),
        service="acm",
        action="import_certificate",
        params={} if lost else {**_content(wanted), "Tags": tag_list(_tags(wanted, scope))},
        after={"Fingerprint": wanted.fingerprint},
        because="does not exist",
        waits_for=f"Secret {wanted.id}" if lost else "",
        wait_seconds=_LOST_SECONDS,
    )


def _content(wanted: ImportedCertificate) -> Mapping[str, Any]:
    return {
        "Certificate": wanted.certificate,
        "PrivateKey": wanted.private_key,
        **({"CertificateChain": wanted.chain} if wanted.chain else {}),
    }


def _tags(wanted: ImportedCertificate, scope: Scope) -> dict[str, str]:
    return {**scope.tags(wanted.id, wanted.tags), FINGERPRINT_TAG: wanted.fingerprint}
