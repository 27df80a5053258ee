import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from albc.aws.facts.file import FactsFile
from albc.errors import Invalid
from albc.model.facts import Facts, FactsRequest

VPC = "vpc-1"


Ask = Callable[..., Facts]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    def ask(request: FactsRequest, **kwargs: bool) -> Facts:
        path = tmp_path / "facts.json"
        path.write_text(json.dumps({"api": API}))
        return FactsFile(path).answer(request, cluster_name="prod", vpc_id=VPC, **kwargs)

    return ask


API: dict[str, Any] = {
    "ec2": {
        "DescribeVpcs": {
            "Vpcs": [
                {"VpcId": "vpc-other", "Tags": []},
                {
                    "VpcId": VPC,
                    "Tags": [{"Key": "team", "Value": "shop"}],
                    "CidrBlockAssociationSet": [
                        {"CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}},
                        {"CidrBlock": "10.1.0.0/16", "CidrBlockState": {"State": "disassociated"}},
                    ],
                },
            ]
        },
        "DescribeSubnets": {
            "Subnets": [
                {"SubnetId": "subnet-b", "VpcId": VPC, "AvailabilityZoneId": "az1"},
                {"SubnetId": "subnet-a", "VpcId": VPC, "AvailabilityZoneId": "az2", "Tags": [{"Key": "Name"}]},
                {"SubnetId": "subnet-z", "VpcId": "vpc-other"},
            ]
        },
        "DescribeAvailabilityZones": {
            "AvailabilityZones": [{"ZoneId": "az1", "ZoneName": "a", "ZoneType": "local-zone"}]
        },
        "DescribeRouteTables": {
            "RouteTables": [
                {
                    "VpcId": VPC,
                    "Associations": [{"Main": True}],
                    "Routes": [{"GatewayId": "local"}, {"GatewayId": "igw-1"}],
                },
                {"VpcId": "vpc-other", "Associations": [], "Routes": []},
            ]
        },
        "DescribeSecurityGroups": {
            "SecurityGroups": [
                {"GroupId": "sg-00000001", "VpcId": VPC, "Tags": [{"Key": "Name", "Value": "web"}]},
                {"GroupId": "sg-00000002", "VpcId": VPC, "Tags": [{"Key": "Name", "Value": "sg-web"}]},
                {"GroupId": "sg-00000003", "VpcId": "vpc-other", "Tags": [{"Key": "Name", "Value": "web"}]},
            ]
        },
    },
    "acm": {
        "ListCertificates": {
            "CertificateSummaryList": [
                {"CertificateArn": "arn:good", "Status": "ISSUED", "KeyAlgorithm": "EC-prime256v1"},
                {"CertificateArn": "arn:pending", "Status": "PENDING_VALIDATION", "KeyAlgorithm": "RSA_2048"},
                {"CertificateArn": "arn:odd", "Status": "ISSUED", "KeyAlgorithm": "EC_secp256k1"},
            ]
        },
        "DescribeCertificate": {
            "arn:good": {
                "Certificate": {"CertificateArn": "arn:good", "SubjectAlternativeNames": ["a.example", "*.b.example"]}
            }
        },
    },
    "wafv2": {"ListWebACLs": {"WebACLs": [{"Name": "edge", "ARN": "arn:edge"}, {"Name": "other", "ARN": "arn:x"}]}},
    "elbv2": {
        "DescribeTargetGroups": {
            "TargetGroups": [
                {"TargetGroupArn": "arn:tg", "TargetGroupName": "outside", "TargetType": "ip", "Protocol": "HTTP"}
            ]
        }
    },
}


def test_vpc_subnets_and_zones_are_always_answered(ask: Ask) -> None:
    facts = ask(FactsRequest())

    assert facts.vpc.ipv4_cidrs == ("10.0.0.0/16",)
    assert [subnet.id for subnet in facts.subnets] == ["subnet-a", "subnet-b"]
    assert facts.availability_zones["az1"].zone_type == "local-zone"
    assert facts.route_tables == ()


def test_a_subnet_that_a_user_names_is_found_outside_the_vpc_too(ask: Ask) -> None:
    facts = ask(FactsRequest(subnet_ids=frozenset({"subnet-z", "subnet-a", "subnet-gone"})))

    assert {subnet.id: subnet.vpc_id for subnet in facts.subnets}["subnet-z"] == "vpc-other"


def test_only_route_tables_of_the_vpc_are_looked_at(ask: Ask) -> None:
    [table] = ask(FactsRequest(route_tables=True)).route_tables

    assert table.main
    assert table.has_internet_gateway


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ({"sg-00000001"}, {"sg-00000001"}),
        ({"web"}, {"sg-00000001"}),
        ({"sg-web"}, {"sg-00000002"}),
        ({"sg-00000002", "web"}, {"sg-00000001", "sg-00000002"}),
        ({"nobody"}, set()),
    ],
)
def test_security_groups_are_found_by_id_or_name_tag(ask: Ask, named: set[str], found: set[str]) -> None:
    facts = ask(FactsRequest(security_groups=frozenset(named)))

    assert {group.id for group in facts.security_groups} == found


def test_certificates_are_the_issued_ones_that_a_listener_can_serve(ask: Ask) -> None:
    [certificate] = ask(FactsRequest(certificates=True)).certificates

    assert certificate.arn == "arn:good"
    assert certificate.domains == ("a.example", "*.b.example")


def test_a_web_acl_or_trust_store_that_aws_does_not_know_is_absent(ask: Ask) -> None:
    facts = ask(FactsRequest(web_acl_names=frozenset({"edge", "gone"}), trust_store_names=frozenset({"store"})))

    assert facts.web_acl_arns == {"edge": "arn:edge"}
    assert facts.trust_store_arns == {}


def test_a_target_group_is_found_by_name_and_by_arn(ask: Ask) -> None:
    by_name = ask(FactsRequest(target_group_names=frozenset({"outside", "gone"})))
    by_arn = ask(FactsRequest(target_group_arns=frozenset({"arn:tg"})))

    assert [group.arn for group in by_name.target_groups] == ["arn:tg"]
    assert by_arn.target_groups == by_name.target_groups


def test_a_backend_security_group_that_does_not_exist_stands_under_its_future_name(ask: Ask) -> None:
    assert ask(FactsRequest(backend_security_group=True)).backend_security_group == "k8s-traffic-prod-6754af9632"
    assert ask(FactsRequest()).backend_security_group == ""


def test_a_file_that_holds_no_answers_is_the_users_fault(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text("[]")

    with pytest.raises(Invalid, match="is no facts file"):
        FactsFile(path)
    with pytest.raises(Invalid, match="No such file"):
        FactsFile(tmp_path / "missing.json")


def test_reading_facts_from_a_file_loads_no_sdk() -> None:
    program = (
        "import sys, albc.aws.facts.file; sys.exit(any(m in sys.modules for m in ('botocore', 'aiohttp', 'anyio')))"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("domain", [1.5, None, ["a"], {}])
def test_a_file_with_values_of_another_type_is_told_so(tmp_path: Path, domain: Any) -> None:
    path = tmp_path / "facts.json"
    arn = "arn:aws:acm:us-west-2:1:certificate/1"
    summaries = {"CertificateSummaryList": [{"CertificateArn": arn, "Status": "ISSUED"}]}
    described = {arn: {"Certificate": {"CertificateArn": arn, "SubjectAlternativeNames": [domain], "Type": "IMPORTED"}}}
    path.write_text(json.dumps({"api": {"acm": {"ListCertificates": summaries, "DescribeCertificate": described}}}))
    with pytest.raises(Invalid, match="not of botocore's shape"):
        FactsFile(path).answer(FactsRequest(certificates=True), cluster_name="prod", vpc_id=VPC)
