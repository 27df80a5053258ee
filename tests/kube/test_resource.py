"""Names become parts of URLs: one that no object can have leads nowhere."""

import pytest

from albc.errors import NotFound
from albc.kube.objects import NODES, SECRETS
from albc.kube.resource import can_name


def test_an_object_is_in_its_namespace_and_a_collection_in_all() -> None:
    assert SECRETS.path("shop", "oidc") == "/api/v1/namespaces/shop/secrets/oidc"
    assert SECRETS.path() == "/api/v1/secrets"
    assert NODES.path(None, "node-1", "status") == "/api/v1/nodes/node-1/status"


@pytest.mark.parametrize("name", ["../../kube-system/secrets/key", "..", ".", "", "a/b", "a%2fb", "a,type=b", "a\nb"])
def test_a_name_does_not_lead_to_another_object(name: str) -> None:
    assert not can_name(name)
    with pytest.raises(NotFound, match="there can be no secrets named"):
        SECRETS.path("shop", name)


@pytest.mark.parametrize("namespace", ["..", "shop/secrets", "a%2fb"])
def test_a_namespace_does_not_lead_elsewhere(namespace: str) -> None:
    with pytest.raises(NotFound):
        SECRETS.path(namespace, "oidc")


@pytest.mark.parametrize("name", ["web", "web.example.com", "system:node", "...", "Wëb"])
def test_names_of_every_kind_are_taken(name: str) -> None:
    assert can_name(name)
