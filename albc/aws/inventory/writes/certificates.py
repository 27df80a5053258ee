"""Writes to certificates in ACM."""

from collections.abc import Mapping
from typing import Final

from albc.aws.facts.parse import tag_map
from albc.aws.inventory.records import CertificateRecord, Records
from albc.aws.inventory.writes.write import Call, Shape, Write


def _request_certificate(records: Records, request: Shape, answer: Shape, now: float) -> None:
    aws = {
        "CertificateArn": answer["CertificateArn"],
        "DomainName": request["DomainName"],
        "SubjectAlternativeNames": request.get("SubjectAlternativeNames", [request["DomainName"]]),
        "Status": "PENDING_VALIDATION",
    }
    records.certificates[answer["CertificateArn"]] = CertificateRecord(aws, tag_map(request.get("Tags")), now)


def _import_certificate(records: Records, request: Shape, answer: Shape, now: float) -> None:
    """Its content is kept nowhere. What is imported again keeps its tags."""
    arn = answer["CertificateArn"]
    if arn not in records.certificates:
        aws = {"CertificateArn": arn, "Type": "IMPORTED", "Status": "ISSUED"}
        records.certificates[arn] = CertificateRecord(aws, tag_map(request.get("Tags")), now)


def _tag_certificate(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if certificate := records.certificates.get(request["CertificateArn"]):
        certificate.tags |= tag_map(request["Tags"])


def _delete_certificate(records: Records, request: Shape, answer: Shape, now: float) -> None:
    records.certificates.pop(request["CertificateArn"], None)


CERTIFICATES: Final[Mapping[Call, Write]] = {
    ("acm", "request_certificate"): _request_certificate,
    ("acm", "import_certificate"): _import_certificate,
    ("acm", "add_tags_to_certificate"): _tag_certificate,
    ("acm", "delete_certificate"): _delete_certificate,
}
