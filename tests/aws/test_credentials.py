"""Where credentials come from: a service account's token (IRSA), Pod Identity, the instance, roles of other accounts.

Each source is a small server here that insists on what the real one insists on; the account's call log then says whose
calls ours became (its access keys name an account).
"""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from albc.aws.calls import Aws, open_aws
from albc.aws.clients import AwsSettings
from albc.aws.roles import AssumedRoles, Role
from albc.errors import Forbidden, Unauthorized, Unavailable
from albc.local.aws import Account, AccountOptions, AwsServer

pytestmark = pytest.mark.anyio

IRSA, POD, INSTANCE = "222222222222", "333333333333", "444444444444"
"""Accounts whose keys the sources give."""
ROLE = f"arn:aws:iam::{IRSA}:role/controller"


def keys(account_id: str, expires: datetime) -> dict[str, str]:
    return {
        "AccessKeyId": f"ASIA{account_id}ABCD",
        "SecretAccessKey": "secret",
        "Token": "session",
        "SessionToken": "session",
        "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


@dataclass
class Sources:
    """STS, the Pod Identity agent and the instance metadata service, and what they were asked with."""

    url: str = ""
    lifetime: timedelta = timedelta(hours=6)
    tokens: list[str] = field(default_factory=list)
    """Of service accounts, in the order in which they came."""
    fail: bool = False

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/", self._sts)
        app.router.add_get("/v1/credentials", self._pod_identity)
        app.router.add_put("/latest/api/token", self._session)
        app.router.add_get("/latest/meta-data/iam/security-credentials/{role:.*}", self._instance)
        return app

    def _keys(self, account_id: str) -> dict[str, str]:
        return keys(account_id, datetime.now(UTC) + self.lifetime)

    async def _sts(self, request: web.Request) -> web.Response:
        form = await request.post()
        if (
            form["Action"] != "AssumeRoleWithWebIdentity"
            or form["RoleArn"] != ROLE
            or "Authorization" in request.headers
        ):
            return web.Response(status=400)
        self.tokens.append(str(form["WebIdentityToken"]))
        if self.fail:
            return web.Response(status=403, text=refusal("InvalidIdentityToken"), content_type="text/xml")
        members = "".join(f"<{key}>{value}</{key}>" for key, value in self._keys(IRSA).items())
        return web.Response(text=answer(f"<Credentials>{members}</Credentials>"), content_type="text/xml")

    async def _pod_identity(self, request: web.Request) -> web.Response:
        self.tokens.append(request.headers.get("Authorization", ""))
        return web.Response(status=400) if self.fail else web.json_response(self._keys(POD))

    async def _session(self, request: web.Request) -> web.Response:
        return web.Response(text="session") if "X-aws-ec2-metadata-token-ttl-seconds" in request.headers else refused()

    async def _instance(self, request: web.Request) -> web.Response:
        if request.headers.get("X-aws-ec2-metadata-token") != "session":
            return refused()
        if not request.match_info["role"]:
            return web.Response(text="node")
        return web.json_response({"Code": "Success", **self._keys(INSTANCE)})


def answer(result: str) -> str:
    name = "AssumeRoleWithWebIdentity"
    return f"<{name}Response><{name}Result>{result}</{name}Result></{name}Response>"


def refusal(code: str) -> str:
    return f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"


def refused() -> web.Response:
    return web.Response(status=401)


@pytest.fixture
async def sources() -> AsyncIterator[Sources]:
    found = Sources()
    async with TestServer(found.app()) as server:
        found.url = str(server.make_url("")).rstrip("/")
        yield found


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials but those that a test sets."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text("token-1")
    return file


@pytest.fixture
def irsa(monkeypatch: pytest.MonkeyPatch, sources: Sources, token_file: Path) -> Sources:
    """As EKS gives a pod the role of its service account."""
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token_file))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sources.url)
    return sources


@pytest.fixture
def pod_identity(monkeypatch: pytest.MonkeyPatch, sources: Sources, token_file: Path) -> Sources:
    """As EKS gives a pod the role of its Pod Identity association."""
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{sources.url}/v1/credentials")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(token_file))
    return sources


async def caller(settings: AwsSettings, account: Account) -> str:
    """The account as which a call arrives."""
    async with open_aws(settings) as aws:
        await aws.call("ec2", "describe_vpcs")
    return account.calls[-1].account_id


async def test_a_service_accounts_token_is_exchanged_for_its_role(
    irsa: Sources, settings: AwsSettings, account: Account
) -> None:
    assert await caller(settings, account) == IRSA
    assert irsa.tokens == ["token-1"]


async def test_a_rotated_token_is_read_anew(
    irsa: Sources, settings: AwsSettings, account: Account, token_file: Path
) -> None:
    irsa.lifetime = timedelta(minutes=5)
    async with open_aws(settings) as aws:
        await aws.call("ec2", "describe_vpcs")
        await anyio.Path(token_file).write_text("token-2")
        await aws.call("ec2", "describe_vpcs")
    assert (irsa.tokens[0], irsa.tokens[-1]) == ("token-1", "token-2")


async def test_a_token_that_is_refused_is_told_and_never_shown(irsa: Sources, settings: AwsSettings) -> None:
    irsa.fail = True
    async with open_aws(settings) as aws:
        with pytest.raises((Unauthorized, Forbidden), match="InvalidIdentityToken") as refused:
            await aws.call("ec2", "describe_vpcs")
    assert "token-1" not in str(refused.value)


async def test_pod_identity_gives_the_role_of_the_pod(
    pod_identity: Sources, settings: AwsSettings, account: Account
) -> None:
    assert await caller(settings, account) == POD
    assert pod_identity.tokens == ["token-1"]


async def test_a_service_accounts_role_goes_before_pod_identity(
    irsa: Sources, pod_identity: Sources, settings: AwsSettings, account: Account
) -> None:
    assert await caller(settings, account) == IRSA


async def test_an_agent_that_gives_nothing_is_told_as_a_passing_fault(
    pod_identity: Sources, settings: AwsSettings
) -> None:
    pod_identity.fail = True
    with pytest.raises(Unavailable, match="the AWS credentials could not be refreshed"):
        async with open_aws(settings):
            pass


async def test_a_token_that_is_not_there_is_told_with_its_variable(
    irsa: Sources, settings: AwsSettings, token_file: Path
) -> None:
    await anyio.Path(token_file).unlink()
    async with open_aws(settings) as aws:
        with pytest.raises(Unauthorized, match=r"cannot be read .*AWS_WEB_IDENTITY_TOKEN_FILE"):
            await aws.call("ec2", "describe_vpcs")


async def test_a_token_for_the_agent_that_is_not_there_is_told_too(
    pod_identity: Sources, settings: AwsSettings, token_file: Path
) -> None:
    await anyio.Path(token_file).unlink()
    with pytest.raises(Unauthorized, match=r"cannot be read .*AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
        async with open_aws(settings):
            pass


async def test_the_instances_role_is_used_when_there_is_nothing_else(
    monkeypatch: pytest.MonkeyPatch, sources: Sources, settings: AwsSettings, account: Account
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", sources.url)
    assert await caller(settings, account) == INSTANCE


# Roles of other accounts, for target groups that are there (spec/aws.md §8.5)

SHOP = Role(f"arn:aws:iam::{POD}:role/targets", "shop")


@pytest.fixture
def guarded() -> Account:
    """An account in which that role is given only to who knows its external id."""
    return Account(AccountOptions(external_ids=((SHOP.arn, "shop"),)))


@pytest.fixture
async def reached(
    guarded: Account, credentials: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Aws, AwsSettings]]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    async with AwsServer(guarded) as server:
        settings = AwsSettings(
            region="us-west-2", endpoints={"STS": server.url, "Elastic Load Balancing v2": server.url}
        )
        async with open_aws(settings) as aws:
            yield aws, settings


async def test_a_role_with_its_external_id_works_in_the_other_account(
    reached: tuple[Aws, AwsSettings], guarded: Account
) -> None:
    async with AssumedRoles(*reached, "prod") as roles:
        there = await roles.get(SHOP)
        await there.call("elbv2", "describe_target_groups")
    assert [(call.operation, call.account_id) for call in guarded.calls] == [
        ("AssumeRole", guarded.options.account_id),
        ("DescribeTargetGroups", POD),
    ]


@pytest.mark.parametrize("external_id", ["", "bakery"])
async def test_a_role_without_the_right_external_id_is_refused(
    reached: tuple[Aws, AwsSettings], external_id: str
) -> None:
    async with AssumedRoles(*reached, "prod") as roles:
        with pytest.raises(Forbidden, match="not authorized to perform: sts:AssumeRole"):
            await roles.get(Role(SHOP.arn, external_id))


async def test_a_role_is_assumed_again_before_its_credentials_end(
    credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    behind = Account(clock=lambda: time.time() - 3600 + 20)
    async with AwsServer(behind) as server:
        settings = AwsSettings(region="us-west-2", endpoints={"STS": server.url})
        async with open_aws(settings) as aws, AssumedRoles(aws, settings, "prod") as roles:
            assert await roles.get(SHOP) is not await roles.get(SHOP)
    assert [call.operation for call in behind.calls] == ["AssumeRole", "AssumeRole"]


def test_secrets_are_not_printed() -> None:
    from albc.aws.clients import StaticCredentials

    shown: Any = repr(StaticCredentials("ASIA", "secret", "session"))
    assert shown == "StaticCredentials(ASIA, [REDACTED])"
