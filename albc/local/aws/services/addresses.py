"""Loopback addresses of load balancers: what their DNS names stand for on this machine."""

import ipaddress

from albc.local.aws.errors import ApiError
from albc.local.aws.loopback import LOAD_BALANCER_CIDR
from albc.local.aws.state import State


def free_address(state: State) -> str:
    """One that no load balancer of any kind has."""
    taken = {balancer.address for balancer in state.load_balancing.load_balancers.values()}
    taken |= {balancer.address for balancer in state.classic.values()}
    for address in ipaddress.IPv4Network(LOAD_BALANCER_CIDR).hosts():
        if str(address) not in taken:
            return str(address)
    raise ApiError("TooManyLoadBalancers", "The loopback network of this machine has no address left")
