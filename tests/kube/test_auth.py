"""Where the API server is and who we are: from a pod's files, from a kubeconfig, and what each lacks."""

import base64
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from albc.errors import Invalid, Unavailable
from albc.kube.auth import REREAD_AFTER, TokenFile, from_kubeconfig, in_cluster

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def identity() -> tuple[bytes, bytes]:
    """A self-signed certificate and its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def kubeconfig(folder: Path, user: dict[str, Any], cluster: dict[str, Any] | None = None) -> Path:
    path = folder / "config"
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "one",
        "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u", "namespace": "edge"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://cluster.example:6443", **(cluster or {})}}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(yaml.safe_dump(content))
    return path


# Token files


async def test_a_token_file_is_read_again_after_a_minute(tmp_path: Path) -> None:
    path, clock = tmp_path / "token", Clock()
    path.write_text("first\n")
    token = TokenFile(path, clock)
    assert await token.token() == "first"
    path.write_text("second")
    clock.now = REREAD_AFTER - 1
    assert await token.token() == "first"
    clock.now = REREAD_AFTER + 1
    assert await token.token() == "second"


async def test_a_token_file_is_read_again_at_once_when_its_token_was_refused(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("old")
    token = TokenFile(path, Clock())
    assert await token.token() == "old"
    path.write_text("new")
    assert await token.token(rejected="old") == "new"


async def test_a_missing_token_file_is_said_by_name(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"cannot read the API token from .*/token: No such file"):
        await TokenFile(tmp_path / "token").token()


# In a cluster

POD = {"KUBERNETES_SERVICE_HOST": "10.100.0.1", "KUBERNETES_SERVICE_PORT": "443"}


@pytest.fixture
def service_account(tmp_path: Path, identity: tuple[bytes, bytes]) -> Path:
    (tmp_path / "ca.crt").write_bytes(identity[0])
    (tmp_path / "token").write_text("pod-token")
    (tmp_path / "namespace").write_text("kube-system")
    return tmp_path


async def test_a_pod_finds_its_server_token_and_namespace(service_account: Path) -> None:
    config = await in_cluster(service_account, POD)
    assert (config.server, config.namespace) == ("https://10.100.0.1:443", "kube-system")
    assert await config.credentials.token() == "pod-token"


async def test_an_ipv6_service_address_is_written_in_brackets(service_account: Path) -> None:
    config = await in_cluster(service_account, {**POD, "KUBERNETES_SERVICE_HOST": "fd00::1"})
    assert config.server == "https://[fd00::1]:443"


async def test_outside_of_a_cluster_the_remedy_is_named(service_account: Path) -> None:
    with pytest.raises(Invalid, match=r"not running in a cluster.*--kubeconfig"):
        await in_cluster(service_account, {})


async def test_a_pod_without_a_service_account_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"no service account is mounted at .*automountServiceAccountToken"):
        await in_cluster(tmp_path / "nothing", POD)


# Kubeconfigs


async def test_a_kubeconfig_with_a_token_gives_server_namespace_and_token(tmp_path: Path) -> None:
    config = await from_kubeconfig(kubeconfig(tmp_path, {"token": "t"}))
    assert (config.server, config.namespace) == ("https://cluster.example:6443", "edge")
    assert await config.credentials.token() == "t"


async def test_a_token_file_named_in_a_kubeconfig_is_followed(tmp_path: Path) -> None:
    (tmp_path / "my-token").write_text("from file")
    config = await from_kubeconfig(kubeconfig(tmp_path, {"tokenFile": "my-token"}))
    assert await config.credentials.token() == "from file"


async def test_embedded_keys_are_used_and_leave_no_file_behind(
    tmp_path: Path, identity: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    certificate, key = (base64.b64encode(each).decode() for each in identity)
    path = kubeconfig(
        tmp_path,
        {"client-certificate-data": certificate, "client-key-data": key},
        {"certificate-authority-data": certificate, "tls-server-name": "kubernetes"},
    )
    config = await from_kubeconfig(path)
    assert config.tls_server_name == "kubernetes"
    assert config.tls is not True
    assert list(temporary.iterdir()) == []


async def test_an_exec_plug_in_is_run_again_when_its_token_is_refused(tmp_path: Path) -> None:
    counter = tmp_path / "runs"
    plug_in = tmp_path / "plug-in"
    plug_in.write_text(
        f"#!{sys.executable}\n"
        "import json, pathlib\n"
        f"runs = pathlib.Path({str(counter)!r})\n"
        "number = int(runs.read_text()) + 1 if runs.exists() else 1\n"
        "runs.write_text(str(number))\n"
        "print(json.dumps({'status': {'token': f'token-{number}'}}))\n"
    )
    plug_in.chmod(plug_in.stat().st_mode | stat.S_IXUSR)
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plug_in)}}
    config = await from_kubeconfig(kubeconfig(tmp_path, user))
    assert await config.credentials.token() == "token-1"
    assert await config.credentials.token(rejected="token-1") == "token-2"
    assert await config.credentials.token(rejected="token-1") == "token-2", "somebody else has renewed it already"


async def test_a_missing_kubeconfig_is_said_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"no kubeconfig at .*/nothing: .*--kubeconfig"):
        await from_kubeconfig(tmp_path / "nothing")


@pytest.mark.parametrize("content", ["", "a: [", "just words", "apiVersion: v1\nkind: Config\n"])
async def test_a_broken_kubeconfig_is_named_in_one_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config"
    path.write_text(content)
    with pytest.raises(Invalid, match=r"the kubeconfig .*/config cannot be used: ") as raised:
        await from_kubeconfig(path)
    assert "\n" not in str(raised.value)


async def test_a_context_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="two"):
        await from_kubeconfig(kubeconfig(tmp_path, {"token": "t"}), context="two")


# What somebody else has written


@pytest.mark.parametrize(
    ("cluster", "user", "says"),
    [
        ({"server": 5}, {}, "its server is no URL"),
        ({"server": "https://host:99999"}, {}, "its server is no URL"),
        ({"server": "nonsense"}, {}, "its server is no URL"),
        ({"server": "file:///etc/passwd"}, {}, "its server is no URL"),
        ({"proxy-url": 5}, {}, "its proxy-url is no URL"),
        ({"tls-server-name": 5}, {}, "its tls-server-name is no text"),
        ({}, {"token": "hush\nX-Injected: 1"}, "its token is not of printable characters"),
        ({}, {"token": 5}, "its token is not"),
        ({}, {"tokenFile": 5}, "its content is not that of a kubeconfig"),
        ({}, None, "its content is not that of a kubeconfig"),
    ],
)
async def test_a_kubeconfig_with_values_of_another_type_is_told_so(
    tmp_path: Path, cluster: dict[str, Any], user: Any, says: str
) -> None:
    path = kubeconfig(tmp_path, user)
    content = yaml.safe_load(path.read_text())
    content["clusters"][0]["cluster"] |= cluster
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(Invalid, match=says) as raised:
        await from_kubeconfig(path)
    assert "hush" not in str(raised.value)


async def test_a_kubeconfig_with_a_slip_is_told_the_line_but_not_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("users:\n- name: u\n  user:\n    token: hush: hush\n")
    with pytest.raises(Invalid, match="it is no YAML in line 4") as raised:
        await from_kubeconfig(path)
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize("content", [b"\xff", b"one\ntwo", b"a\x00b"])
async def test_a_token_file_that_holds_no_token_is_told_so_without_what_it_holds(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(Unavailable, match=r"/token holds no API token$"):
        await TokenFile(path).token()
