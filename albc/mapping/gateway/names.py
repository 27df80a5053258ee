"""Names and ids of a Gateway's AWS resources (spec/gateway.md §10.1, §10.3): the reference's bytes."""

from albc.kube.objects import Gateway
from albc.mapping.gateway.routes import RouteRef
from albc.mapping.resource_names import resource_name
from albc.mapping.snapshot import NamespacedName


def load_balancer(gateway: Gateway, cluster: str, scheme: str) -> str:
    return resource_name(gateway.namespace, gateway.name, cluster, gateway.metadata.uid, scheme)


def security_group(gateway: Gateway, cluster: str) -> str:
    identity = (cluster, gateway.name, gateway.namespace, gateway.metadata.uid)
    return resource_name(gateway.namespace, gateway.name, *identity)


def target_group(
    cluster: str, gateway: Gateway, route: RouteRef, backend: NamespacedName, identity: tuple[str, ...]
) -> str:
    """`identity` is what else makes the target group another one: port, target type, protocol, version, control port;
    those that there are.
    """
    owner = (cluster, gateway.namespace, gateway.name, route.namespace, route.name, route.kind)
    return resource_name(route.namespace, route.name, *owner, *backend, *identity)


def target_group_id(gateway: Gateway, route: RouteRef, backend: NamespacedName, port: int | str) -> str:
    """Within the Gateway: one for each route, backend object and port of the targets."""
    return f"{of_route(gateway, route)}{backend.namespace}-{backend.name}:{port}"


def of_route(gateway: Gateway, route: RouteRef) -> str:
    """With what the ids of a route's target groups begin."""
    return f"{gateway.namespace}/{gateway.name}:{route.namespace}-{route.name}:{route.kind}-"
