"""The clients: where they reach for each service and Region, what they call themselves, and that they block nobody."""

import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from albc import __version__
from albc.aws import clients
from albc.aws.calls import open_aws
from albc.aws.clients import AwsSettings, open_clients
from albc.aws.models import CutFiles
from albc.aws.services import SERVICE_IDS

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("credentials")]


@pytest.mark.parametrize(
    ("region", "domain"),
    [
        ("eu-north-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
        ("us-gov-west-1", "amazonaws.com"),
        ("us-iso-east-1", "c2s.ic.gov"),
        ("us-isob-east-1", "sc2s.sgov.gov"),
        ("us-isof-south-1", "csp.hci.ic.gov"),
        ("eu-isoe-west-1", "cloud.adc-e.uk"),
        ("eusc-de-east-1", "amazonaws.eu"),
    ],
)
async def test_every_partition_has_a_domain_of_its_own(region: str, domain: str) -> None:
    async with open_clients(AwsSettings(region=region)) as opened:
        assert opened["elbv2"].meta.endpoint_url == f"https://elasticloadbalancing.{region}.{domain}"
        assert opened["ec2"].meta.endpoint_url == f"https://ec2.{region}.{domain}"


async def test_an_endpoint_is_for_the_service_whose_id_it_names() -> None:
    settings = AwsSettings(region="us-west-2", endpoints={"Elastic Load Balancing v2": "http://127.0.0.1:4566"})
    async with open_clients(settings) as opened:
        urls = {service: client.meta.endpoint_url for service, client in opened.items()}
    assert urls.pop("elbv2") == "http://127.0.0.1:4566"
    assert all(url.startswith("https://") for url in urls.values())


async def test_there_is_a_client_for_every_service_from_the_start() -> None:
    async with open_clients(AwsSettings(region="us-west-2")) as opened:
        assert opened.keys() == SERVICE_IDS.keys()


async def test_models_are_read_off_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: dict[str, int] = {}
    load = CutFiles.load_file

    def noted(loader: Any, path: str) -> Any:
        threads[path] = threading.get_ident()
        return load(loader, path)

    monkeypatch.setattr(CutFiles, "load_file", noted)
    clients._loader.cache_clear()
    async with open_clients(AwsSettings(region="us-west-2")):
        pass

    models = {path: thread for path, thread in threads.items() if path.endswith("service-2")}
    assert len(models) >= len(SERVICE_IDS)
    assert threading.get_ident() not in models.values()


@pytest.fixture
async def headers() -> AsyncIterator[tuple[str, list[str]]]:
    """An endpoint, and the user agents that came to it."""
    agents: list[str] = []

    async def noted(request: web.Request) -> web.Response:
        agents.append(request.headers["User-Agent"])
        return web.Response(text="<DescribeVpcsResponse/>", content_type="text/xml")

    app = web.Application()
    app.router.add_post("/", noted)
    async with TestServer(app) as server:
        yield str(server.make_url("/")), agents


async def test_we_call_ourselves_by_our_name_and_version_alone(headers: tuple[str, list[str]]) -> None:
    url, agents = headers
    async with open_aws(AwsSettings(region="us-west-2", endpoints={"EC2": url})) as aws:
        await aws.call("ec2", "describe_vpcs")
    assert agents == [f"elbv2.k8s.aws/albc-{__version__}"]


@pytest.mark.parametrize(("given", "attempts"), [(10, 10), (1, 1), (0, 3), (-1, 3)])
def test_attempts_are_the_flags_or_the_sdks_three(given: int, attempts: int) -> None:
    assert AwsSettings(region="us-west-2", max_attempts=given).attempts == attempts
