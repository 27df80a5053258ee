"""Pure: what is asked of AWS for a `FactsRequest`, and the `Facts` that the answers amount to.

`first_questions` follow from the request; `follow_ups` from their answers (details of the certificates that a list
named, subnets outside the VPC). Every question is one whole listing, so that choosing is left to `albc.mapping`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from albc.aws.facts import parse
from albc.model.facts import Facts, FactsRequest
from albc.model.names import alphanumeric, digest

CLUSTER_TAG = "elbv2.k8s.aws/cluster"
RESOURCE_TAG = "elbv2.k8s.aws/resource"
BACKEND_SECURITY_GROUP = "backend-sg"

CERTIFICATE_KEY_TYPES = (
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
)
"""All that a listener can serve; without them ACM lists RSA_2048 and RSA_1024 only (spec/targets.md §15)."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where the facts are looked for."""

    cluster_name: str
    vpc_id: str
    certificate_tags: bool = False
    """Whether certificates' tags are wanted: only certificate management looks at them, and each costs a call."""


@dataclass(frozen=True, slots=True)
class Question:
    """One listing: the elements under `result`, of all pages of the answer."""

    service: str
    operation: str
    """botocore's method name, such as `describe_subnets`."""
    result: str
    params: tuple[tuple[str, tuple[str, ...] | str], ...] = ()
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """EC2 filters."""
    single: bool = False
    """The answer holds one element, not a list."""
    named: bool = False
    """It names what it looks for, so an empty answer may be wrong soon."""

    def request(self) -> dict[str, Any]:
        """The parameters in botocore's shape."""
        request: dict[str, Any] = {
            key: list(value) if isinstance(value, tuple) else value for key, value in self.params
        }
        if self.operation == "list_certificates":
            request["Includes"] = {"keyTypes": list(CERTIFICATE_KEY_TYPES)}
        if self.filters:
            request["Filters"] = [{"Name": name, "Values": list(values)} for name, values in self.filters]
        return request


Answers: TypeAlias = Mapping[Question, Sequence[Mapping[str, Any]]]

CERTIFICATES = Question(
    "acm", "list_certificates", "CertificateSummaryList", params=(("CertificateStatuses", ("ISSUED",)),)
)
WEB_ACLS = Question("wafv2", "list_web_acls", "WebACLs", params=(("Scope", "REGIONAL"),), named=True)
TRUST_STORES = Question("elbv2", "describe_trust_stores", "TrustStores", named=True)


def first_questions(request: FactsRequest, scope: Scope) -> tuple[Question, ...]:
    """What the request needs, certificates' details and foreign subnets apart."""
    questions = [_vpc(scope), _subnets(scope), _zones()]
    if request.route_tables:
        questions.append(_route_tables(scope))
    if request.certificates:
        questions.append(CERTIFICATES)
    questions += _security_groups(request, scope)
    if request.backend_security_group:
        questions.append(backend_security_group(scope))
    if request.web_acl_names:
        questions.append(WEB_ACLS)
    if request.trust_store_names:
        questions.append(TRUST_STORES)
    questions += [_target_group("Names", name) for name in sorted(request.target_group_names)]
    questions += [_target_group("TargetGroupArns", arn) for arn in sorted(request.target_group_arns)]
    return tuple(questions)


def follow_ups(request: FactsRequest, scope: Scope, answers: Answers) -> tuple[Question, ...]:
    """What the first answers make us ask."""
    questions = []
    listed = [summary["CertificateArn"] for summary in answers.get(CERTIFICATES, ())]
    questions += [_certificate(arn) for arn in listed]
    if scope.certificate_tags:
        questions += [_certificate_tags(arn) for arn in listed]
    known = {answer["SubnetId"] for answer in answers[_subnets(scope)]}
    if elsewhere := request.subnet_ids - known:
        questions.append(_subnets_by_id(elsewhere))
    return tuple(questions)


def facts_of(request: FactsRequest, scope: Scope, answers: Answers) -> Facts:
    """The answers as one value. `existing` is the inventory's to say."""
    subnets = [parse.subnet(answer) for answer in answers[_subnets(scope)]]
    for question, elements in answers.items():
        if question.operation == "describe_subnets" and question != _subnets(scope):
            subnets += [parse.subnet(answer) for answer in elements]
    groups = {
        answer["GroupId"]: parse.security_group(answer)
        for question in _security_groups(request, scope)
        for answer in answers[question]
    }
    backend = answers.get(backend_security_group(scope), ()) if request.backend_security_group else ()
    vpcs = answers[_vpc(scope)]
    return Facts(
        vpc=parse.vpc(vpcs[0] if vpcs else {"VpcId": scope.vpc_id}),
        subnets=tuple(sorted(subnets, key=lambda subnet: subnet.id)),
        availability_zones={answer["ZoneId"]: parse.availability_zone(answer) for answer in answers[_zones()]},
        route_tables=tuple(parse.route_table(answer) for answer in answers.get(_route_tables(scope), ())),
        security_groups=tuple(groups.values()),
        certificates=tuple(_certificates(answers)),
        web_acl_arns=_arns_by_name(answers.get(WEB_ACLS, ()), "Name", "ARN", request.web_acl_names),
        trust_store_arns=_arns_by_name(
            answers.get(TRUST_STORES, ()), "Name", "TrustStoreArn", request.trust_store_names
        ),
        target_groups=tuple(
            parse.target_group(answer)
            for question, elements in answers.items()
            if question.operation == "describe_target_groups"
            for answer in elements
        ),
        backend_security_group=backend[0]["GroupId"] if backend else "",
    )


def backend_security_group(scope: Scope) -> Question:
    """The shared group of the cluster's load balancers, found by its tags (spec/targets.md §12)."""
    return Question(
        "ec2",
        "describe_security_groups",
        "SecurityGroups",
        filters=(
            ("vpc-id", (scope.vpc_id,)),
            (f"tag:{CLUSTER_TAG}", (scope.cluster_name,)),
            (f"tag:{RESOURCE_TAG}", (BACKEND_SECURITY_GROUP,)),
        ),
        named=True,
    )


def backend_security_group_name(cluster_name: str) -> str:
    """`k8s-traffic-<cluster>-<hash>` (spec/targets.md §12)."""
    return f"k8s-traffic-{alphanumeric(cluster_name, 232)}-{digest(cluster_name)[:10]}"


def _vpc(scope: Scope) -> Question:
    return Question("ec2", "describe_vpcs", "Vpcs", params=(("VpcIds", (scope.vpc_id,)),))


def _subnets(scope: Scope) -> Question:
    return Question("ec2", "describe_subnets", "Subnets", filters=(("vpc-id", (scope.vpc_id,)),))


def _subnets_by_id(ids: Iterable[str]) -> Question:
    # By filter, because `SubnetIds` fails as a whole for one unknown id.
    return Question("ec2", "describe_subnets", "Subnets", filters=(("subnet-id", tuple(sorted(ids))),), named=True)


def _zones() -> Question:
    return Question("ec2", "describe_availability_zones", "AvailabilityZones")


def _route_tables(scope: Scope) -> Question:
    return Question("ec2", "describe_route_tables", "RouteTables", filters=(("vpc-id", (scope.vpc_id,)),))


def _security_groups(request: FactsRequest, scope: Scope) -> list[Question]:
    """Every group is looked for by id and by Name tag: a Name tag may look like an id."""
    if not request.security_groups:
        return []
    names = tuple(sorted(request.security_groups))
    ids = tuple(name for name in names if name.startswith("sg-"))
    by_name = Question(
        "ec2",
        "describe_security_groups",
        "SecurityGroups",
        filters=(("vpc-id", (scope.vpc_id,)), ("tag:Name", names)),
        named=True,
    )
    if not ids:
        return [by_name]
    by_id = Question("ec2", "describe_security_groups", "SecurityGroups", filters=(("group-id", ids),), named=True)
    return [by_id, by_name] if _some_may_be_names(names) else [by_id]


def _some_may_be_names(names: Iterable[str]) -> bool:
    return any(not _is_group_id(name) for name in names)


def _is_group_id(text: str) -> bool:
    digits = text.removeprefix("sg-")
    return text.startswith("sg-") and len(digits) in (8, 17) and all(char in "0123456789abcdef" for char in digits)


def _certificate(arn: str) -> Question:
    return Question("acm", "describe_certificate", "Certificate", params=(("CertificateArn", arn),), single=True)


def _certificate_tags(arn: str) -> Question:
    return Question("acm", "list_tags_for_certificate", "Tags", params=(("CertificateArn", arn),))


def _target_group(param: str, value: str) -> Question:
    return Question("elbv2", "describe_target_groups", "TargetGroups", params=((param, (value,)),), named=True)


def _certificates(answers: Answers) -> Iterable[Any]:
    for summary in answers.get(CERTIFICATES, ()):
        arn = summary["CertificateArn"]
        details = answers[_certificate(arn)]
        if details:
            yield parse.certificate(details[0], answers.get(_certificate_tags(arn)))


def _arns_by_name(elements: Iterable[Mapping[str, Any]], name: str, arn: str, wanted: frozenset[str]) -> dict[str, str]:
    return {element[name]: element[arn] for element in elements if element[name] in wanted}
