"""Calls as another role, for target groups of other accounts (spec/aws.md §8.5).

One ELBv2 client for each role and external id, kept until its credentials are about to end.
Called by the TargetGroupBinding controller.
"""

import re
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import anyio

from albc.aws.calls import Aws, CallStatistics
from albc.aws.clients import AwsSettings, StaticCredentials, open_client

_MARGIN: Final = timedelta(seconds=30)
_NAME_LIMIT: Final = 64
"""STS takes no longer session names."""


@dataclass(frozen=True, slots=True)
class Role:
    arn: str
    external_id: str = ""


@dataclass(slots=True)
class _Assumed:
    aws: Aws
    until: datetime
    resources: AsyncExitStack


@dataclass(frozen=True, slots=True)
class RoleStatistics:
    """One role of another account."""

    arn: str
    until: str
    """When its credentials are renewed (RFC 3339)."""
    calls: CallStatistics


class AssumedRoles:
    """Enter it once; leaving it closes all clients."""

    def __init__(self, aws: Aws, settings: AwsSettings, cluster_name: str) -> None:
        self._aws = aws
        self._settings = settings
        self._session_name = session_name(cluster_name)
        self._assumed: dict[Role, _Assumed] = {}
        self._lock = anyio.Lock()

    async def __aenter__(self) -> "AssumedRoles":
        return self

    async def __aexit__(self, *_: object) -> None:
        for assumed in self._assumed.values():
            await assumed.resources.aclose()
        self._assumed.clear()

    async def get(self, role: Role) -> Aws:
        """ELBv2 as this role; the role without an ARN is our own."""
        if not role.arn:
            return self._aws
        async with self._lock:
            known = self._assumed.get(role)
            if known and datetime.now(UTC) < known.until:
                return known.aws
            fresh = await self._assume(role)
            self._assumed[role] = fresh
        if known:
            await known.resources.aclose()
        return fresh.aws

    def statistics(self) -> tuple[RoleStatistics, ...]:
        """Each role that has been assumed; one with several external ids is several."""
        return tuple(
            RoleStatistics(role.arn, assumed.until.isoformat(), assumed.aws.statistics())
            for role, assumed in self._assumed.items()
        )

    async def _assume(self, role: Role) -> _Assumed:
        request = {"RoleArn": role.arn, "RoleSessionName": self._session_name}
        if role.external_id:
            request["ExternalId"] = role.external_id
        given = (await self._aws.call("sts", "assume_role", **request))["Credentials"]
        credentials = StaticCredentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        resources = AsyncExitStack()
        client = await resources.enter_async_context(open_client(self._settings, "elbv2", credentials))
        return _Assumed(self._aws.with_clients({"elbv2": client}), given["Expiration"] - _MARGIN, resources)


def session_name(cluster_name: str) -> str:
    """`AWS-LBC-` and the cluster's name, with what STS allows."""
    return ("AWS-LBC-" + re.sub(r"[^a-zA-Z0-9=,.@\-_]", "", cluster_name))[:_NAME_LIMIT]
