"""Find a Classic Load Balancer by its name, or answer as AWS does when it is not there."""

from albc.local.aws.errors import ApiError
from albc.local.aws.services.operation import Params
from albc.local.aws.state import State
from albc.local.aws.state.classic import ClassicLoadBalancer


def load_balancer(state: State, params: Params) -> ClassicLoadBalancer:
    """The load balancer that a request names."""
    return by_name(state, params["LoadBalancerName"])


def by_name(state: State, name: str) -> ClassicLoadBalancer:
    found = state.classic.get(name)
    if found is None:
        raise absent(name)
    return found


def absent(name: str) -> ApiError:
    return ApiError("LoadBalancerNotFound", f"There is no ACTIVE Load Balancer named '{name}'")


def shown(state: State, name: str) -> ClassicLoadBalancer:
    """As `by_name`, for calls that read: what was just made may not be there for them (`consistency_seconds`)."""
    found = by_name(state, name)
    if not state.visible(found.created_at):
        raise absent(name)
    return found


def all_shown(state: State) -> list[ClassicLoadBalancer]:
    return [balancer for balancer in state.classic.values() if state.visible(balancer.created_at)]
