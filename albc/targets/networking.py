"""Keeps the security groups of Nodes and Pods open to the load balancers in front of them (spec/targets.md §9).

* Rules of all bindings on one security group are joined. Ours bear a label in their description; others stay.
* A rule is revoked only when every binding has been computed since the start: until then, what is not known may be
  somebody's.
* One change at a time: two bindings often share a security group.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import anyio

from albc.crds.target_group_binding import TargetGroupBinding
from albc.errors import AlbcError, Refused
from albc.kube.objects import Node, Pod
from albc.model.permissions import Permission
from albc.targets.enis import NetworkInterface, NetworkInterfaces, endpoint_security_group
from albc.targets.permissions import OWNER_LABEL, aggregate, permissions_of
from albc.targets.security_groups import SecurityGroupRules

BindingKey: TypeAlias = tuple[str, str]
ByGroup: TypeAlias = Mapping[str, tuple[Permission, ...]]
"""Permissions by security group id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkingSettings:
    cluster_name: str
    vpc_id: str
    eni_security_group_tags: Mapping[str, str] = field(default_factory=dict)
    """`--service-target-eni-security-group-tags`."""
    restricted: bool = True
    """Not `--disable-restricted-sg-rules`."""


class Networking:
    def __init__(self, rules: SecurityGroupRules, enis: NetworkInterfaces, settings: NetworkingSettings) -> None:
        self._rules = rules
        self._enis = enis
        self._settings = settings
        self._lock = anyio.Lock()
        self._computed: dict[BindingKey, ByGroup] = {}
        self._tracked: set[str] = set()
        self._initialised = False

    async def for_pods(self, binding: TargetGroupBinding, pods: Sequence[Pod], nodes: Mapping[str, Node]) -> ByGroup:
        """What the binding asks for on the groups of its Pods. Raises `Invalid`."""
        if binding.spec.networking is None:
            return {}
        interfaces = await self._enis.of_pods(pods, nodes)
        groups = await self._groups(interfaces.values())
        by_group: defaultdict[str, list[Pod]] = defaultdict(list)
        for pod in pods:
            interface = interfaces[f"{pod.namespace}/{pod.name}"]
            if interface.security_group_ids:
                by_group[groups[interface.id]].append(pod)
        networking = binding.spec.networking
        return {group: permissions_of(networking, members) for group, members in sorted(by_group.items())}

    async def for_nodes(self, binding: TargetGroupBinding, nodes: Sequence[Node]) -> ByGroup:
        """What the binding asks for on the groups of its Nodes. Raises `Invalid`."""
        if binding.spec.networking is None:
            return {}
        interfaces = await self._enis.of_nodes(nodes)
        groups = await self._groups(interfaces.values())
        permissions = permissions_of(binding.spec.networking)
        return dict.fromkeys(sorted(set(groups.values())), permissions)

    async def reconcile(self, binding: BindingKey, wanted: ByGroup, bindings: Iterable[TargetGroupBinding]) -> None:
        """Brings the rules of all groups in line. `bindings`: every one there is, this one included or not.

        Raises the first error after all groups were tried.
        """
        with_networking = {(b.namespace, b.name) for b in bindings if b.spec.networking is not None}
        async with self._lock:
            self._computed[binding] = wanted
            self._tracked |= wanted.keys()
            for gone in self._computed.keys() - with_networking - {binding}:
                del self._computed[gone]
            complete = self._computed.keys() >= with_networking
            await self._write(authorize_only=not complete)
            if binding not in with_networking:
                del self._computed[binding]

    async def _write(self, *, authorize_only: bool) -> None:
        desired: defaultdict[str, list[Permission]] = defaultdict(list)
        for by_group in self._computed.values():
            for group, asked in by_group.items():
                desired[group] += asked
        if not authorize_only:
            if not self._initialised:
                settings = self._settings
                self._tracked |= (await self._rules.tagged_for(settings.cluster_name, settings.vpc_id)).keys()
                self._initialised = True
            for group in self._tracked - desired.keys():
                desired[group] = []
        failures: list[AlbcError] = []
        for group, permissions in sorted(desired.items()):
            joined = aggregate(permissions, restricted=self._settings.restricted)
            try:
                await self._rules.reconcile(group, joined, labels=OWNER_LABEL, authorize_only=authorize_only)
            except Refused as error:
                if error.code == "InvalidGroup.NotFound" and not permissions:
                    self._tracked.discard(group)
                else:
                    failures.append(error)
            except AlbcError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    async def _groups(self, interfaces: Iterable[NetworkInterface]) -> Mapping[str, str]:
        """The cluster's security group of each interface, by interface id."""
        unique = {interface.id: interface for interface in interfaces if interface.security_group_ids}
        several = {id_ for i in unique.values() if len(i.security_group_ids) > 1 for id_ in i.security_group_ids}
        tags = {id_: state.tags for id_, state in (await self._rules.read(several)).items()} if several else {}
        settings = self._settings
        return {
            id_: endpoint_security_group(interface, tags, settings.cluster_name, settings.eni_security_group_tags)
            for id_, interface in unique.items()
        }
