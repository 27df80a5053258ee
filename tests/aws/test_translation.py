"""Every failure of the SDK becomes one of ours."""

from typing import Any

import aiohttp
import pytest
from botocore import exceptions as sdk

from albc.aws.translation import KINDS, translated
from albc.errors import Bug, Conflict, Invalid, NotFound, QuotaExceeded, Refused, Throttled, Unauthorized, Unavailable


def answered(code: str, status: int = 400) -> sdk.ClientError:
    response: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return sdk.ClientError(response, "CreateRule")


@pytest.mark.parametrize("code", sorted(KINDS))
def test_a_code_of_the_table_becomes_its_kind(code: str) -> None:
    assert type(translated(answered(code), "elbv2 create_rule")) is KINDS[code]


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("TargetGroupNotFound", 400, NotFound),
        ("InvalidPermission.NotFound", 400, NotFound),
        ("DuplicateListener", 400, Conflict),
        ("InvalidPermission.Duplicate", 400, Conflict),
        ("InvalidGroup.Duplicate", 400, Conflict),
        ("TooManyRules", 400, QuotaExceeded),
        ("SecurityGroupLimitExceeded", 400, QuotaExceeded),
        ("LimitExceededException", 400, QuotaExceeded),
        ("TooManyRequestsException", 429, Throttled),
        ("OperationNotPermitted", 400, Refused),
        ("InternalFailure", 500, Unavailable),
        ("Throttling", 400, Throttled),
        ("RequestLimitExceeded", 503, Throttled),
    ],
)
def test_other_codes_go_by_their_shape_and_status(code: str, status: int, kind: type) -> None:
    error = translated(answered(code, status), "elbv2 create_rule")

    assert type(error) is kind
    assert str(error).startswith(f"elbv2 create_rule: no ({code})")
    assert ("raise this quota" in str(error)) is (kind is QuotaExceeded)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (sdk.NoCredentialsError(), Unauthorized),
        (sdk.CredentialRetrievalError(provider="x", error_msg="y"), Unavailable),
        (sdk.EndpointConnectionError(endpoint_url="http://x"), Unavailable),
        (sdk.ReadTimeoutError(endpoint_url="http://x"), Unavailable),
        (aiohttp.ServerDisconnectedError(), Unavailable),
        (TimeoutError(), Unavailable),
        (sdk.ParamValidationError(report="x"), Invalid),
        (sdk.InvalidRegionError(region_name="a.example.com/"), Invalid),
        (KeyError("x"), Bug),
    ],
)
def test_what_is_no_answer_is_translated_too(error: Exception, kind: type) -> None:
    assert type(translated(error, "elbv2 create_rule")) is kind


def test_a_users_wrong_value_is_invalid() -> None:
    assert isinstance(translated(answered("ValidationError"), "elbv2 create_rule"), Invalid)
