"""Facts from a file of recorded answers: what `albc plan --facts FILE` asks in place of AWS.

The file holds, under `api`, for each service and operation the full answer in botocore's shape; answers about one
resource (`DescribeCertificate`) are kept by its ARN. Filters are applied here. An operation that is not there answers
with nothing. Reads the file once, when it is made; no SDK is imported.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from albc.aws.facts.parse import tag_map
from albc.aws.facts.questions import (
    CERTIFICATE_KEY_TYPES,
    Question,
    Scope,
    backend_security_group_name,
    facts_of,
    first_questions,
    follow_ups,
)
from albc.errors import Invalid
from albc.model.facts import Facts, FactsRequest


class FactsFile:
    """Answers requests from the recorded answers at `path`; the same request gets the same facts, always."""

    def __init__(self, path: str | Path) -> None:
        self._path = path
        try:
            recorded = json.loads(Path(path).read_text(encoding="utf-8"))
            self._api = {
                (service, _plain(operation)): answer
                for service, operations in recorded["api"].items()
                for operation, answer in operations.items()
            }
        except OSError as error:
            raise Invalid(f"cannot read the facts file {path}: {error.strerror}") from error
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
            raise Invalid(
                f'{path} is no facts file: it must be a JSON object with "api", by service and operation'
            ) from error

    def answer(self, request: FactsRequest, *, cluster_name: str, vpc_id: str, certificate_tags: bool = False) -> Facts:
        """The facts as the file has them.

        A backend security group that the file does not know stands under the name with which it would be created.
        """
        scope = Scope(cluster_name, vpc_id, certificate_tags)
        with self._readable():
            answers = {question: self.ask(question) for question in first_questions(request, scope)}
            answers |= {question: self.ask(question) for question in follow_ups(request, scope, answers)}
            # Mapping relies on the types, and the file may hold any.
            facts = msgspec.convert(msgspec.to_builtins(facts_of(request, scope, answers)), Facts)
        if request.backend_security_group and not facts.backend_security_group:
            return replace(facts, backend_security_group=backend_security_group_name(cluster_name))
        return facts

    def vpc_ids(self, tags: Mapping[str, str]) -> tuple[str, ...]:
        """The VPCs that bear all of the tags."""
        filters = tuple((f"tag:{key}", (value,)) for key, value in sorted(tags.items()))
        with self._readable():
            return tuple(vpc["VpcId"] for vpc in self.ask(Question("ec2", "describe_vpcs", "Vpcs", filters=filters)))

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Somebody else wrote the file: an answer that is not of botocore's shape is no fault of ours."""
        try:
            yield
        except (AttributeError, KeyError, TypeError, ValueError, msgspec.ValidationError) as error:
            raise Invalid(f"{self._path} holds an answer that is not of botocore's shape ({error!r})") from error

    def ask(self, question: Question) -> Sequence[Mapping[str, Any]]:
        """The elements that AWS would have answered with."""
        answer = self._api.get((question.service, _plain(question.operation)), {})
        params = dict(question.params)
        if arn := params.get("CertificateArn"):
            answer = answer.get(arn, {})
        elements = answer.get(question.result, [])
        if question.single:
            elements = [elements] if elements else []
        return [element for element in elements if _matches(element, question)]


def _plain(operation: str) -> str:
    """`describe_subnets` and `DescribeSubnets` alike."""
    return operation.replace("_", "").lower()


_BY_PARAMETER: Mapping[str, str] = {
    "VpcIds": "VpcId",
    "Names": "TargetGroupName",
    "TargetGroupArns": "TargetGroupArn",
    "CertificateStatuses": "Status",
}
"""Parameters that select elements by one of their members."""

_BY_FILTER: Mapping[str, str] = {"vpc-id": "VpcId", "subnet-id": "SubnetId", "group-id": "GroupId"}


def _matches(element: Mapping[str, Any], question: Question) -> bool:
    if question.operation == "list_certificates" and not _key_type_is_served(element):
        return False
    return all(
        element.get(_BY_PARAMETER[name]) in values for name, values in question.params if name in _BY_PARAMETER
    ) and all(_passes(element, name, values) for name, values in question.filters)


def _passes(element: Mapping[str, Any], name: str, values: tuple[str, ...]) -> bool:
    if name.startswith("tag:"):
        return tag_map(element.get("Tags")).get(name.removeprefix("tag:")) in values
    return element.get(_BY_FILTER[name]) in values


def _key_type_is_served(summary: Mapping[str, Any]) -> bool:
    """ACM writes `RSA-2048` in some answers and `RSA_2048` in others."""
    key_type = summary.get("KeyAlgorithm")
    return key_type is None or key_type.replace("-", "_") in CERTIFICATE_KEY_TYPES
