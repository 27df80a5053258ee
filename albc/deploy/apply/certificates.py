"""Certificates from ACM (spec/aws.md §7.1): requested, proved by DNS records in Route 53, and waited for.

Waiting holds no worker: an operation ends with "later", and the next plan asks again. Records are written as often as
needed, because a request may have been cut off before its records.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from albc.deploy.apply.step import NOTHING, Handler, Step
from albc.deploy.fields.certificates import AMAZON_ISSUED
from albc.errors import AlbcError, Conflict, Invalid, Refused
from albc.model.reference import Ref

ISSUE_SECONDS: Final = 60.0
RECORDS_SECONDS: Final = 5.0
STUCK: Final = timedelta(minutes=5)
"""A certificate that takes longer is looked at with its records written again; ACM itself gives up after 72 hours."""
_TTL: Final = 60


async def request(step: Step) -> Mapping[Ref, str]:
    """Nothing is requested for a name without a hosted zone of ours: its records could not be written."""
    if "CertificateAuthorityArn" not in step.params:
        zones = await _zones(step)
        names = [step.params["DomainName"], *step.params.get("SubjectAlternativeNames", ())]
        for name in names:
            if _zone_of(name, zones) is None:
                raise Invalid(
                    f'no hosted zone of Route 53 is a suffix of "{name}", so its certificate cannot be proved'
                )
    answer = await step.call()
    raise step.later(f"certificate {answer['CertificateArn']} to be issued", RECORDS_SECONDS)


async def validate(step: Step) -> Mapping[Ref, str]:
    """Writes the records that ACM asks for, and waits on."""
    arn = step.params["CertificateArn"]
    certificate = await step.tools.inventory.refresh_certificate(arn)
    if certificate["Status"] == "ISSUED":
        # What waits for it is in the next plan.
        raise step.later(f"certificate {arn} has just been issued", 0.0)
    if certificate.get("Type") != AMAZON_ISSUED:
        raise step.later(f"certificate {arn} to be issued", ISSUE_SECONDS)
    records = _records(certificate)
    if len(records) < len(certificate.get("DomainValidationOptions") or ()):
        raise step.later(f"ACM to say how certificate {arn} is proved", RECORDS_SECONDS)
    if _age(certificate) < STUCK:
        await _write(step, "CREATE", records, tolerated="exist")
    raise step.later(f"certificate {arn} to be issued", ISSUE_SECONDS)


async def delete(step: Step) -> Mapping[Ref, str]:
    """With its records; a zone that is gone has none."""
    arn = step.params["CertificateArn"]
    certificate = (await step.tools.aws.call("acm", "describe_certificate", CertificateArn=arn))["Certificate"]
    if certificate.get("InUseBy"):
        raise step.in_use(f"certificate {arn} is still in use")
    if certificate.get("Type") == AMAZON_ISSUED:
        await _write(step, "DELETE", _records(certificate), tolerated="not found")
    try:
        await step.call()
    except Conflict as conflict:
        raise step.in_use(f"certificate {arn} is still in use") from conflict
    return NOTHING


async def _write(step: Step, action: str, records: list[Mapping[str, str]], *, tolerated: str) -> None:
    zones = await _zones(step)
    for record in records:
        zone = _zone_of(record["Name"], zones)
        if zone is None:
            continue
        change = {
            "Action": action,
            "ResourceRecordSet": {
                "Name": record["Name"],
                "Type": record["Type"],
                "TTL": _TTL,
                "ResourceRecords": [{"Value": record["Value"]}],
            },
        }
        try:
            await step.tools.aws.call(
                "route53", "change_resource_record_sets", HostedZoneId=zone, ChangeBatch={"Changes": [change]}
            )
        except (Refused, Invalid) as refused:
            if not _is_tolerated(refused, tolerated):
                raise


def _is_tolerated(error: AlbcError, text: str) -> bool:
    """A record that is there, or gone, already."""
    return text in str(error) or "do not match the current values" in str(error)


def _records(certificate: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """Once each: a domain and its wildcard share one."""
    options = certificate.get("DomainValidationOptions") or ()
    records = {
        option["ResourceRecord"]["Name"]: option["ResourceRecord"] for option in options if "ResourceRecord" in option
    }
    return list(records.values())


def _age(certificate: Mapping[str, Any]) -> timedelta:
    created = certificate.get("CreatedAt")
    return datetime.now(UTC) - created if isinstance(created, datetime) else timedelta(0)


async def _zones(step: Step) -> list[Mapping[str, Any]]:
    return await step.tools.aws.paginate("route53", "list_hosted_zones", "HostedZones")


def _zone_of(name: str, zones: list[Mapping[str, Any]]) -> str | None:
    """Id of the zone that is the longest suffix of the name, label by label."""
    labels = name.rstrip(".").split(".")
    best: tuple[int, str] | None = None
    for zone in zones:
        suffix = zone["Name"].rstrip(".").split(".")
        if labels[-len(suffix) :] == suffix and (best is None or len(suffix) > best[0]):
            best = (len(suffix), zone["Id"])
    return best[1] if best else None


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("acm", "request_certificate"): request,
    ("acm", "validate_certificate"): validate,
    ("acm", "delete_certificate"): delete,
}
