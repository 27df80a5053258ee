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
        raise ApiError("LoadBalancerNotFound", f"There is no ACTIVE Load Balancer named '{name}'")
    return found
