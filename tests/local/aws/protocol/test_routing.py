import pytest
from botocore.loaders import Loader

from albc.local.aws import ApiError
from albc.local.aws.protocol import HttpRequest, route
from albc.local.aws.protocol.routing import JSON_TARGETS, QUERY_VERSIONS, REST_PREFIXES
from albc.local.aws.services import SERVICES


def request(body: str = "", path: str = "/", **headers: str) -> HttpRequest:
    return HttpRequest(
        "POST", path, "", {key.replace("_", "-"): value for key, value in headers.items()}, body.encode()
    )


def test_every_service_is_told_by_what_its_model_says() -> None:
    """The tables repeat what botocore knows, so that no model has to be loaded to find out which one is meant."""
    told = {}
    for service in SERVICES:
        metadata = Loader().load_service_model(service, "service-2")["metadata"]
        match metadata["protocol"]:
            case "query" | "ec2":
                told[service] = QUERY_VERSIONS[metadata["apiVersion"]]
            case "json":
                told[service] = JSON_TARGETS[metadata["targetPrefix"]]
            case _:
                told[service] = REST_PREFIXES[f"/{metadata['apiVersion']}/"]
    assert told == {service: service for service in SERVICES}


def test_query_requests_name_version_and_action() -> None:
    assert route(request("Action=DescribeRules&Version=2015-12-01")) == ("elbv2", "DescribeRules")


def test_json_requests_name_a_target() -> None:
    assert route(request("{}", X_Amz_Target="CertificateManager.ListCertificates")) == ("acm", "ListCertificates")


@pytest.mark.parametrize(
    "unknown", [request("Action=A&Version=1999-01-01"), request(X_Amz_Target="DynamoDB_20120810.GetItem"), request("")]
)
def test_requests_of_other_services_are_refused_by_name(unknown: HttpRequest) -> None:
    with pytest.raises(ApiError, match=r"^UnknownOperationException: the local account has no service"):
        route(unknown)
