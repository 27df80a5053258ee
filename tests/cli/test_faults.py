"""`albc local fault`: one process tells another one's cluster to fail, and only a local one."""

import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from anyio.from_thread import BlockingPortal, start_blocking_portal

from albc.cli.faults import send_order
from albc.cli.usage import UsageError
from albc.local.kubernetes import Cluster

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as running:
        yield running


@pytest.fixture
def cluster(portal: BlockingPortal) -> Iterator[Cluster]:
    with portal.wrap_async_context_manager(Cluster()) as running:
        yield running


@pytest.fixture
def kubeconfig(cluster: Cluster, tmp_path: Path) -> str:
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(cluster.kubeconfig()))
    return str(file)


@pytest.fixture
def client(cluster: Cluster, tmp_path: Path) -> Iterator[httpx.Client]:
    authority = tmp_path / "ca.pem"
    authority.write_bytes(cluster.certificate_authority)
    token = cluster.kubeconfig()["users"][0]["user"]["token"]
    headers = {"Authorization": f"Bearer {token}"}
    context = ssl.create_default_context(cafile=str(authority))
    with httpx.Client(base_url=cluster.url, verify=context, headers=headers) as session:
        yield session


def test_a_throttle_is_ordered_and_cleared(kubeconfig: str, client: httpx.Client) -> None:
    send_order(kubeconfig, {"fault": "throttle", "requests": 1000, "retry_after": 9})
    refused = client.get(CONFIG_MAPS)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "9")
    send_order(kubeconfig, {"fault": "clear"})
    assert client.get(CONFIG_MAPS).status_code == 200


def test_a_silent_cluster_can_be_told_to_speak_again(kubeconfig: str, client: httpx.Client) -> None:
    send_order(kubeconfig, {"fault": "silence"})
    with pytest.raises(httpx.ReadTimeout):
        client.get(CONFIG_MAPS, timeout=0.1)
    send_order(kubeconfig, {"fault": "clear"})
    assert client.get(CONFIG_MAPS).status_code == 200


def test_a_slow_cluster_can_be_told_to_hurry(kubeconfig: str, client: httpx.Client) -> None:
    send_order(kubeconfig, {"fault": "slow", "seconds": 600})
    with pytest.raises(httpx.ReadTimeout):
        client.get(CONFIG_MAPS, timeout=0.1)
    send_order(kubeconfig, {"fault": "slow", "seconds": 0})
    assert client.get(CONFIG_MAPS).status_code == 200


def test_after_a_loss_of_history_an_old_watch_is_too_old(kubeconfig: str, client: httpx.Client) -> None:
    start = client.get(CONFIG_MAPS).json()["metadata"]["resourceVersion"]
    send_order(kubeconfig, {"fault": "expire-history"})
    seen = client.get(CONFIG_MAPS, params={"watch": "true", "resourceVersion": start, "timeoutSeconds": "1"})
    assert '"code":410' in seen.text


def test_a_restart_refuses_connections_and_then_serves_again(kubeconfig: str, client: httpx.Client) -> None:
    start = client.get(CONFIG_MAPS).json()["metadata"]["resourceVersion"]
    send_order(kubeconfig, {"fault": "restart", "down": 0.2})
    refused = 0
    for _ in range(10_000):
        try:
            params = {"watch": "true", "resourceVersion": start, "timeoutSeconds": "1"}
            answer = client.get(CONFIG_MAPS, params=params)
        except httpx.TransportError:
            refused += 1
            continue
        if refused:
            break
    assert refused
    assert '"code":410' in answer.text


@pytest.mark.parametrize("fault", ["restart", "cut-watches"])
def test_these_break_a_watch(kubeconfig: str, client: httpx.Client, fault: str) -> None:
    with client.stream("GET", CONFIG_MAPS, params={"watch": "true"}) as watch:
        send_order(kubeconfig, {"fault": fault})
        with pytest.raises(httpx.TransportError):
            watch.read()


def test_tokens_end_when_their_clock_is_put_ahead(kubeconfig: str, client: httpx.Client) -> None:
    client.post("/api/v1/namespaces/default/serviceaccounts", json={"metadata": {"name": "guest"}})
    asked = client.post("/api/v1/namespaces/default/serviceaccounts/guest/token", json={"spec": {}})
    guest = {"Authorization": f"Bearer {asked.json()['status']['token']}"}
    assert client.get(CONFIG_MAPS, headers=guest).status_code == 200
    send_order(kubeconfig, {"fault": "token-clock", "seconds": 7200})
    assert client.get(CONFIG_MAPS, headers=guest).status_code == 401
    send_order(kubeconfig, {"fault": "clear"})
    assert client.get(CONFIG_MAPS, headers=guest).status_code == 200


@pytest.mark.parametrize(
    "order",
    [
        {"fault": "explode"},
        {},
        {"fault": "slow", "seconds": -1},
        {"fault": "throttle", "requests": -1},
        {"fault": "restart", "times": 2},
    ],
)
def test_a_wrong_fault_is_told_what_exists(kubeconfig: str, order: dict[str, str | int | float]) -> None:
    with pytest.raises(UsageError, match="there are: restart, expire-history, cut-watches, throttle, slow, silence"):
        send_order(kubeconfig, order)


def test_only_administrators_order_faults(cluster: Cluster, client: httpx.Client) -> None:
    client.post("/api/v1/namespaces/default/serviceaccounts", json={"metadata": {"name": "guest"}})
    asked = client.post("/api/v1/namespaces/default/serviceaccounts/guest/token", json={"spec": {}})
    guest = {"Authorization": f"Bearer {asked.json()['status']['token']}"}
    order = {"fault": "cut-watches"}
    assert client.post("/_albc/faults", json=order, headers=guest).status_code == 403
    assert client.post("/_albc/faults", json=order).status_code == 204


def test_a_cluster_that_is_not_local_is_left_alone(tmp_path: Path, cluster: Cluster) -> None:
    foreign = cluster.kubeconfig()
    foreign["current-context"] = "production"
    file = tmp_path / "foreign"
    file.write_text(yaml.safe_dump(foreign))
    with pytest.raises(UsageError, match="not of a local cluster"):
        send_order(str(file), {"fault": "restart"})


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "does not exist"), ("a: [", "cannot be read"), ("[]", "not of a local cluster"), ("", "not of a local")],
)
def test_a_kubeconfig_that_is_none_is_named(tmp_path: Path, content: str | None, says: str) -> None:
    file = tmp_path / "kubeconfig"
    if content is not None:
        file.write_text(content)
    with pytest.raises(UsageError, match=says) as told:
        send_order(str(file), {"fault": "restart"})
    assert str(file) in str(told.value)


def test_a_cluster_that_has_ended_is_told(portal: BlockingPortal, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    with portal.wrap_async_context_manager(Cluster()) as ended:
        file.write_text(yaml.safe_dump(ended.kubeconfig()))
    with pytest.raises(UsageError, match="start it: albc local up"):
        send_order(str(file), {"fault": "restart"})


def test_the_command_says_which_faults_there_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "albc", "local", "fault", "explode"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "restart, expire-history, cut-watches, throttle, slow, silence, token-clock, clear" in done.stderr


def test_the_command_reaches_the_cluster(kubeconfig: str, client: httpx.Client) -> None:
    arguments = ["local", "fault", "throttle", "1000", "--retry-after=3", f"--kubeconfig={kubeconfig}"]
    subprocess.run([sys.executable, "-m", "albc", *arguments], check=True)
    assert client.get(CONFIG_MAPS).headers["Retry-After"] == "3"
