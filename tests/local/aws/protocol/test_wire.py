"""The wire form is judged by botocore itself: what its serialisers write we read, what we write its parsers read."""

from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.model import OperationModel, ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import given
from hypothesis import strategies as st

from albc.local.aws.errors import ApiError
from albc.local.aws.protocol import HttpRequest, wire_of
from albc.local.aws.protocol.models import load_model
from albc.local.aws.services import SERVICES

MODELS = {service: load_model(service, SERVICES[service]) for service in ("elbv2", "ec2", "acm", "wafv2", "route53")}


def operation(service: str, name: str) -> OperationModel:
    return MODELS[service].operation_model(name)


def sent(service: str, name: str, params: dict[str, Any]) -> HttpRequest:
    """The request that botocore would send, if it did not check the parameters itself."""
    model: ServiceModel = MODELS[service]
    serializer = create_serializer(model.metadata["protocol"], include_validation=False)
    wire = serializer.serialize_to_request(params, operation(service, name))
    body, query = wire["body"], wire["query_string"]
    if isinstance(body, dict):
        body = urlencode(body)
    data = body.encode() if isinstance(body, str) else body
    text = "&".join(f"{key}={value}" for key, value in query.items()) if isinstance(query, dict) else ""
    return HttpRequest(wire["method"], wire["url_path"], text, dict(wire["headers"]), data)


def read_back(service: str, name: str, answer: dict[str, Any]) -> dict[str, Any]:
    """What botocore makes of our answer, without its own metadata."""
    wire = wire_of(service)
    ours = wire.answer(name, answer, "request-1")
    parser = create_parser(MODELS[service].metadata["protocol"])
    response = {"body": ours.body, "headers": {}, "status_code": ours.status}
    parsed: dict[str, Any] = parser.parse(response, operation(service, name).output_shape)
    parsed.pop("ResponseMetadata")
    return parsed


CREATE_RULE = {
    "ListenerArn": "arn:aws:elasticloadbalancing:x",
    "Priority": 7,
    "Conditions": [
        {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a b", "/ü&<"]}},
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "k", "Value": "v"}]}},
    ],
    "Actions": [
        {
            "Type": "authenticate-cognito",
            "Order": 1,
            "AuthenticateCognitoConfig": {
                "UserPoolArn": "a",
                "UserPoolClientId": "b",
                "UserPoolDomain": "c",
                "SessionTimeout": 60,
                "AuthenticationRequestExtraParams": {"display": "page", "prompt": "login"},
            },
        },
        {
            "Type": "forward",
            "Order": 2,
            "ForwardConfig": {
                "TargetGroups": [{"TargetGroupArn": "t", "Weight": 0}],
                "TargetGroupStickinessConfig": {"Enabled": False},
            },
        },
    ],
    "Tags": [{"Key": "a", "Value": ""}],
}


@pytest.mark.parametrize(
    ("service", "name", "params"),
    [
        ("elbv2", "CreateRule", CREATE_RULE),
        ("elbv2", "DescribeTags", {"ResourceArns": ["a", "b"]}),
        (
            "ec2",
            "CreateSecurityGroup",
            {
                "GroupName": "a",
                "Description": "b",
                "VpcId": "c",
                "TagSpecifications": [{"ResourceType": "security-group", "Tags": [{"Key": "k", "Value": "v"}]}],
            },
        ),
        (
            "ec2",
            "AuthorizeSecurityGroupIngress",
            {
                "GroupId": "sg-1",
                "IpPermissions": [
                    {
                        "IpProtocol": "tcp",
                        "FromPort": 80,
                        "ToPort": 80,
                        "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": ""}],
                        "UserIdGroupPairs": [{"GroupId": "sg-2"}],
                    }
                ],
            },
        ),
        ("ec2", "DescribeSubnets", {"Filters": [{"Name": "tag:a", "Values": ["", "1"]}], "MaxResults": 5}),
        ("acm", "ImportCertificate", {"Certificate": b"\x00\xff", "PrivateKey": b"key"}),
        (
            "wafv2",
            "AssociateWebACL",
            {"WebACLArn": "arn:aws:wafv2:us-west-2:1:a", "ResourceArn": "arn:aws:elb:us-west-2:1:b"},
        ),
        (
            "route53",
            "ChangeResourceRecordSets",
            {
                "HostedZoneId": "Z1",
                "ChangeBatch": {
                    "Changes": [
                        {
                            "Action": "CREATE",
                            "ResourceRecordSet": {
                                "Name": "a.",
                                "Type": "CNAME",
                                "TTL": 60,
                                "ResourceRecords": [{"Value": "b"}],
                            },
                        }
                    ]
                },
            },
        ),
        ("route53", "ListHostedZonesByName", {"DNSName": "example.com"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_parameters_arrive_as_they_were_given(service: str, name: str, params: dict[str, Any]) -> None:
    assert wire_of(service).parse(sent(service, name, params), name) == params


@pytest.mark.parametrize(
    ("service", "name", "answer"),
    [
        ("elbv2", "DescribeRules", {"Rules": [{"RuleArn": "a", "IsDefault": False, "Actions": [], "Conditions": []}]}),
        ("elbv2", "DescribeTags", {"TagDescriptions": [{"ResourceArn": "a", "Tags": [{"Key": "<&>", "Value": '"'}]}]}),
        ("elbv2", "DescribeTargetGroups", {"TargetGroups": [{"Port": 80, "HealthCheckEnabled": True}]}),
        ("ec2", "DescribeVpcs", {"Vpcs": [{"VpcId": "v", "IsDefault": False, "Tags": []}]}),
        ("acm", "GetCertificate", {"Certificate": "pem"}),
        ("route53", "ListHostedZones", {"HostedZones": [{"Id": "z", "Name": "a.", "CallerReference": "r"}]}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_answers_are_read_as_they_were_given(service: str, name: str, answer: dict[str, Any]) -> None:
    assert read_back(service, name, answer) == answer


def test_what_is_none_is_left_out() -> None:
    assert read_back("elbv2", "DescribeTargetGroups", {"TargetGroups": [{"Port": None}], "NextMarker": None}) == {
        "TargetGroups": [{}]
    }


@pytest.mark.parametrize("moment", [1_800_000_000.25, "2027-01-15T08:00:00.250000+00:00"])
def test_moments_are_told_in_each_services_way(moment: float | str) -> None:
    balancers = read_back("elbv2", "DescribeLoadBalancers", {"LoadBalancers": [{"CreatedTime": moment}]})
    certificate = read_back("acm", "DescribeCertificate", {"Certificate": {"CreatedAt": moment}})
    assert balancers["LoadBalancers"][0]["CreatedTime"].timestamp() == 1_800_000_000.25
    assert certificate["Certificate"]["CreatedAt"].timestamp() == 1_800_000_000.25


@pytest.mark.parametrize("service", ["elbv2", "ec2", "acm", "route53"])
def test_errors_are_read_with_code_and_message(service: str) -> None:
    ours = wire_of(service).error(ApiError("Some.Code", "a < b", 409), "request-1")
    parser = create_parser(MODELS[service].metadata["protocol"])
    parsed = parser.parse({"body": ours.body, "headers": {}, "status_code": ours.status}, None)
    assert (parsed["Error"]["Code"], parsed["Error"]["Message"]) == ("Some.Code", "a < b")


@pytest.mark.parametrize(
    ("service", "name", "params", "message"),
    [
        ("elbv2", "CreateRule", {**CREATE_RULE, "Priority": 50001}, "ValidationError: .*'priority'.* 50000"),
        ("elbv2", "CreateRule", {"ListenerArn": "a"}, "ValidationError: 3 validation errors"),
        ("elbv2", "DescribeLoadBalancers", {"PageSize": 401}, "ValidationError: .*'pageSize'"),
        ("elbv2", "SetIpAddressType", {"LoadBalancerArn": "a", "IpAddressType": "ipv5"}, "enum value set"),
        ("ec2", "CreateSecurityGroup", {"GroupName": "a"}, "MissingParameter: .*Description"),
        ("acm", "DescribeCertificate", {}, "ValidationException: .*'certificateArn'"),
    ],
)
def test_what_the_model_forbids_is_refused(service: str, name: str, params: dict[str, Any], message: str) -> None:
    with pytest.raises(ApiError, match=message):
        wire_of(service).parse(sent(service, name, params), name)


@pytest.mark.parametrize("body", ["Priority=seven", "Priority=", "Conditions.member.x.Field=a", "Priority.a=1"])
def test_what_cannot_be_read_is_refused(body: str) -> None:
    with pytest.raises(ApiError, match=r"MalformedInput|ValidationError"):
        wire_of("elbv2").parse(HttpRequest("POST", "/", "", {}, body.encode()), "CreateRule")


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_json_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(ApiError, match="SerializationException"):
        wire_of("acm").parse(HttpRequest("POST", "/", "", {}, body), "ListCertificates")


xml_text = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20)
tags = st.lists(st.fixed_dictionaries({"Key": xml_text.filter(bool), "Value": xml_text}), min_size=1, max_size=12)


@given(tags)
def test_any_text_comes_through_in_both_directions(given_tags: list[dict[str, str]]) -> None:
    params = {"ResourceArns": ["a"], "Tags": given_tags}
    assert wire_of("elbv2").parse(sent("elbv2", "AddTags", params), "AddTags") == params
    answer = {"TagDescriptions": [{"ResourceArn": "a", "Tags": given_tags}]}
    assert read_back("elbv2", "DescribeTags", answer) == answer


def test_models_hold_only_what_is_served_and_no_documentation() -> None:
    model = MODELS["ec2"]
    assert set(model.operation_names) == set(SERVICES["ec2"])
    assert len(model.shape_names) < 500
    assert all("documentation" not in model.shape_for(name).metadata for name in model.shape_names)
    assert model.shape_for("Vpc").members["VpcId"].documentation == ""
