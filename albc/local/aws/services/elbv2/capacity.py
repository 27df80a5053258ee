"""Capacity reservations: pending for as long as a load balancer takes to start, then in force."""

from albc.local.aws.errors import ApiError
from albc.local.aws.services.elbv2 import lookup
from albc.local.aws.services.operation import Answer, Operations, Params, present
from albc.local.aws.state import State
from albc.local.aws.state.load_balancing import LoadBalancer

MIN_CAPACITY_UNITS = 100
MAX_CAPACITY_UNITS = 15_000


def describe_capacity_reservation(state: State, params: Params) -> Answer:
    return _capacity(state, lookup.load_balancer(state, params["LoadBalancerArn"], reading=True))


def modify_capacity_reservation(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params["LoadBalancerArn"])
    if state.clock() < balancer.active_at:
        raise ApiError("InvalidConfigurationRequest", f"Load balancer '{balancer.arn}' is not active yet")
    if _pending(state, balancer):
        raise ApiError("CapacityReservationPending", "There is a pending capacity reservation on this load balancer")
    if params.get("ResetCapacityReservation"):
        units = None
    else:
        units = (params.get("MinimumLoadBalancerCapacity") or {}).get("CapacityUnits")
        if units is None:
            raise ApiError("ValidationError", "Either a minimum capacity or its reset must be specified")
        if units < MIN_CAPACITY_UNITS:
            raise ApiError("ValidationError", f"The minimum capacity must be at least {MIN_CAPACITY_UNITS} units")
        if units > MAX_CAPACITY_UNITS:
            raise ApiError("CapacityUnitsLimitExceeded", f"The capacity is limited to {MAX_CAPACITY_UNITS} units")
    balancer.capacity_units = units
    balancer.capacity_changed_at = state.clock()
    return _capacity(state, balancer)


def _pending(state: State, balancer: LoadBalancer) -> bool:
    changed = balancer.capacity_changed_at
    return changed is not None and state.clock() < changed + state.options.active_seconds


def _capacity(state: State, balancer: LoadBalancer) -> Answer:
    if balancer.capacity_units is None:
        return present({"LastModifiedTime": balancer.capacity_changed_at, "DecreaseRequestsRemaining": 2})
    pending = _pending(state, balancer)
    share = balancer.capacity_units / len(balancer.zones)
    return {
        "LastModifiedTime": balancer.capacity_changed_at,
        "DecreaseRequestsRemaining": 2,
        "MinimumLoadBalancerCapacity": {"CapacityUnits": balancer.capacity_units},
        "CapacityReservationState": [
            {
                "State": {"Code": "pending" if pending else "provisioned"},
                "AvailabilityZone": zone.zone,
                "EffectiveCapacityUnits": 0.0 if pending else share,
            }
            for zone in balancer.zones
        ],
    }


OPERATIONS: Operations = {
    "DescribeCapacityReservation": describe_capacity_reservation,
    "ModifyCapacityReservation": modify_capacity_reservation,
}
