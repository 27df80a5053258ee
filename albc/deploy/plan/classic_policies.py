"""Policies of a Classic Load Balancer: proxy protocol on its instance ports, TLS negotiation on its secure listeners.

A policy is made once, under a name of ours, and then set where it is not set yet (spec/service.md B8).
"""

from collections.abc import Iterator, Mapping, Sequence

from albc.deploy.fields.classic import listener_shape
from albc.deploy.plan.classic_listeners import identity
from albc.deploy.plan.operation import Operation, ResourceID, Verb
from albc.model.classic import PROXY_PROTOCOL_POLICY, ClassicLoadBalancer, ssl_policy_name
from albc.model.inventory import ActualClassicLoadBalancer

_SECURE = ("HTTPS", "SSL")


def policy_operations(
    resource: ResourceID, wanted: ClassicLoadBalancer, actual: ActualClassicLoadBalancer
) -> Iterator[Operation]:
    yield from _proxy_protocol(resource, wanted, actual)
    yield from _ssl_negotiation(resource, wanted, actual)


def _proxy_protocol(
    resource: ResourceID, wanted: ClassicLoadBalancer, actual: ActualClassicLoadBalancer
) -> Iterator[Operation]:
    if wanted.proxy_protocol and PROXY_PROTOCOL_POLICY not in _policies(actual):
        attribute = {"AttributeName": "ProxyProtocol", "AttributeValue": "true"}
        yield _create(resource, wanted.name, PROXY_PROTOCOL_POLICY, "ProxyProtocolPolicyType", attribute)
    described = {
        one["InstancePort"]: list(one.get("PolicyNames") or ())
        for one in actual.aws.get("BackendServerDescriptions") or ()
    }
    ports = dict.fromkeys(listener.instance_port for listener in wanted.listeners)
    for port in ports:
        has = PROXY_PROTOCOL_POLICY in described.get(port, ())
        if has != wanted.proxy_protocol:
            yield _set_backend(resource, wanted.name, port, [PROXY_PROTOCOL_POLICY] if wanted.proxy_protocol else [])
    for port in sorted(described.keys() - ports):
        if described[port]:
            yield _set_backend(resource, wanted.name, port, [])


def _ssl_negotiation(
    resource: ResourceID, wanted: ClassicLoadBalancer, actual: ActualClassicLoadBalancer
) -> Iterator[Operation]:
    reference = wanted.ssl_negotiation_policy
    secure = [listener for listener in wanted.listeners if listener.protocol in _SECURE]
    if reference is None or not secure:
        return
    name = ssl_policy_name(reference)
    if name not in _policies(actual):
        attribute = {"AttributeName": "Reference-Security-Policy", "AttributeValue": reference}
        yield _create(resource, wanted.name, name, "SSLNegotiationPolicyType", attribute)
    # A listener that is made anew has AWS's default policy.
    staying = {identity(listener_shape(listener)) for listener in secure}
    has = {
        one["Listener"]["LoadBalancerPort"]: list(one.get("PolicyNames") or ())
        for one in actual.aws.get("ListenerDescriptions") or ()
        if one.get("Listener") and identity(one["Listener"]) in staying
    }
    for listener in secure:
        port = listener.load_balancer_port
        if has.get(port) != [name]:
            yield Operation(
                verb=Verb.MODIFY,
                resource=resource,
                service="elb",
                action="set_load_balancer_policies_of_listener",
                params={"LoadBalancerName": wanted.name, "LoadBalancerPort": port, "PolicyNames": [name]},
                before={"PolicyNames": has.get(port, [])},
                after={"PolicyNames": [name]},
                because=f"listener {port} has another policy",
            )


def _policies(actual: ActualClassicLoadBalancer) -> Sequence[str]:
    return (actual.aws.get("Policies") or {}).get("OtherPolicies") or ()


def _create(resource: ResourceID, balancer: str, name: str, kind: str, attribute: Mapping[str, str]) -> Operation:
    return Operation(
        verb=Verb.MODIFY,
        resource=resource,
        service="elb",
        action="create_load_balancer_policy",
        params={
            "LoadBalancerName": balancer,
            "PolicyName": name,
            "PolicyTypeName": kind,
            "PolicyAttributes": [attribute],
        },
        after={"PolicyName": name},
        because=f"policy {name} is missing",
    )


def _set_backend(resource: ResourceID, balancer: str, port: int, names: Sequence[str]) -> Operation:
    return Operation(
        verb=Verb.MODIFY,
        resource=resource,
        service="elb",
        action="set_load_balancer_policies_for_backend_server",
        params={"LoadBalancerName": balancer, "InstancePort": port, "PolicyNames": names},
        after={"InstancePort": port, "PolicyNames": names},
        because=f"proxy protocol on instance port {port} is {'off' if names else 'on'}",
    )
