"""Keeps the security groups of Nodes and Pods open to the load balancers in front of them (spec/targets.md §9).

* Rules of all bindings on one security group are joined. Ours bear a label in their description; others stay.
* A rule is revoked only when every binding has been computed since the start: until then, what is not known may be
  somebody's.
* Each security group is changed by one task at a time; who has nothing to change there does not wait.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from weakref import WeakValueDictionary

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
        self._locks: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()
        """By security group."""
        self._computed: dict[BindingKey, ByGroup] = {}
        self._unwritten: dict[BindingKey, frozenset[str]] = {}
        """Groups that a binding had something to do with, and that are not in line yet."""
        self._tracked: set[str] = set()
        self._swept = False
        """Every group was brought in line since all bindings were known."""

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
        """Brings the rules of the binding's groups in line. `bindings`: every one there is, this one included or not.

        Raises the first error after all groups were tried.
        """
        with_networking = {(b.namespace, b.name) for b in bindings if b.spec.networking is not None}
        groups = set(self._unwritten.get(binding, ())) | self._computed.get(binding, {}).keys() | wanted.keys()
        self._computed[binding] = wanted
        for gone in self._computed.keys() - with_networking:
            groups |= self._computed.pop(gone).keys()
        self._tracked |= wanted.keys()
        self._unwritten[binding] = frozenset(groups)
        complete = self._computed.keys() >= with_networking
        sweep = complete and not self._swept
        if sweep:
            settings = self._settings
            self._tracked |= (await self._rules.tagged_for(settings.cluster_name, settings.vpc_id)).keys()
            groups |= self._tracked
        await self._write(groups, authorize_only=not complete)
        self._unwritten.pop(binding, None)
        self._swept |= sweep

    async def _write(self, groups: Iterable[str], *, authorize_only: bool) -> None:
        failures: list[AlbcError] = []
        for group in sorted(groups):
            try:
                async with self._locks.setdefault(group, anyio.Lock()):
                    # Looked up only now: meanwhile another binding may have asked for more.
                    desired = self._desired(group)
                    await self._rules.reconcile(group, desired, labels=OWNER_LABEL, authorize_only=authorize_only)
            except Refused as error:
                if error.code == "InvalidGroup.NotFound" and not desired:
                    self._tracked.discard(group)
                else:
                    failures.append(error)
            except AlbcError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def _desired(self, group: str) -> tuple[Permission, ...]:
        asked = [permission for by_group in self._computed.values() for permission in by_group.get(group, ())]
        return aggregate(asked, restricted=self._settings.restricted)

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
