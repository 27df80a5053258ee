"""Certificates that albc requests from ACM (spec/aws.md §7.1), with the gate EnableCertificateManagement.

One that is not issued yet is not known to the rest of the plan, so what needs it waits.
"""

from dataclasses import dataclass

from albc.deploy.fields.certificates import CERTIFICATE
from albc.deploy.fields.field import Change, create_request, differences
from albc.deploy.plan.imported_certificates import is_imported
from albc.deploy.plan.operation import Operation, ResourceID, Verb
from albc.deploy.plan.scope import Scope
from albc.deploy.settings import DeploySettings
from albc.deploy.values import tag_list
from albc.model.certificate import Certificate
from albc.model.inventory import ActualCertificate, InventoryView
from albc.model.reference import Ref
from albc.model.stack import Stack

ISSUED = "ISSUED"


@dataclass(frozen=True, slots=True)
class Certificates:
    """Which certificates of ACM are which of the stack."""

    pairs: tuple[tuple[Certificate, ActualCertificate], ...]
    missing: tuple[Certificate, ...]
    unwanted: tuple[ActualCertificate, ...]

    def known(self) -> dict[Ref, str]:
        return {wanted.arn: actual.arn for wanted, actual in self.pairs if actual.aws.get("Status") == ISSUED}


def match(stack: Stack, view: InventoryView, settings: DeploySettings) -> Certificates:
    """By resource id and names; nothing with the gate off."""
    if not settings.enable_certificate_management:
        return Certificates((), (), ())
    pairs, missing = [], []
    requested = [one for one in view.certificates if not is_imported(one)]
    actual = sorted(requested, key=lambda one: (one.aws.get("Status") != ISSUED, one.arn))
    for wanted in stack.all(Certificate):
        usable = [
            one
            for one in actual
            if view.resource_id(one.tags) == wanted.id
            and one.aws.get("Status") in (ISSUED, "PENDING_VALIDATION")
            and not any(
                difference.field.change is Change.REPLACE
                for difference in differences(CERTIFICATE, wanted, one, settings, {})
            )
        ]
        if usable:
            pairs.append((wanted, usable[0]))
        else:
            missing.append(wanted)
    taken = {one.arn for _, one in pairs}
    return Certificates(tuple(pairs), tuple(missing), tuple(one for one in actual if one.arn not in taken))


def changes(certificates: Certificates, scope: Scope) -> list[Operation]:
    """Requests, and the way of a requested one to being issued."""
    operations = [
        Operation(
            verb=Verb.CREATE,
            resource=ResourceID(Certificate.type, wanted.id),
            service="acm",
            action="request_certificate",
            params={
                **create_request(CERTIFICATE, wanted, scope.settings),
                "Tags": tag_list(scope.tags(wanted.id, wanted.tags)),
            },
            after={"DomainName": wanted.domain_name},
            because="does not exist",
        )
        for wanted in certificates.missing
    ]
    operations += [
        Operation(
            verb=Verb.MODIFY,
            resource=ResourceID(Certificate.type, wanted.id),
            service="acm",
            action="validate_certificate",
            params={"CertificateArn": actual.arn},
            target=actual.arn,
            before={"Status": actual.aws.get("Status")},
            after={"Status": ISSUED},
            because="not issued yet",
        )
        for wanted, actual in certificates.pairs
        if actual.aws.get("Status") != ISSUED
    ]
    return operations


def deletions(certificates: Certificates, scope: Scope, needs: frozenset[ResourceID]) -> list[Operation]:
    """Of the unwanted, with their validation records; `needs` holds the listeners that might serve them."""
    return [
        Operation(
            verb=Verb.DELETE,
            resource=ResourceID(Certificate.type, actual.tags.get(f"{scope.tag_prefix}/resource", actual.arn)),
            service="acm",
            action="delete_certificate",
            params={"CertificateArn": actual.arn},
            target=actual.arn,
            before={"DomainName": actual.aws.get("DomainName", "")},
            because="no longer wanted",
            needs=needs,
        )
        for actual in certificates.unwanted
    ]
