"""Facts from an account: the same answers as from a file, each asked for once."""

from dataclasses import dataclass
from typing import Any

import pytest

from albc.aws.backend_security_group import BackendSecurityGroup
from albc.aws.calls import Aws
from albc.aws.facts.account import FactsFromAWS
from albc.aws.facts.questions import Scope
from albc.local.aws import Account
from albc.model.facts import FactsRequest

pytestmark = pytest.mark.anyio

EVERYTHING = FactsRequest(
    certificates=True,
    route_tables=True,
    security_groups=frozenset({"nobody"}),
    web_acl_names=frozenset({"demo", "gone"}),
    target_group_names=frozenset({"outside"}),
)


@dataclass
class Time:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def facts(aws: Aws, vpc_id: str, time: Time) -> FactsFromAWS:
    scope = Scope("prod", vpc_id)
    return FactsFromAWS(aws, scope, BackendSecurityGroup(aws, scope, {}), clock=time)


def operations(account: Account) -> list[str]:
    return sorted(call.operation for call in account.calls)


async def test_the_network_is_always_known(facts: FactsFromAWS, account: Account, vpc_id: str) -> None:
    known = await facts.answer(FactsRequest())

    assert known.vpc.id == vpc_id
    assert {subnet.vpc_id for subnet in known.subnets} == {vpc_id}
    assert operations(account) == ["DescribeAvailabilityZones", "DescribeSubnets", "DescribeVpcs"]


async def test_what_is_known_is_not_asked_again(facts: FactsFromAWS, account: Account) -> None:
    await facts.answer(EVERYTHING)
    account.calls.clear()

    await facts.answer(EVERYTHING)

    assert operations(account) == []


async def test_certificates_are_described_once_and_listed_every_minute(
    facts: FactsFromAWS, account: Account, time: Time
) -> None:
    requested = account.call("acm", "RequestCertificate", {"DomainName": "a.example", "ValidationMethod": "DNS"})
    account.calls.clear()
    known = await facts.answer(FactsRequest(certificates=True))
    assert requested["CertificateArn"] in [certificate.arn for certificate in known.certificates]
    described = operations(account).count("DescribeCertificate")
    account.calls.clear()

    time.now += 61
    await facts.answer(FactsRequest(certificates=True))

    assert described == len(known.certificates)
    assert operations(account) == ["ListCertificates"]


async def test_what_a_user_is_about_to_create_is_asked_for_again_soon(
    facts: FactsFromAWS, account: Account, time: Time, vpc_id: str
) -> None:
    wanted = FactsRequest(security_groups=frozenset({"web"}))
    assert (await facts.answer(wanted)).security_groups == ()
    tags: list[Any] = [{"ResourceType": "security-group", "Tags": [{"Key": "Name", "Value": "web"}]}]
    request = {"VpcId": vpc_id, "GroupName": "g", "Description": "d", "TagSpecifications": tags}
    made = account.call("ec2", "CreateSecurityGroup", request)

    time.now += 11

    assert [group.id for group in (await facts.answer(wanted)).security_groups] == [made["GroupId"]]


async def test_names_that_aws_does_not_know_are_absent(facts: FactsFromAWS) -> None:
    known = await facts.answer(EVERYTHING)

    assert set(known.web_acl_arns) == {"demo"}
    assert known.target_groups == ()


async def test_the_backend_security_group_is_made_when_it_must_exist(facts: FactsFromAWS, account: Account) -> None:
    first = await facts.answer(FactsRequest(backend_security_group=True))
    second = await facts.answer(FactsRequest(backend_security_group=True))

    assert first.backend_security_group == second.backend_security_group != ""
    assert [call.operation for call in account.calls.writes()] == ["CreateSecurityGroup"]
