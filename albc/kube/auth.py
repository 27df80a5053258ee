"""Where the API server is, and who we are to it.

* `in_cluster()` reads what every pod finds in its file system; `from_kubeconfig()` lets kr8s read a kubeconfig,
  exec plug-ins included. Both raise `Invalid`, with the fix, when there is nothing usable.
* Token files are read again once a minute, and at once when the server refuses the token: the kubelet rotates them.
* No key or token is logged, shown by `repr`, or left behind in a temporary file.

Called by `albc.cli` (loading) and `albc.kube.client` (tokens). kr8s is imported only when a kubeconfig is read.
"""

import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Protocol

import anyio

from albc.errors import Invalid, Unavailable
from albc.urls import is_server

if TYPE_CHECKING:
    from kr8s._auth import KubeAuth

SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
REREAD_AFTER: Final = 60.0
"""Seconds that a token from a file is used before the file is read again."""


class Credentials(Protocol):
    """The bearer token of each request."""

    async def token(self, rejected: str | None = None) -> str | None:
        """The token to send, if any. `rejected` is the one that the server has just answered with 401."""
        ...


class StaticToken:
    """A token that cannot change; or none, when a client certificate or nothing at all identifies us."""

    def __init__(self, token: str | None = None) -> None:
        self._token = token

    async def token(self, rejected: str | None = None) -> str | None:
        return self._token


class TokenFile:
    """A token that somebody else renews on disk."""

    def __init__(self, path: Path, clock: Callable[[], float] = monotonic) -> None:
        self._path = path
        self._clock = clock
        self._token: str | None = None
        self._read_at = 0.0

    async def token(self, rejected: str | None = None) -> str | None:
        if self._token is None or self._token == rejected or self._clock() - self._read_at > REREAD_AFTER:
            try:
                self._token = _usable((await anyio.Path(self._path).read_text()).strip())
            except OSError as error:
                raise Unavailable(f"cannot read the API token from {self._path}: {error.strerror}") from error
            except ValueError:
                raise Unavailable(f"{self._path} holds no API token") from None
            self._read_at = self._clock()
        return self._token


class ExecToken:
    """A token from an exec plug-in of the kubeconfig (`aws eks get-token`), which is run again after a 401."""

    def __init__(self, auth: "KubeAuth") -> None:
        self._auth = auth
        self._lock = anyio.Lock()

    async def token(self, rejected: str | None = None) -> str | None:
        async with self._lock:
            # Whoever waited for the lock finds the new token here already.
            if rejected is not None and self._auth.token == rejected:
                try:
                    await self._auth.reauthenticate()
                except Exception as error:
                    raise Unavailable(f"the kubeconfig's exec plug-in gives no new token: {error}") from error
                finally:
                    _remove_temporary_files(self._auth)
            try:
                return _usable(self._auth.token)
            except ValueError:
                raise Unavailable("the kubeconfig's exec plug-in gives what is no token") from None


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """All that the client needs to reach one API server."""

    server: str
    """`https://host:port`, perhaps with a path."""
    credentials: Credentials = field(default_factory=StaticToken, repr=False)
    tls: ssl.SSLContext | bool = True
    """True verifies against the system's authorities."""
    tls_server_name: str | None = None
    """Name in the server's certificate, where it is not that of the URL."""
    proxy: str | None = None
    namespace: str = "default"
    """The pod's own namespace, or that of the kubeconfig's context."""


async def in_cluster(
    directory: Path = SERVICE_ACCOUNT, environment: Mapping[str, str] = os.environ
) -> ConnectionConfig:
    """The configuration of a pod, from its service account's files and the environment."""
    host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT")
    if not host or not port:
        raise Invalid("not running in a cluster (KUBERNETES_SERVICE_HOST is not set): name a file with --kubeconfig")
    try:
        tls = ssl.create_default_context(cafile=str(directory / "ca.crt"))
        namespace = (await anyio.Path(directory / "namespace").read_text()).strip()
    except OSError as error:
        raise Invalid(
            f"no service account is mounted at {directory} ({error.strerror or error}): "
            "set automountServiceAccountToken, or name a file with --kubeconfig"
        ) from error
    return ConnectionConfig(
        server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        credentials=TokenFile(directory / "token"),
        tls=tls,
        namespace=namespace,
    )


async def from_kubeconfig(path: Path, context: str | None = None) -> ConnectionConfig:
    """The configuration that a kubeconfig's current (or the named) context gives."""
    path = Path(await anyio.Path(path).expanduser())
    if not await anyio.Path(path).is_file():
        raise Invalid(f"no kubeconfig at {path}: name an existing file with --kubeconfig")
    from kr8s._auth import KubeAuth

    auth = KubeAuth(kubeconfig=path, context=context, serviceaccount="")
    try:
        await auth.reauthenticate()
        tls: ssl.SSLContext | bool = await auth.ssl_context()  # type: ignore[no-untyped-call]
        return _connection(auth, path.parent, tls)
    except Exception as error:  # kr8s raises whatever the file's content leads to: KeyError, IndexError, YAML errors…
        raise Invalid(f"the kubeconfig {path} cannot be used: {_reason(error)}") from error
    finally:
        _remove_temporary_files(auth)


def _connection(auth: "KubeAuth", folder: Path, tls: ssl.SSLContext | bool) -> ConnectionConfig:
    """kr8s passes on what the file holds, of whatever type. Raises `ValueError`, `TypeError`."""
    user: Mapping[str, Any] = auth._user
    credentials: Credentials
    if "exec" in user:
        credentials = ExecToken(auth)
    elif "tokenFile" in user:
        credentials = TokenFile(folder / user["tokenFile"])
    else:
        credentials = StaticToken(_usable(auth.token))
    for field_name, value in (("tls-server-name", auth.tls_server_name), ("namespace", auth.namespace)):
        if not isinstance(value, str | None):
            raise ValueError(f"its {field_name} is no text")
    return ConnectionConfig(
        server=_url("server", auth.server),
        credentials=credentials,
        tls=tls,
        tls_server_name=auth.tls_server_name,
        proxy=_url("proxy-url", auth.proxy) if auth.proxy is not None else None,
        namespace=auth.namespace,
    )


def _url(field_name: str, value: object) -> str:
    if not is_server(value):
        raise ValueError(f"its {field_name} is no URL such as https://host:port")
    return str(value)


def _usable(token: object) -> str | None:
    """Raises `ValueError`, which does not show it, for what a header cannot hold."""
    if token is None or (isinstance(token, str) and token.isascii() and token.isprintable()):
        return token
    raise ValueError("its token is not of printable characters")


def _reason(error: Exception) -> str:
    import yaml

    match error:
        case KeyError():
            return f"it lacks {error}"
        case yaml.MarkedYAMLError():  # whose text cites the line, and with it perhaps a token
            place = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
            return f"it is no YAML{place}"
        case TypeError() | AttributeError():
            return "its content is not that of a kubeconfig"
        case _:
            return " ".join(str(error).split()) or type(error).__name__


def _remove_temporary_files(auth: "KubeAuth") -> None:
    """kr8s writes embedded certificates and private keys to temporary files, and leaves them there."""
    for owner, entry, file in (
        (auth._user, "client-key-data", auth.client_key_file),
        (auth._user, "client-certificate-data", auth.client_cert_file),
        (auth._cluster, "certificate-authority-data", auth.server_ca_file),
    ):
        if isinstance(owner, dict) and entry in owner and file:
            Path(file).unlink(missing_ok=True)
