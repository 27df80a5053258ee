from typing import Any

import pytest

from albc.local.aws import Account, AccountOptions, ApiError

RECORD = {"Name": "_a.example.com", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "b"}]}


@pytest.fixture
def account() -> Account:
    return Account(AccountOptions(hosted_zones=("example.com", "apps.example.com")))


def zone_id(account: Account, name: str = "example.com.") -> str:
    zones = account.call("route53", "ListHostedZones")["HostedZones"]
    return next(str(zone["Id"]) for zone in zones if zone["Name"] == name)


def change(account: Account, action: str, **record: Any) -> None:
    changes = [{"Action": action, "ResourceRecordSet": {**RECORD, **record}}]
    wanted = {"HostedZoneId": zone_id(account), "ChangeBatch": {"Changes": changes}}
    account.call("route53", "ChangeResourceRecordSets", wanted)


def records(account: Account) -> list[Any]:
    answer = account.call("route53", "ListResourceRecordSets", {"HostedZoneId": zone_id(account)})
    return list(answer["ResourceRecordSets"])


def test_a_record_is_created_once_and_deleted_by_its_values(account: Account) -> None:
    change(account, "CREATE")
    assert records(account) == [{**RECORD, "Name": "_a.example.com."}]
    with pytest.raises(ApiError, match="already exists"):
        change(account, "CREATE")
    with pytest.raises(ApiError, match="do not match the current values"):
        change(account, "DELETE", TTL=300)
    change(account, "DELETE")
    assert records(account) == []
    with pytest.raises(ApiError, match="not found"):
        change(account, "DELETE")


def test_a_record_of_another_zone_is_refused(account: Account) -> None:
    with pytest.raises(ApiError, match=r"^InvalidChangeBatch: .*not permitted"):
        change(account, "UPSERT", Name="a.example.org")


def test_an_unknown_zone_is_not_found(account: Account) -> None:
    with pytest.raises(ApiError, match=r"^NoSuchHostedZone"):
        account.call("route53", "ListResourceRecordSets", {"HostedZoneId": "Z0"})


def test_zones_are_listed_by_name_from_a_name_on(account: Account) -> None:
    zones = account.call("route53", "ListHostedZonesByName", {"DNSName": "apps.example.com"})["HostedZones"]
    assert [zone["Name"] for zone in zones] == ["apps.example.com."]
