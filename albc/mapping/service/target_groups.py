"""The target group of a backend, and its attributes (spec/service.md A11). Called by `build`.

All annotations are those of the Service being mapped, also where the targets are another Service's.
"""

from collections.abc import Mapping

from albc.kube.objects import Service
from albc.mapping import go
from albc.mapping.service.backends import Backend, choose_target_type, ip_family, target_group_port
from albc.mapping.service.health_checks import health_check
from albc.mapping.service.names import target_group_name
from albc.mapping.service.parsed import (
    PORT_TARGET_GROUP_ATTRIBUTES,
    PROXY_PROTOCOL,
    PROXY_PROTOCOL_PORTS,
    TARGET_GROUP_ATTRIBUTES,
    Field,
    ServiceAnnotations,
)
from albc.mapping.service.placement import Placed
from albc.mapping.settings import MappingSettings
from albc.model.load_balancer import Attribute
from albc.model.target_group import TargetGroup

_PROXY_PROTOCOL_V2 = "proxy_protocol_v2.enabled"
_PRESERVE_CLIENT_IP = "preserve_client_ip.enabled"


def target_group(
    backend: Backend,
    base: Service,
    annotations: ServiceAnnotations,
    placed: Placed,
    tags: Mapping[str, str],
    settings: MappingSettings,
) -> TargetGroup:
    """`base` is the Service being mapped. Of several faults the first one in the order of these rules is told."""
    target_type = choose_target_type(backend, annotations, settings)
    check = health_check(backend, target_type, base, annotations, settings)
    attributes = target_group_attributes(annotations, backend.port.port)
    family = ip_family(backend, placed)
    port = target_group_port(backend, target_type)
    return TargetGroup(
        id=backend.id,
        name=target_group_name(backend, port, target_type, check, settings),
        target_type=target_type,
        port=port,
        protocol=backend.protocol,
        ip_address_type=family,
        health_check=check,
        attributes=attributes,
        tags=tags,
    )


def preserves_client_ip(group: TargetGroup) -> bool:
    """Whether targets see their clients' addresses, as far as the attributes and the target type say."""
    for attribute in group.attributes:
        if attribute.key == _PRESERVE_CLIENT_IP:
            return bool(go.parse_bool(attribute.value))
    return group.target_type == "instance"


def target_group_attributes(annotations: ServiceAnnotations, service_port: int) -> tuple[Attribute, ...]:
    """By key: for all ports, overlaid with those for this port of the Service, overlaid with the two annotations for
    proxy protocol. An empty value for a port keeps the general one.
    """
    for_port = PORT_TARGET_GROUP_ATTRIBUTES.at(str(service_port))
    general, special = _map(annotations, TARGET_GROUP_ATTRIBUTES), _map(annotations, for_port)
    attributes = {_PROXY_PROTOCOL_V2: "false", **general}
    attributes.update((key, value) for key, value in special.items() if value)

    if (ports := annotations[PROXY_PROTOCOL_PORTS]) is not None:
        if wrong := [entry for entry in ports if go.parse_int(entry, 64) is None]:
            raise annotations.invalid(PROXY_PROTOCOL_PORTS, "must be numbers of service ports", value=wrong[0])
        attributes[_PROXY_PROTOCOL_V2] = "true" if str(service_port) in ports else "false"
    if (everywhere := annotations[PROXY_PROTOCOL]) is not None:
        if everywhere != "*":
            raise annotations.invalid(PROXY_PROTOCOL, "must be *, which turns proxy protocol v2 on for every port")
        attributes[_PROXY_PROTOCOL_V2] = "true"
    if not attributes[_PROXY_PROTOCOL_V2]:
        del attributes[_PROXY_PROTOCOL_V2]
    return tuple(Attribute(key=key, value=attributes[key]) for key in sorted(attributes))


def _map(annotations: ServiceAnnotations, field: Field[dict[str, str]]) -> Mapping[str, str]:
    attributes = annotations[field] or {}
    preserve = attributes.get(_PRESERVE_CLIENT_IP)
    if preserve is not None and go.parse_bool(preserve) is None:
        raise annotations.invalid(field, f"of {_PRESERVE_CLIENT_IP} must be true or false", value=preserve)
    return attributes
