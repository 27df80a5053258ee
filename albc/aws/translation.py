"""Where botocore's and aiohttp's exceptions end: each becomes one of `albc.errors` by the tables below.

Called by `albc.aws.calls`, and by `albc.aws.clients` for what goes wrong before a call.
"""

from collections.abc import Mapping
from typing import Final

import aiohttp
from botocore import exceptions as sdk

from albc.errors import (
    AlbcError,
    Bug,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    QuotaExceeded,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
)

THROTTLE_CODES: Final = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""Codes with which a service says "too often" (spec/aws.md §8.3)."""

KINDS: Final[Mapping[str, type[Refused] | type[Invalid] | type[Unavailable]]] = {
    **dict.fromkeys(THROTTLE_CODES, Throttled),
    **dict.fromkeys(
        ("IDPCommunicationError", "RequestTimeout", "RequestTimeoutException", "ServiceUnavailable", "Unavailable"),
        Unavailable,
    ),
    **dict.fromkeys(
        (
            "AuthFailure",
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidIdentityToken",
            "InvalidIdentityTokenException",
            "MissingAuthenticationToken",
            "RequestExpired",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ),
        Unauthorized,
    ),
    **dict.fromkeys(
        ("AccessDenied", "AccessDeniedException", "UnauthorizedAccess", "UnauthorizedOperation"), Forbidden
    ),
    **dict.fromkeys(
        ("NoSuchHostedZone", "WAFNonexistentItemException", "ResourceNotFoundException", "InvalidGroup.NotFound"),
        NotFound,
    ),
    **dict.fromkeys(
        (
            "DependencyViolation",
            "OperationInProgress",
            "PriorityInUse",
            "ResourceAlreadyExistsException",
            "ResourceInUse",
            "ResourceInUseException",
        ),
        Conflict,
    ),
    **dict.fromkeys(
        (
            "InvalidConfigurationRequest",
            "InvalidLoadBalancerAction",
            "InvalidParameterCombination",
            "InvalidParameterException",
            "InvalidParameterValue",
            "InvalidScheme",
            "InvalidSecurityGroup",
            "InvalidSubnet",
            "ValidationError",
            "ValidationException",
            "WAFInvalidParameterException",
        ),
        Invalid,
    ),
}
"""What an error code amounts to. Codes that end in `NotFound` or hold `Duplicate` need no line of their own."""


def is_quota(code: str) -> bool:
    """Whether a service says that a quota of the account is used up: `TooManyRules`, `SecurityGroupLimitExceeded`."""
    return code not in THROTTLE_CODES and (code.startswith("TooMany") or "LimitExceeded" in code)


def error_code(error: BaseException) -> str:
    """AWS's own word, or "" when there was no answer."""
    return str(error.response["Error"].get("Code", "")) if isinstance(error, sdk.ClientError) else ""


def http_status(error: BaseException) -> int:
    """Of the answer; 0 when there was none."""
    if not isinstance(error, sdk.ClientError):
        return 0
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def translated(error: Exception, what: str) -> AlbcError:
    """The error of ours that says the same; `what` names the call, such as `elbv2 create_rule`."""
    match error:
        case sdk.ClientError():
            return _answered(error, what)
        case sdk.NoCredentialsError() | sdk.PartialCredentialsError():
            return Unauthorized(
                f"{what}: no AWS credentials were found; give the pod a role (IRSA, Pod Identity), or set AWS_PROFILE "
                "or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
                type(error).__name__,
            )
        case FileNotFoundError() | PermissionError():
            return Unauthorized(
                f"{what}: the token that AWS gives credentials for cannot be read ({error}); mount it, or correct "
                "AWS_WEB_IDENTITY_TOKEN_FILE or AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                type(error).__name__,
            )
        case sdk.CredentialRetrievalError() | sdk.TokenRetrievalError() | sdk.MetadataRetrievalError():
            return Unavailable(f"{what}: the AWS credentials could not be refreshed: {error}")
        case sdk.InvalidRegionError():
            return Invalid(f"{what}: {error}; name a Region such as us-west-2 by --aws-region")
        case sdk.ParamValidationError():  # a user's value, outside what AWS's own model allows
            return Invalid(f"{what}: {' '.join(str(error).split())}")
        case sdk.ConnectionError() | sdk.HTTPClientError() | aiohttp.ClientError() | OSError() | TimeoutError():
            return Unavailable(f"{what}: no answer from AWS: {error or type(error).__name__}")
        case _:
            return Bug(f"{what}: {type(error).__name__}: {error}")


def _answered(error: sdk.ClientError, what: str) -> AlbcError:
    code = error_code(error)
    text = f"{what}: {error.response['Error'].get('Message') or 'no message'} ({code})"
    kind = _kind(code, http_status(error))
    if kind is QuotaExceeded:
        text += "; raise this quota of the AWS account, or use less of it"
    return kind(text, code) if issubclass(kind, Refused) else kind(text)


def _kind(code: str, status: int) -> type[Refused] | type[Invalid] | type[Unavailable]:
    if kind := KINDS.get(code):
        return kind
    if is_quota(code):
        return QuotaExceeded
    if status >= 500:
        return Unavailable
    if code.endswith(("NotFound", "NotFoundException")):
        return NotFound
    if "Duplicate" in code:
        return Conflict
    return Refused
