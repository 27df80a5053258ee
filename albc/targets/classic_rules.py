"""Which security groups let a Classic Load Balancer in to its nodes (spec/service.md B9.2). Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from albc.errors import Invalid
from albc.model.permissions import Permission, from_answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A security group."""

    id: str
    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    permissions: tuple[Permission, ...] = ()

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Group":
        return cls(
            id=answer["GroupId"],
            name=answer.get("GroupName", ""),
            tags={tag["Key"]: tag.get("Value", "") for tag in answer.get("Tags") or ()},
            permissions=from_answer(answer.get("IpPermissions") or ()),
        )

    def is_tagged(self, cluster_name: str) -> bool:
        """For this cluster."""
        return f"kubernetes.io/cluster/{cluster_name}" in self.tags

    def from_source(self, source: str) -> tuple[Permission, ...]:
        """Its rules that let the members of a group in."""
        return tuple(one for one in self.permissions if (one.source, one.value) == ("group", source))


def everything(source: str) -> Permission:
    """All that comes from the load balancer: node ports and health checks alike."""
    return Permission("-1", 0, 0, "group", source)


def source_group(
    attached: Iterable[Group], named: Sequence[str], extra: Sequence[str], cluster_name: str
) -> Group | None:
    """The one of the load balancer's groups that nodes let in: the user's own first, then one of ours, extra ones last.

    `named` and `extra` hold ids or Name tags. None if the load balancer has no group.
    """

    def rank(group: Group) -> tuple[int, bool, str]:
        words = {group.id, group.tags.get("Name", group.id)}
        place = next((i for i, word in enumerate(named) if word in words), None)
        if place is None:
            beyond = next((i + 1 for i, word in enumerate(extra) if word in words), 0)
            place = len(named) + beyond
        return place, not group.is_tagged(cluster_name), group.id

    return min(attached, key=rank, default=None)


def node_group(instance: str, groups: Sequence[Group], cluster_name: str) -> str | None:
    """Id of the group of an instance that is opened: the one with the cluster's tag, else its only one.

    None for an instance without groups. Raises `Invalid` when it is not clear which.
    """
    tagged = [group for group in groups if group.is_tagged(cluster_name)]
    if len(tagged) > 1:
        listed = "".join(f"{group.id}({group.name}) " for group in tagged)
        raise Invalid(
            f"Multiple tagged security groups found for instance {instance}; ensure only the k8s security group is "
            f"tagged; the tagged groups were {listed}"
        )
    if not tagged and len(groups) > 1:
        raise Invalid(
            f"Multiple untagged security groups found for instance {instance}; ensure the k8s security group is tagged"
        )
    return next((group.id for group in tagged or groups), None)
