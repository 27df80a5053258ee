"""A change wakes the groups of the Ingresses that it concerns, and no others (spec/ingress.md §5.1)."""

from dataclasses import dataclass, fields
from typing import Any

import pytest

from albc.controllers.ingress_events import IngressEvents, not_gone
from albc.controllers.reporting import Reporter
from albc.controllers.stores import Stores
from albc.crds.resources import INGRESS_CLASS_PARAMS, TARGET_GROUP_BINDINGS
from albc.engine.informer import Change
from albc.engine.store import Store
from albc.engine.watches import meaningful
from albc.kube.events import Regarding
from albc.kube.objects import INGRESS_CLASSES, INGRESSES, SECRETS, SERVICES
from albc.mapping.ingress.groups import GroupID, membership
from albc.mapping.settings import MappingSettings

PREFIX = "alb.ingress.kubernetes.io/"
OIDC = f"{PREFIX}auth-idp-oidc"
SETTINGS = MappingSettings(cluster_name="demo")


@dataclass
class Recorder:
    """Keeps what it is told."""

    told: list[tuple[str, str, str]]

    def record(self, component: str, regarding: Regarding, type_: str, reason: str, message: str) -> None:
        self.told.append((regarding.name, reason, message))


class World:
    """Stores, filled by hand."""

    def __init__(self) -> None:
        self.stores = Stores(**{field.name: Store(field.name) for field in fields(Stores)})
        self.recorder = Recorder([])
        report = Reporter(self.recorder, "ingress")  # type: ignore[arg-type]  # all that the reporter needs of one
        self.events = IngressEvents(self.stores, report, SETTINGS)

    def ingress(self, name: str, class_name: str | None = "alb", service: str = "", **metadata: Any) -> Any:
        backend = {"service": {"name": service or name, "port": {"number": 80}}}
        obj = INGRESSES.convert(
            {
                "metadata": {"name": name, "namespace": "shop", **metadata},
                "spec": {"ingressClassName": class_name, "defaultBackend": backend},
            }
        )
        self.stores.ingresses.put(obj)
        return obj

    def ingress_class(self, name: str, params: str = "", default: str = "false") -> Any:
        reference = {"apiGroup": "elbv2.k8s.aws", "kind": "IngressClassParams", "name": params} if params else None
        annotations = {"ingressclass.kubernetes.io/is-default-class": default}
        spec = {"controller": "ingress.k8s.aws/alb", "parameters": reference}
        obj = INGRESS_CLASSES.convert({"metadata": {"name": name, "annotations": annotations}, "spec": spec})
        self.stores.ingress_classes.put(obj)
        return obj

    def service(self, name: str, **annotations: str) -> Any:
        metadata = {"name": name, "namespace": "shop", "annotations": annotations}
        obj = SERVICES.convert({"metadata": metadata, "spec": {}})
        self.stores.services.put(obj)
        return obj


@pytest.fixture
def world() -> World:
    found = World()
    found.ingress_class("alb")
    return found


def named(groups: Any) -> list[str]:
    return sorted(map(str, set(groups)))


def oidc(secret: str) -> dict[str, str]:
    return {OIDC: f'{{"secretName": "{secret}"}}'}


def test_an_ingress_wakes_its_group_and_those_that_still_hold_it(world: World) -> None:
    obj = world.ingress(
        "web",
        annotations={f"{PREFIX}group.name": "edge"},
        finalizers=["ingress.k8s.aws/resources", "group.ingress.k8s.aws/old", "other/one"],
    )
    assert named(world.events.of_change(Change("added", obj))) == ["edge", "old", "shop/web"]


def test_a_move_wakes_the_group_that_was_left_and_the_new_one(world: World) -> None:
    before = world.ingress("web", annotations={f"{PREFIX}group.name": "old"})
    after = world.ingress("web", annotations={f"{PREFIX}group.name": "new"})
    assert named(world.events.of_change(Change("updated", after, before))) == ["new", "old"]


def test_an_ingress_of_another_class_wakes_nobody(world: World) -> None:
    other = INGRESS_CLASSES.convert({"metadata": {"name": "nginx"}, "spec": {"controller": "k8s.io/nginx"}})
    world.stores.ingress_classes.put(other)
    assert named(world.events.of_change(Change("added", world.ingress("web", "nginx")))) == []


def test_an_ingress_whose_group_cannot_be_told_gets_an_event_and_wakes_who_holds_it(world: World) -> None:
    obj = world.ingress("web", "gone", finalizers=["group.ingress.k8s.aws/edge"])
    assert named(world.events.of_change(Change("added", obj))) == ["edge"]
    [(name, reason, message)] = world.recorder.told
    assert (name, reason) == ("web", "FailedLoadGroupID")
    assert message.startswith("failed load groupID due to invalid ingress class: IngressClass gone does not exist")


def test_a_class_that_is_not_listed_yet_at_the_start_is_not_called_missing(world: World) -> None:
    obj = world.ingress("web", "later")
    assert named(world.events.of_change(Change("added", obj, initial=True))) == []
    assert world.recorder.told == []


def test_an_edit_that_mends_the_class_is_no_reason_for_an_event_about_the_old_one(world: World) -> None:
    before, after = world.ingress("web", "gone"), world.ingress("web", "alb")
    assert named(world.events.of_change(Change("updated", after, before))) == ["shop/web"]
    assert world.recorder.told == []


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({"labels": {"a": "b"}}, False),
        ({"finalizers": ["x"]}, False),
        ({"annotations": {"a": "b"}}, True),
        ({"deletionTimestamp": "2026-01-01T00:00:00Z"}, True),
    ],
)
def test_an_update_counts_if_it_changes_annotations_spec_or_deletion(
    world: World, change: dict[str, Any], counts: bool
) -> None:
    before = world.ingress("web")
    assert not_gone(Change("updated", world.ingress("web", **change), before)) is counts


def test_an_update_of_the_spec_and_a_resync_count_and_a_deletion_does_not(world: World) -> None:
    obj = world.ingress("web")
    assert not_gone(Change("updated", world.ingress("web", service="other"), obj))
    assert not_gone(Change("resynced", obj, obj))
    assert not not_gone(Change("deleted", obj, obj))


def test_a_service_wakes_the_ingresses_that_forward_to_it(world: World) -> None:
    weighted = (
        '{"type": "forward", "forwardConfig": {"targetGroups": ['
        '{"serviceName": "cart", "servicePort": 80, "weight": 1}, '
        '{"serviceName": "new", "servicePort": 80, "weight": 1}]}}'
    )
    world.ingress("cart")
    world.ingress("other")
    split = INGRESSES.convert(
        {
            "metadata": {"name": "split", "namespace": "shop", "annotations": {f"{PREFIX}actions.split": weighted}},
            "spec": {
                "ingressClassName": "alb",
                "defaultBackend": {"service": {"name": "split", "port": {"name": "use-annotation"}}},
            },
        }
    )
    world.stores.ingresses.put(split)
    assert named(world.events.of_service(Change("added", world.service("cart")))) == ["shop/cart", "shop/split"]


def test_an_ingress_with_a_faulty_backend_is_woken_by_no_service(world: World) -> None:
    world.ingress("cart", annotations={f"{PREFIX}conditions.cart": "nonsense"})
    assert named(world.events.of_service(Change("added", world.service("cart")))) == []


def test_a_secret_wakes_the_ingresses_that_name_it_whatever_their_login_is(world: World) -> None:
    world.ingress("web", annotations=oidc("client"))
    world.ingress("other", annotations=oidc("another"))
    secret = SECRETS.convert({"metadata": {"name": "client", "namespace": "shop"}})
    assert named(world.events.of_secret(Change("updated", secret, secret))) == ["shop/web"]


def test_a_secret_wakes_the_ingresses_in_front_of_a_service_that_names_it(world: World) -> None:
    world.ingress("web", service="cart")
    world.service("cart", **oidc("client"))
    secret = SECRETS.convert({"metadata": {"name": "client", "namespace": "shop"}})
    assert named(world.events.of_secret(Change("updated", secret, secret))) == ["shop/web"]


def test_a_class_wakes_its_ingresses_and_those_without_a_class(world: World) -> None:
    world.ingress("web", "blue")
    world.ingress("other")
    world.ingress("without", None)
    blue = world.ingress_class("blue", default="true")
    assert named(world.events.of_class(Change("updated", blue, blue))) == ["shop/web", "shop/without"]


def test_class_parameters_wake_the_ingresses_of_the_classes_that_name_them(world: World) -> None:
    params = INGRESS_CLASS_PARAMS.convert({"metadata": {"name": "strict"}, "spec": {}})
    world.stores.ingress_class_params.put(params)
    world.ingress_class("blue", params="strict")
    world.ingress("web", "blue")
    world.ingress("other")
    assert named(world.events.of_params(Change("updated", params, params))) == ["shop/web"]


def test_a_binding_that_is_gone_wakes_the_group_whose_it_was(world: World) -> None:
    def binding(labels: dict[str, str]) -> Any:
        spec = {"targetGroupARN": "arn", "serviceRef": {"name": "cart", "port": 80}}
        metadata = {"name": "b", "namespace": "shop", "labels": labels}
        return TARGET_GROUP_BINDINGS.convert({"metadata": metadata, "spec": spec})

    of_group = binding({"ingress.k8s.aws/stack": "edge"})
    of_own = binding({"ingress.k8s.aws/stack-namespace": "shop", "ingress.k8s.aws/stack-name": "web"})
    found = [named(world.events.of_binding(Change("deleted", each, each))) for each in (of_group, of_own, binding({}))]
    assert found == [["edge"], ["shop/web"], []]


@pytest.mark.parametrize("changed", [{"labels": {"a": "b"}}, {"resourceVersion": "2"}])
def test_services_and_classes_are_looked_at_for_what_people_do(changed: dict[str, Any]) -> None:
    def service(metadata: dict[str, Any]) -> Any:
        return SERVICES.convert({"metadata": {"name": "cart", "namespace": "shop", **metadata}, "spec": {}})

    assert not meaningful(Change("updated", service(changed), service({})))


@pytest.mark.parametrize(
    "group", [GroupID("", "edge"), GroupID("", "classy"), GroupID("", "nobody"), GroupID("shop", "alone")]
)
def test_nobody_who_may_be_a_member_is_overlooked_among_those_around_a_group(group: GroupID, world: World) -> None:
    world.ingress_class("classy", params="classy", default="true")
    world.stores.ingress_class_params.put(
        INGRESS_CLASS_PARAMS.convert({"metadata": {"name": "classy"}, "spec": {"group": {"name": "classy"}}})
    )
    world.ingress("alone")
    world.ingress("asks", annotations={f"{PREFIX}group.name": "edge"})
    world.ingress("left", finalizers=["group.ingress.k8s.aws/edge"])
    world.ingress("by-class", class_name="classy")
    world.ingress("by-default", class_name=None)
    world.ingress("elsewhere", annotations={f"{PREFIX}group.name": "other"})
    everybody = membership(group, world.stores.snapshot(), SETTINGS)
    assert membership(group, world.events.around(group), SETTINGS) == everybody


def test_who_has_nothing_to_do_with_a_group_is_not_looked_at(world: World) -> None:
    world.ingress("asks", annotations={f"{PREFIX}group.name": "edge"})
    world.ingress("alone")
    world.ingress("elsewhere", annotations={f"{PREFIX}group.name": "other"})
    assert [name.name for name in world.events.around(GroupID("", "edge")).ingresses] == ["asks"]
