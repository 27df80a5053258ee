"""Which service and operation a request means, told from its form alone (as AWS's host name is missing here)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl

from albc.local.aws.errors import ApiError

QUERY_VERSIONS = {
    "2015-12-01": "elbv2",
    "2012-06-01": "elb",
    "2016-11-15": "ec2",
    "2011-06-15": "sts",
    "2010-05-08": "iam",
}
"""API version → service, for the query protocols: each version belongs to one service."""

JSON_TARGETS = {
    "CertificateManager": "acm",
    "AWSWAF_20190729": "wafv2",
    "AWSWAF_Regional_20161128": "waf-regional",
    "AWSShield_20160616": "shield",
    "ResourceGroupsTaggingAPI_20170126": "resourcegroupstaggingapi",
    "ServiceQuotasV20190624": "service-quotas",
    "AWSCognitoIdentityProviderService": "cognito-idp",
}
"""Prefix of `X-Amz-Target` → service, for the JSON protocol."""

REST_PREFIXES = {"/2013-04-01/": "route53"}
"""Prefix of the path → service, for the REST protocol."""


@dataclass(frozen=True)
class HttpRequest:
    """What the server read of one request."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def form(self) -> dict[str, str]:
        """Fields of a query-protocol request, from the body or, as some old clients do, from the URL."""
        text = self.body.decode("utf-8", "replace") if self.body else self.query
        return dict(parse_qsl(text, keep_blank_values=True))


def route(request: HttpRequest) -> tuple[str, str]:
    """Service (botocore's name) and operation of a request; for a REST service the operation is found by its wire.

    Raises `ApiError` for what no service here understands.
    """
    if target := request.headers.get("X-Amz-Target"):
        prefix, _, operation = target.rpartition(".")
        if service := JSON_TARGETS.get(prefix):
            return service, operation
        raise ApiError("UnknownOperationException", f"the local account has no service {prefix or target!r}")
    for prefix, service in REST_PREFIXES.items():
        if request.path.startswith(prefix):
            return service, ""
    form = request.form
    if service := QUERY_VERSIONS.get(form.get("Version", "")):
        return service, form.get("Action", "")
    raise ApiError(
        "UnknownOperationException",
        f"the local account has no service for {request.method} {request.path}, API version {form.get('Version')!r}",
        404,
    )
