"""What a real API server and the reference's webhooks refused is refused here, too, by the same field.

`rejected` of the recorded cases (tests/golden): schemas and rules of our CRDs and the Gateway API's on the local
cluster, webhooks by their verdicts.
"""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from golden import read_cases, settings_of
from recorded_statuses import as_input
from world import KINDS

from albc.errors import Invalid
from albc.kube.client import Client
from albc.kube.patches import ApplyPatch
from albc.local.kubernetes import Cluster, ClusterOptions
from albc.local.stack import apply_crds, connection
from albc.mapping.snapshot import Snapshot
from albc.webhooks.ingresses import validate_ingress
from albc.webhooks.review import Denied, Review

pytestmark = pytest.mark.anyio

REFUSED = [
    pytest.param(case, refused, id=f"{name}-{refused['object']['kind']}-{refused['object']['metadata']['name']}")
    for family in ("ingress", "service", "gateway")
    for name, case in read_cases(family)
    for refused in case["rejected"]
]
BY_API = [param for param in REFUSED if param.values[1]["code"] == 422]  # type: ignore[index]
BY_WEBHOOK = [param for param in REFUSED if "admission webhook" in param.values[1]["message"]]  # type: ignore[index]


@pytest.fixture(scope="module")
async def client(anyio_backend: str) -> AsyncIterator[Client]:
    async with Cluster(state=ClusterOptions(nodes=())) as cluster, Client(connection(cluster)) as client:
        await apply_crds(cluster)
        yield client


async def apply(client: Client, obj: Mapping[str, Any]) -> None:
    metadata = obj["metadata"]
    if namespace := metadata.get("namespace"):
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        await client.patch(KINDS["Namespace"], namespace, ApplyPatch(body, "test", force=True))
    await client.patch(KINDS[obj["kind"]], metadata["name"], ApplyPatch(obj, "test", force=True), namespace)


def fields(message: str) -> set[str]:
    """`spec.listeners[1].port`: what a message says is wrong."""
    return set(re.findall(r"\bspec(?:\.\w+|\[[^\]]*\])*", message))


@pytest.mark.parametrize(("case", "refused"), BY_API)
async def test_the_api_server_refuses_it_by_the_same_field(client: Client, case: Any, refused: Any) -> None:
    obj = refused["object"]
    for before in case["objects"]:
        if (before["kind"], before["metadata"]["name"]) == (obj["kind"], obj["metadata"]["name"]):
            await apply(client, as_input(before))

    with pytest.raises(Invalid) as error:
        await apply(client, obj)

    assert fields(str(error.value)) >= fields(refused["message"])


@pytest.mark.parametrize(("case", "refused"), BY_WEBHOOK)
def test_the_webhook_refuses_it(case: Any, refused: Any) -> None:
    """All of them came before their class."""
    review = Review("u", "CREATE", refused["object"]["metadata"]["namespace"], refused["object"])

    verdict = validate_ingress(review, Snapshot(), settings_of(case))

    assert isinstance(verdict, Denied)


def test_both_kinds_of_refusal_were_recorded() -> None:
    assert BY_API
    assert BY_WEBHOOK
