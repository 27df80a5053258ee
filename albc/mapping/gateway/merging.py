"""How two configurations of one thing become one (spec/gateway-crds.md §5, §6).

A field is taken whole from the side with the higher priority, or from the other one where it is not set there; an
empty list is set. Tags and attributes are joined by key, listeners by protocol and port. Pure functions over specs;
`configuration` and `backends` call them.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from albc.crds.base import CRDModel
from albc.crds.gateway import (
    Attribute,
    ListenerConfiguration,
    LoadBalancerConfigurationSpec,
    RouteIdentifier,
    TargetGroupConfiguration,
    TargetGroupConfigurationSpec,
    TargetGroupProps,
)

M = TypeVar("M", bound=CRDModel)


def merge_load_balancers(
    of_class: LoadBalancerConfigurationSpec | None, of_gateway: LoadBalancerConfigurationSpec | None
) -> LoadBalancerConfigurationSpec:
    """The class's `mergingMode` says who wins, by default the class. One side alone is used as it is.

    Unlike the reference, which loses it, `minimumLoadBalancerCapacity` is merged like its neighbours.
    """
    if of_class is None or of_gateway is None:
        return of_class or of_gateway or LoadBalancerConfigurationSpec()
    high, low = _by_priority(of_class, of_class, of_gateway)
    return _first_set(high, low, drop=("merging_mode",)).model_copy(
        update={
            "tags": _tags(high.tags, low.tags),
            "load_balancer_attributes": _attributes(high.load_balancer_attributes, low.load_balancer_attributes),
            "listener_configurations": _listeners(high.listener_configurations, low.listener_configurations),
        }
    )


def merge_defaults(
    class_spec: LoadBalancerConfigurationSpec | None,
    of_class: TargetGroupConfiguration | None,
    of_gateway: TargetGroupConfiguration | None,
) -> TargetGroupConfiguration | None:
    """The default for all Services of a Gateway. Route configurations come from the winner alone."""
    if of_class is None or of_gateway is None:
        return of_class or of_gateway
    high, low = _by_priority(class_spec or LoadBalancerConfigurationSpec(), of_class, of_gateway)
    props = merge_props(high.spec.default_configuration, low.spec.default_configuration)
    return high.model_copy(update={"spec": high.spec.model_copy(update={"default_configuration": props})})


def merge_props(high: TargetGroupProps | None, low: TargetGroupProps | None) -> TargetGroupProps | None:
    """Field by field; the health check is one field."""
    if high is None or low is None:
        return high or low
    return _first_set(high, low).model_copy(
        update={
            "tags": _tags(high.tags, low.tags),
            "target_group_attributes": _attributes(high.target_group_attributes, low.target_group_attributes),
        }
    )


def props_for_route(
    spec: TargetGroupConfigurationSpec | None, kind: str, namespace: str, name: str
) -> TargetGroupProps | None:
    """What a TargetGroupConfiguration says for one route: the entry that names it best, over the default.

    Best is the route itself, then its kind in its namespace, then its kind; of two equally good ones the first. An
    entry with a name and no namespace means the route of that name in its own namespace.
    """
    if spec is None:
        return None
    best: tuple[int, TargetGroupProps | None] = (0, None)
    for entry in spec.route_configurations or ():
        rank = _rank(entry.route_identifier, kind, namespace, name)
        if rank > best[0]:
            best = rank, entry.target_group_props
    return merge_props(best[1], spec.default_configuration)


def _rank(identifier: RouteIdentifier, kind: str, namespace: str, name: str) -> int:
    """How well an entry names a route; 0 is not at all."""
    if identifier.kind != kind or identifier.namespace not in (None, "", namespace):
        return 0
    if identifier.name:
        return 3 if identifier.name == name else 0
    return 2 if identifier.namespace else 1


T = TypeVar("T")


def _by_priority(class_spec: LoadBalancerConfigurationSpec, of_class: T, of_gateway: T) -> tuple[T, T]:
    if class_spec.merging_mode == "prefer-gateway":
        return of_gateway, of_class
    return of_class, of_gateway


def _first_set(high: M, low: M, drop: tuple[str, ...] = ()) -> M:
    filled = {
        name: getattr(low, name)
        for name in type(high).model_fields
        if getattr(high, name) is None and getattr(low, name) is not None
    }
    return high.model_copy(update={**filled, **dict.fromkeys(drop)})


def _tags(high: Mapping[str, str] | None, low: Mapping[str, str] | None) -> Mapping[str, str]:
    return {**(low or {}), **(high or {})}


def _attributes(high: Iterable[Attribute] | None, low: Iterable[Attribute] | None) -> tuple[Attribute, ...]:
    """Sorted by key. Of a key given twice on one side the last one counts above, the first one below."""
    by_key = {attribute.key: attribute for attribute in high or ()}
    for attribute in low or ():
        by_key.setdefault(attribute.key, attribute)
    return tuple(by_key[key] for key in sorted(by_key))


def _listeners(
    high: Iterable[ListenerConfiguration] | None, low: Iterable[ListenerConfiguration] | None
) -> tuple[ListenerConfiguration, ...] | None:
    """Whole entries by `protocolPort`, sorted by it; None where neither side has one."""
    by_port = {listener.protocol_port: listener for listener in high or ()}
    for listener in low or ():
        by_port.setdefault(listener.protocol_port, listener)
    return tuple(by_port[key] for key in sorted(by_port)) or None
