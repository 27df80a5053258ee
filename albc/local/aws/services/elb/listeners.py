"""Listeners of Classic Load Balancers, told by their port."""

from collections.abc import Mapping, Sequence
from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.services.elb import lookup
from albc.local.aws.services.operation import Answer, Operations, Params, present
from albc.local.aws.state import State
from albc.local.aws.state.classic import ClassicListener

PROTOCOLS = {"HTTP": 7, "HTTPS": 7, "TCP": 4, "SSL": 4}
"""Protocol → layer; front and back must be on the same one."""

SECURE = ("HTTPS", "SSL")
DEFAULT_POLICY = "ELBSecurityPolicy-2016-08"


def create_load_balancer_listeners(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params)
    balancer.listeners = {**balancer.listeners, **checked(state, params["Listeners"], balancer.listeners)}
    return {}


def delete_load_balancer_listeners(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params)
    gone = params["LoadBalancerPorts"]
    balancer.listeners = {port: each for port, each in balancer.listeners.items() if port not in gone}
    return {}


def checked(
    state: State, wanted: Sequence[Mapping[str, Any]], current: Mapping[int, ClassicListener]
) -> dict[int, ClassicListener]:
    """The listeners of a request by port; refuses what AWS refuses."""
    found: dict[int, ClassicListener] = {}
    for each in wanted:
        listener = _listener(state, each)
        port = listener.load_balancer_port
        there = found.get(port) or current.get(port)
        if there is not None and _plain(there) != _plain(listener):
            raise ApiError(
                "DuplicateListener", f"A listener already exists for the load balancer with LoadBalancerPort {port}"
            )
        found[port] = there or listener
    return found


def described(listener: ClassicListener) -> dict[str, Any]:
    """The `ListenerDescription` of a listener."""
    return {"Listener": _plain(listener), "PolicyNames": list(listener.policies)}


def _plain(listener: ClassicListener) -> dict[str, Any]:
    return present(
        {
            "Protocol": listener.protocol,
            "LoadBalancerPort": listener.load_balancer_port,
            "InstanceProtocol": listener.instance_protocol,
            "InstancePort": listener.instance_port,
            "SSLCertificateId": listener.certificate,
        }
    )


def _listener(state: State, wanted: Mapping[str, Any]) -> ClassicListener:
    protocol = wanted["Protocol"].upper()
    same_layer = "HTTP" if protocol in ("HTTP", "HTTPS") else "TCP"
    instance_protocol = wanted.get("InstanceProtocol", same_layer).upper()
    for each in (protocol, instance_protocol):
        if each not in PROTOCOLS:
            raise ApiError("UnsupportedProtocol", f"The protocol '{each}' is not supported")
    if PROTOCOLS[protocol] != PROTOCOLS[instance_protocol]:
        raise ApiError(
            "ValidationError", f"Protocols '{protocol}' and '{instance_protocol}' are not on the same layer (4 or 7)"
        )
    for port in (wanted["LoadBalancerPort"], wanted["InstancePort"]):
        if not 1 <= port <= 65535:
            raise ApiError("ValidationError", f"The port {port} must be from 1 to 65535")
    certificate = wanted.get("SSLCertificateId")
    if protocol in SECURE:
        if not certificate:
            raise ApiError("ValidationError", f"An SSL certificate must be specified for protocol '{protocol}'")
        if state.certificates.find(certificate) is None:
            raise ApiError("CertificateNotFound", f"Server Certificate not found for the key: {certificate}")
    elif certificate:
        raise ApiError("ValidationError", f"An SSL certificate cannot be specified for protocol '{protocol}'")
    return ClassicListener(
        load_balancer_port=wanted["LoadBalancerPort"],
        protocol=protocol,
        instance_port=wanted["InstancePort"],
        instance_protocol=instance_protocol,
        certificate=certificate,
        policies=(DEFAULT_POLICY,) if protocol in SECURE else (),
    )


OPERATIONS: Operations = {
    "CreateLoadBalancerListeners": create_load_balancer_listeners,
    "DeleteLoadBalancerListeners": delete_load_balancer_listeners,
}
