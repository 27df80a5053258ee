"""The Availability Zone that an `ip` target must be registered with (spec/targets.md §7.6).

AWS finds the zone of an address inside the target group's VPC by itself; any other address needs `all`, or, where AWS
insists, the zone of the Pod's node. Called by `albc.targets.registrar`.
"""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Final

from albc.aws.calls import Aws
from albc.crds.target_group_binding import TargetGroupBinding
from albc.errors import Invalid, NotFound
from albc.kube.objects import Node, Pod
from albc.targets.registration import Target
from albc.targets.wanted import WantedTarget

ALL_ZONES: Final = "all"
VPC_SECONDS: Final = 600.0
FOREIGN_VPC_SECONDS: Final = 300.0
POD_ZONES_SECONDS: Final = 3600.0
_ZONE_LABEL: Final = "topology.kubernetes.io/zone"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class _Kept:
    networks: tuple[Network, ...]
    """None at all for a VPC of another account that we cannot see: every address is outside."""
    until: float


class TargetZones:
    def __init__(self, aws: Aws, vpc_id: str, clock: Callable[[], float] = monotonic) -> None:
        """`aws` with the controller's own credentials; `vpc_id` of the cluster."""
        self._aws = aws
        self._vpc_id = vpc_id
        self._clock = clock
        self._vpcs: dict[tuple[str, str], _Kept] = {}
        """By role and VPC id; no role unless the VPC is foreign."""
        self._pod_zones_until: dict[tuple[str, str], float] = {}
        """By binding: for so long AWS wants the zones of its Pods."""

    async def placed(
        self, binding: TargetGroupBinding, wanted: Sequence[WantedTarget], nodes: Mapping[str, Node]
    ) -> tuple[Target, ...]:
        """The targets with their zones. Raises `Invalid` for what is no address or has no node, `NotFound`."""
        if binding.spec.target_type != "ip":
            return tuple(each.target for each in wanted)
        networks = await self._networks(binding)
        by_pod = self.pod_zones(binding) and not binding.spec.iam_role_arn_to_assume
        return tuple(
            each.target
            if _inside(each.target.id, networks)
            else replace(each.target, availability_zone=_zone(each.pod, nodes) if by_pod and each.pod else ALL_ZONES)
            for each in wanted
        )

    def pod_zones(self, binding: TargetGroupBinding) -> bool:
        """Whether AWS has asked for the zones of this binding's Pods within the last hour."""
        return self._clock() < self._pod_zones_until.get((binding.namespace, binding.name), 0.0)

    def use_pod_zones(self, binding: TargetGroupBinding) -> None:
        self._pod_zones_until[binding.namespace, binding.name] = self._clock() + POD_ZONES_SECONDS

    async def _networks(self, binding: TargetGroupBinding) -> tuple[Network, ...]:
        vpc_id, role = binding.spec.vpc_id or self._vpc_id, binding.spec.iam_role_arn_to_assume
        for key in (("", vpc_id), (role, vpc_id)):
            if (kept := self._vpcs.get(key)) and self._clock() < kept.until:
                return kept.networks
        try:
            (vpc,) = (await self._aws.call("ec2", "describe_vpcs", VpcIds=[vpc_id]))["Vpcs"]
        except NotFound as error:
            if not role or error.code != "InvalidVpcID.NotFound":
                raise
            self._vpcs[role, vpc_id] = _Kept((), self._clock() + FOREIGN_VPC_SECONDS)
            return ()
        blocks = [
            block[cidr]
            for associations, cidr, state in (
                ("CidrBlockAssociationSet", "CidrBlock", "CidrBlockState"),
                ("Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock", "Ipv6CidrBlockState"),
            )
            for block in vpc.get(associations, ())
            if block.get(state, {}).get("State") == "associated"
        ]
        networks = tuple(ipaddress.ip_network(block) for block in blocks)
        self._vpcs["", vpc_id] = _Kept(networks, self._clock() + VPC_SECONDS)
        return networks


def _inside(ip: str, networks: Sequence[Network]) -> bool:
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        raise Invalid(f"{ip} is no IP address; a target of type ip needs one") from None
    return any(network.version == address.version and address in network for network in networks)


def _zone(pod: Pod, nodes: Mapping[str, Node]) -> str:
    if not pod.spec.node_name:
        raise Invalid(f"pod {pod.namespace}/{pod.name} has no node assigned")
    node = nodes.get(pod.spec.node_name)
    if node is None:
        raise NotFound(f"node {pod.spec.node_name} of pod {pod.namespace}/{pod.name} is not known (yet)")
    return node.metadata.labels.get(_ZONE_LABEL, ALL_ZONES)
