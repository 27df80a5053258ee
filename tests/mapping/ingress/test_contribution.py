"""A member's share can be kept until something that it was made from changes."""

from dataclasses import replace
from typing import Any

import pytest

from albc.mapping.ingress.contribution import Contribution, contribute, still_holds
from albc.mapping.ingress.declaration import declare
from albc.mapping.ingress.groups import membership
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.facts import Facts
from tests.mapping.ingress.kit import FACTS, SETTINGS, Thing, group_id, ingress, secret, service, snapshot

GROUP = group_id("shop/web")
OIDC = {"auth-idp-oidc": {"secretName": "oidc"}}
INGRESS, CART, OTHER, SECRET = ingress(annotations=OIDC), service(), service("other"), secret("oidc", clientID="")


def contribution(cluster: Snapshot) -> Contribution:
    [member] = membership(GROUP, cluster, SETTINGS).active
    return contribute(declare(member, SETTINGS), GROUP, cluster, FACTS, SETTINGS)


def holds(*now: Thing, facts: Facts = FACTS, settings: MappingSettings = SETTINGS) -> bool:
    """Whether what was made of the four things above is still good."""
    kept = contribution(snapshot(INGRESS, CART, OTHER, SECRET))
    cluster = snapshot(*now)
    [member] = membership(GROUP, cluster, settings).active
    return still_holds(kept, member, cluster, facts, settings)


def test_it_holds_while_nothing_changes() -> None:
    assert holds(INGRESS, CART, OTHER, SECRET)


def test_it_holds_when_something_else_changes() -> None:
    assert holds(INGRESS, CART, service("other", uid="new"), SECRET)
    assert holds(INGRESS, CART, SECRET, facts=replace(FACTS, backend_security_group="sg-new"))


@pytest.mark.parametrize(
    "now",
    [
        (ingress(annotations=OIDC), CART, OTHER, SECRET),
        (INGRESS, service(), OTHER, SECRET),
        (INGRESS, OTHER, SECRET),
        (INGRESS, CART, OTHER),
        (INGRESS, CART, OTHER, secret("oidc", clientID="")),
    ],
)
def test_it_is_made_anew_when_the_ingress_a_service_or_a_secret_changes(now: tuple[Any, ...]) -> None:
    assert not holds(*now)


def test_it_is_made_anew_when_facts_or_settings_change() -> None:
    assert not holds(INGRESS, CART, SECRET, facts=replace(FACTS, certificates=()))
    assert not holds(INGRESS, CART, SECRET, settings=replace(SETTINGS, default_tags={"a": "1"}))


def test_it_depends_on_no_other_member() -> None:
    alone = contribution(snapshot(INGRESS, CART, SECRET))
    beside = contribution(snapshot(ingress(name="another"), INGRESS, CART, SECRET))

    assert alone == beside
    assert alone.name == NamespacedName("shop", "web")
