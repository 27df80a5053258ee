"""Subnets of a Classic Load Balancer, one of each zone: exchanged so that it is never without any (spec/service.md B5).

Zones are added first. In a zone that it keeps, the old subnet must go before the new one comes; the other zones serve
meanwhile. Where there is no other zone, a person has to act.
"""

from collections.abc import Iterator, Sequence

from albc.deploy.plan.operation import Operation, ResourceID, Verb
from albc.model.classic import ClassicLoadBalancer
from albc.model.inventory import ActualClassicLoadBalancer


def subnet_operations(
    resource: ResourceID, wanted: ClassicLoadBalancer, actual: ActualClassicLoadBalancer
) -> Iterator[Operation]:
    have = list(actual.aws.get("Subnets") or ())
    added = [subnet for subnet in wanted.subnets if subnet not in have]
    removed = [subnet for subnet in have if subnet not in wanted.subnets]
    holder = {wanted.zones.get(subnet, subnet): subnet for subnet in removed}
    exchanged = {subnet: old for subnet in added if (old := holder.get(wanted.zones.get(subnet, "")))}

    if fresh := [subnet for subnet in added if subnet not in exchanged]:
        yield _operation(resource, wanted.name, "attach_load_balancer_to_subnets", fresh)
    attached = len(have) + len(fresh)
    for new, old in exchanged.items():
        if attached == 1:
            yield Operation(
                verb=Verb.BLOCKED,
                resource=resource,
                before={"Subnets": [old]},
                after={"Subnets": [new]},
                because=f"{old} is its only subnet, and AWS does not exchange that one; add a subnet of another zone "
                "first, or create the Service anew",
            )
        else:
            yield _operation(resource, wanted.name, "detach_load_balancer_from_subnets", [old])
            yield _operation(resource, wanted.name, "attach_load_balancer_to_subnets", [new])
    if gone := [subnet for subnet in removed if subnet not in exchanged.values()]:
        yield _operation(resource, wanted.name, "detach_load_balancer_from_subnets", gone)


def _operation(resource: ResourceID, name: str, action: str, subnets: Sequence[str]) -> Operation:
    is_new = action.startswith("attach")
    return Operation(
        verb=Verb.MODIFY,
        resource=resource,
        service="elb",
        action=action,
        params={"LoadBalancerName": name, "Subnets": subnets},
        before={} if is_new else {"Subnets": subnets},
        after={"Subnets": subnets} if is_new else {},
        because=f"{', '.join(subnets)} {'missing' if is_new else 'not wanted'}",
    )
