"""Imports certificates of Kubernetes Secrets into ACM. Deletion is that of every certificate (`certificates`)."""

from collections.abc import Mapping

from albc.deploy.apply.step import Handler, Step, just_call
from albc.model.imported_certificate import ImportedCertificate
from albc.model.reference import Ref


async def import_(step: Step) -> Mapping[Ref, str]:
    """The content is in no record of ours: the inventory keeps the ARN and the tags."""
    answer = await step.call()
    return {Ref(ImportedCertificate.type, step.operation.resource.id, "certificateARN"): answer["CertificateArn"]}


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("acm", "import_certificate"): import_,
    ("acm", "add_tags_to_certificate"): just_call,
}
