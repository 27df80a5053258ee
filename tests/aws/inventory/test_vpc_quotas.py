"""When Service Quotas is asked: by nobody who has room enough, and again soon by who has not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from albc.aws.inventory.reads import Reads
from albc.aws.inventory.vpc_quotas import VpcQuotaReader
from albc.errors import Forbidden
from albc.model.security_group import IPPermission, IPRange, SecurityGroup
from albc.model.stack import Stack, StackID

pytestmark = pytest.mark.anyio


@dataclass
class ServiceQuotas:
    """Its answers, and the time."""

    rules: int = 60
    is_allowed: bool = True
    now: float = 0.0
    asked: int = 0

    async def paginate(self, *_: str, **__: Any) -> list[Mapping[str, Any]]:
        self.asked += 1
        if not self.is_allowed:
            raise Forbidden("not allowed")
        return [{"QuotaCode": "L-0EA8095F", "Value": float(self.rules)}, {"QuotaCode": "L-0", "Value": 1.0}]


@pytest.fixture
def service() -> ServiceQuotas:
    return ServiceQuotas()


@pytest.fixture
def reader(service: ServiceQuotas) -> VpcQuotaReader:
    aws: Any = service
    return VpcQuotaReader(Reads(aws, listener_tags=True), lambda: service.now)


def letting_in(number: int) -> Stack:
    rules = [
        IPPermission(ip_protocol="tcp", from_port=port, to_port=port, ip_ranges=(IPRange(cidr_ip="0.0.0.0/0"),))
        for port in range(number)
    ]
    return Stack.of(StackID("shop", "web"), [SecurityGroup(group_name="a", description="a", ingress=tuple(rules))])


async def test_who_has_room_by_aws_defaults_does_not_ask(reader: VpcQuotaReader, service: ServiceQuotas) -> None:
    await reader.ask_for(letting_in(60))

    assert service.asked == 0


async def test_a_quota_that_is_exceeded_is_asked_for_again_after_a_minute(
    reader: VpcQuotaReader, service: ServiceQuotas
) -> None:
    await reader.ask_for(letting_in(61))
    service.rules = 100
    service.now = 59.0
    await reader.ask_for(letting_in(61))
    assert reader.told.rules_per_security_group == 60

    service.now = 60.0
    await reader.ask_for(letting_in(61))
    assert reader.told.rules_per_security_group == 100


async def test_a_quota_with_room_is_not_asked_for_again(reader: VpcQuotaReader, service: ServiceQuotas) -> None:
    service.rules = 100
    for service.now in (0.0, 100.0, 200.0):
        await reader.ask_for(letting_in(61))

    assert service.asked == 1


async def test_who_may_not_ask_tries_once_an_hour(reader: VpcQuotaReader, service: ServiceQuotas) -> None:
    service.is_allowed = False
    for service.now in (0.0, 100.0, 3599.0, 3600.0):
        await reader.ask_for(letting_in(61))

    assert service.asked == 2
    assert reader.told.rules_per_security_group is None
