import json
from pathlib import Path
from typing import Any

import pytest

from albc.local.aws import Account, AccountOptions, ManualClock, recorded_layout

FACTS = json.loads((Path(__file__).parents[2] / "golden" / "facts.json").read_text())


@pytest.fixture
def account(clock: ManualClock) -> Account:
    """The account of the golden cases."""
    return Account(AccountOptions(), clock=clock, layout=recorded_layout(FACTS["api"]))


@pytest.mark.parametrize(
    ("operation", "key", "name"),
    [
        ("DescribeVpcs", "Vpcs", "VpcId"),
        ("DescribeSubnets", "Subnets", "SubnetId"),
        ("DescribeRouteTables", "RouteTables", "RouteTableId"),
        ("DescribeNetworkInterfaces", "NetworkInterfaces", "NetworkInterfaceId"),
        ("DescribeAvailabilityZones", "AvailabilityZones", "ZoneName"),
    ],
)
def test_a_recorded_network_answers_as_it_was_recorded(account: Account, operation: str, key: str, name: str) -> None:
    def by_name(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(items, key=lambda item: str(item[name]))

    answer = account.call("ec2", operation)
    assert by_name(answer[key]) == by_name(FACTS["api"]["ec2"][operation][key])


def test_recorded_certificates_and_target_groups_keep_their_arns(account: Account) -> None:
    listed = account.call("acm", "ListCertificates")["CertificateSummaryList"]
    assert {each["CertificateArn"] for each in listed} == set(FACTS["certs"].values())
    assert {each["Status"] for each in listed} == {"ISSUED"}
    (group,) = account.call("elbv2", "DescribeTargetGroups", {"TargetGroupArns": [FACTS["tg"]]})["TargetGroups"]
    assert group == FACTS["api"]["elbv2"]["DescribeTargetGroups"]["TargetGroups"][0]


def test_load_balancers_are_built_on_a_recorded_network(account: Account) -> None:
    places = [subnet for name, subnet in FACTS["subnets"].items() if name.startswith("public")]
    wanted = {"Name": "shop", "Subnets": places, "SecurityGroups": [FACTS["sgs"]["web"]]}
    (made,) = account.call("elbv2", "CreateLoadBalancer", wanted)["LoadBalancers"]
    assert made["VpcId"] == FACTS["vpc"]
    assert account.snapshot().load_balancers[0]["Address"].startswith("127.18.")
    nodes = {"Name": "nodes", "Protocol": "HTTP", "Port": 80, "VpcId": FACTS["vpc"], "TargetType": "instance"}
    group = account.call("elbv2", "CreateTargetGroup", nodes)["TargetGroups"][0]["TargetGroupArn"]
    node = {"Id": FACTS["instances"]["us-west-2a"]["id"], "Port": 30080}
    account.call("elbv2", "RegisterTargets", {"TargetGroupArn": group, "Targets": [node]})
    assert account.snapshot().targets[group][0]["AvailabilityZone"] == "us-west-2a"
