"""Secrets stay where they belong: whatever goes wrong, at whatever level albc logs, nothing that it says holds one.

The controller runs as a process against a local stack, with marked values in every place from which it takes secrets.
"""

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest
import yaml
from aiohttp import web
from tls_secrets import pem
from world import KINDS, free_port

from albc.errors import NotFound
from albc.kube.client import Client
from albc.kube.patches import ApplyPatch
from albc.local.aws.faults import Fault, FaultKind
from albc.local.demo.account import certificate
from albc.local.stack import LocalStack, connection, local_stack, write_kubeconfig

pytestmark = pytest.mark.anyio

WITHIN_SECONDS = 90.0
OIDC = "CanaryOfTheOidcSecret"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIACANARY",
    "AWS_SECRET_ACCESS_KEY": "CanaryOfTheAccessKey",
    "AWS_SESSION_TOKEN": "CanaryOfTheSessionToken",
    "SOMEBODYS_PASSWORD": "CanaryOfTheEnvironment",
}
IDENTITY = "CanaryOfTheWebIdentity"
KEY = pem("canary.example.com").key

PROVIDER = {
    "issuer": "https://id.example.com",
    "authorizationEndpoint": "https://id.example.com/a",
    "tokenEndpoint": "https://id.example.com/t",
    "userInfoEndpoint": "https://id.example.com/u",
}


def secret(name: str, data: Mapping[str, str], type_: str = "Opaque") -> dict[str, Any]:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Secret", "type": type_, "metadata": metadata, "data": encoded}


def ingress(name: str, secret_name: str, certificate_arn: str) -> dict[str, Any]:
    annotations = {
        "scheme": "internal",
        "target-type": "instance",
        "listen-ports": '[{"HTTPS": 443}]',
        "certificate-arn": certificate_arn,
        "auth-type": "oidc",
        "auth-idp-oidc": json.dumps({**PROVIDER, "secretName": secret_name}),
    }
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "annotations": {f"alb.ingress.kubernetes.io/{key}": value for key, value in annotations.items()},
        },
        "spec": {"ingressClassName": "alb", "rules": [{"http": {"paths": [path]}}]},
    }


def objects(certificate_arn: str) -> list[dict[str, Any]]:
    certificates = [{"name": "tls"}, {"name": "half"}]
    listeners = [
        {"name": f"l{port}", "port": port, "protocol": "HTTPS", "tls": {"certificateRefs": [one]}}
        for port, one in zip((8443, 9443), certificates, strict=True)
    ]
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}},
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": "alb"},
            "spec": {"controller": "ingress.k8s.aws/alb"},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"type": "NodePort", "ports": [{"port": 80}], "selector": {"app": "web"}},
        },
        secret("oidc", {"clientID": "us", "clientSecret": OIDC}),
        secret("lacking", {"clientId": OIDC, "client": OIDC}),
        secret("tls", {"tls.crt": pem("canary.example.com").certificate, "tls.key": KEY}, "kubernetes.io/tls"),
        secret("half", {"tls.crt": KEY, "tls.key": KEY}, "kubernetes.io/tls"),
        ingress("good", "oidc", certificate_arn),
        ingress("lacking", "lacking", certificate_arn),
        ingress("nowhere", "../../kube-system/secrets/oidc", certificate_arn),
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "GatewayClass",
            "metadata": {"name": "alb"},
            "spec": {"controllerName": "gateway.k8s.aws/alb"},
        },
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": {"name": "edge", "namespace": "shop"},
            "spec": {"gatewayClassName": "alb", "listeners": listeners},
        },
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"parentRefs": [{"name": "edge"}], "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]},
        },
    ]


@dataclass
class Place:
    """Where the controller runs and what it says there."""

    stack: LocalStack
    client: Client
    folder: Path
    metrics_port: int
    spans: list[bytes]

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def canaries(self) -> dict[str, str]:
        token = self.stack.cluster.kubeconfig()["users"][0]["user"]["token"]
        key = KEY.splitlines()[1]
        named = {"OIDC secret": OIDC, "API token": token, "web identity": IDENTITY, "TLS key": key, **ENVIRONMENT}
        del named["AWS_ACCESS_KEY_ID"]  # AWS's own logs show it; it is a name, not a secret
        encoded = {f"{name} in base64": base64.b64encode(value.encode()).decode()[:-4] for name, value in named.items()}
        return {**named, **encoded}

    async def until_logged(self, *patterns: str) -> None:
        with anyio.move_on_after(WITHIN_SECONDS):
            while not all(re.search(pattern, self.log) for pattern in patterns):  # noqa: ASYNC110 - another process
                await anyio.sleep(0.1)
            return
        missing = [pattern for pattern in patterns if not re.search(pattern, self.log)]
        pytest.fail(f"the log never says {missing}:\n{self.log[-4000:]}")

    async def apply(self, *wanted: Mapping[str, Any]) -> None:
        for obj in wanted:
            metadata = obj["metadata"]
            await self.client.patch(
                KINDS[obj["kind"]], metadata["name"], ApplyPatch(obj, "test", force=True), metadata.get("namespace")
            )

    def environment(self, **more: str) -> dict[str, str]:
        aws = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        plain = {name: value for name, value in os.environ.items() if name not in aws}
        return {**plain, "AWS_EC2_METADATA_DISABLED": "true", "TMPDIR": str(self.temporary), **more}

    def flags(self) -> list[str]:
        return [
            f"--cluster-name={self.stack.options.cluster_name}",
            f"--kubeconfig={self.folder / 'kubeconfig'}",
            f"--aws-region={self.stack.account.options.region}",
            f"--aws-vpc-id={self.stack.vpc_id}",
            f"--aws-api-endpoints=*={self.stack.aws.url}",
            "--feature-gates=EnableCertificateManagement=true",
        ]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    spans: list[bytes] = []

    async def collect(request: web.Request) -> web.Response:
        spans.append(await request.read())
        return web.Response(content_type="application/x-protobuf")

    application = web.Application(client_max_size=2**26)
    application.router.add_post("/{path:.*}", collect)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    collector = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with local_stack() as stack, Client(connection(stack.cluster)) as client:
        found = Place(stack, client, tmp_path, free_port(), spans)
        found.temporary.mkdir()
        write_kubeconfig(stack, tmp_path / "kubeconfig")
        line = [
            *(sys.executable, "-m", "albc", "run", *found.flags()),
            *("--log-level=debug", "--leader-election-namespace=kube-system", "--webhook-certificates=managed"),
            *(f"--webhook-bind-port={free_port()}", f"--webhook-cert-dir={tmp_path / 'certificates'}"),
            *(
                f"--metrics-bind-addr=127.0.0.1:{found.metrics_port}",
                f"--health-probe-bind-addr=127.0.0.1:{free_port()}",
            ),
        ]
        exported = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        with (tmp_path / "log").open("wb") as log:
            process = await anyio.open_process(
                line, stdout=log, stderr=log, env=found.environment(**ENVIRONMENT, **exported)
            )
            try:
                yield found
            finally:
                if process.returncode is None:
                    process.terminate()
                with anyio.CancelScope(shield=True):
                    await process.wait()
    await runner.cleanup()


async def said(place: Place) -> dict[str, str]:
    """All that the controller has said, by where."""
    found = {"log": place.log, "spans": b"".join(place.spans).decode("utf-8", "replace")}
    async with aiohttp.ClientSession() as session:
        for path in ("/metrics", "/debug/state"):
            async with session.get(f"http://127.0.0.1:{place.metrics_port}{path}") as response:
                found[path] = await response.text()
    for kind, resource in KINDS.items():
        if kind == "Secret":
            continue
        try:
            items = (await place.client.list(resource)).items
        except NotFound:
            continue
        found[f"objects of kind {kind}"] = json.dumps(items)
    for file in place.temporary.rglob("*"):
        if file.is_file():
            found[f"temporary file {file.name}"] = file.read_text(encoding="utf-8", errors="replace")
    return found


async def plan(place: Place, *more: str, output: str, environment: Mapping[str, str]) -> str:
    done = await anyio.run_process(
        [sys.executable, "-m", "albc", "plan", *place.flags(), f"--output={output}", *more],
        check=False,
        env=place.environment(**environment),
        stderr=subprocess.STDOUT,
    )
    return done.stdout.decode()


async def plan_all(found: dict[str, str], plans: Mapping[str, Awaitable[str]]) -> None:
    async def one(name: str, running: Awaitable[str]) -> None:
        found[name] = await running

    async with anyio.create_task_group() as tasks:
        for name, running in plans.items():
            tasks.start_soon(one, name, running)


async def test_no_secret_is_in_anything_that_albc_says(place: Place) -> None:
    wanted = objects(certificate(place.stack.account, "web.example.com"))
    for operation in ("CreateListener", "ImportCertificate", "CreateRule", "ModifyListener"):
        place.stack.account.faults.add(Fault(FaultKind.ACCESS_DENIED, operation=operation, times=2))
    await place.apply(*wanted)
    await place.until_logged("AccessDenied", "import_certificate", "lacking")
    await place.apply(secret("oidc", {"clientID": "us", "clientSecret": f"{OIDC}2"}))
    place.stack.account.faults.add(Fault(FaultKind.RESET_AFTER, operation="Modify*", times=3))
    await anyio.sleep(2.0)  # the second round, and the spans of the first, are on their way
    found = await said(place)

    token_file = place.folder / "identity"
    token_file.write_text(IDENTITY)
    role = {
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/albc",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token_file),
        "AWS_ENDPOINT_URL_STS": place.stack.aws.url,
    }
    manifests = place.folder / "all.yaml"
    manifests.write_text(yaml.safe_dump_all(wanted))
    await plan_all(
        found,
        {
            "plan of the cluster, diff": plan(place, output="diff", environment=role),
            "plan of the cluster, json": plan(place, output="json", environment=role),
            "plan of files, tree": plan(place, "-f", str(manifests), output="tree", environment=role),
            "plan of files, stack-json": plan(place, "-f", str(manifests), output="stack-json", environment=role),
        },
    )
    place.stack.account.faults.add(Fault(FaultKind.ACCESS_DENIED, service="sts", operation="*", times=100))
    found["plan without credentials"] = await plan(place, output="tree", environment=role)

    assert found["log"]
    assert "reconcile" in found["spans"]
    assert "shop/half" in found["objects of kind Gateway"]
    assert "authenticate-oidc" in found["plan of files, stack-json"]
    canaries = place.canaries()
    leaks = [(where, name) for where, text in found.items() for name, value in canaries.items() if value in text]
    assert leaks == []
