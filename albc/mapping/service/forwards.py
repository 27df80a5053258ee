"""The JSON of an `actions.PROTOCOL-PORT` annotation: a weighted forward beside the Service's own targets
(spec/service.md A10.5).

Called by `parsed`; `actions` makes an AWS action of the result.
"""

from dataclasses import dataclass
from typing import Any

from albc.mapping.go import JSONObject

MAXIMUM_WEIGHT = 999


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardItem:
    """A target group beside the Service's own: a given one, or that of another Service of the namespace."""

    target_group_arn: str | None
    service_name: str | None
    service_port: int | str | None
    """Name or number. Set where `service_name` is."""
    decrypt: bool
    """A TLS listener passes plain TCP on to this target group."""
    weight: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarding:
    base_service_weight: int | None
    items: tuple[ForwardItem, ...]
    has_stickiness: bool
    stickiness_enabled: bool | None


def decode_forwarding(document: Any) -> Forwarding:
    """The validated forward. Raises `ValueError` with a message that completes "the value …"."""
    action = JSONObject(document)
    if (type_ := action.string("type")) != "forward":
        raise ValueError(f'has the unknown action type "{type_ or ""}", the only one is "forward"')
    config = action.object("forwardConfig")
    if config is None:
        raise ValueError("must have a forwardConfig with targetGroups")

    items = tuple(_item(item) for item in config.objects("targetGroups") or ())
    if len(items) > 1 and any(item.weight is None for item in items):
        raise ValueError("must give each of several target groups a weight")
    stickiness = config.object("targetGroupStickinessConfig")
    return Forwarding(
        base_service_weight=_weight(config, "baseServiceWeight"),
        items=items,
        has_stickiness=stickiness is not None,
        stickiness_enabled=stickiness.boolean("enabled") if stickiness else None,
    )


def _item(item: JSONObject) -> ForwardItem:
    arn, service_name = item.string("targetGroupARN"), item.string("serviceName")
    service_port = item.int_or_string("servicePort")
    if (arn is None) == (service_name is None):
        raise ValueError("must give each target group precisely one of targetGroupARN and serviceName")
    if service_name is not None and service_port is None:
        raise ValueError(f'must give the target group of service "{service_name}" a servicePort')
    return ForwardItem(
        target_group_arn=arn,
        service_name=service_name,
        service_port=service_port,
        decrypt=bool(item.boolean("decrypt")),
        weight=_weight(item, "weight"),
    )


def _weight(parent: JSONObject, name: str) -> int | None:
    weight = parent.int32(name)
    if weight is not None and not 0 <= weight <= MAXIMUM_WEIGHT:
        raise ValueError(f"has a {name} of {weight}, target group weights are between 0 and {MAXIMUM_WEIGHT}")
    return weight
