"""Which Services become Classic Load Balancers (spec/service.md B1). Called by the controller, `albc plan` and `build`.

Only the class says so, never an annotation: a provider in the same cluster takes every Service without a class for its
own, and two controllers must not share a load balancer.
"""

from albc.kube.objects import Service
from albc.mapping.settings import MappingSettings

FINALIZER = "service.k8s.aws/clb-resources"
"""Apart from that of Network Load Balancers, so that nobody who does not know Classic ones takes it away."""

_LONGEST_NAME = 32


def is_ours(service: Service, settings: MappingSettings) -> bool:
    """Being deleted is not being ours."""
    return (
        service.metadata.deletion_timestamp is None
        and settings.classic_load_balancer
        and service.spec.type == "LoadBalancer"
        and service.spec.load_balancer_class == settings.classic_load_balancer_class
    )


def pending_finalization(service: Service) -> bool:
    """Whether AWS resources may exist that only we will remove."""
    return FINALIZER in service.metadata.finalizers


def is_left_alone(service: Service, settings: MappingSettings) -> bool:
    """With the gate ClassicLoadBalancer off nothing goes but what was deleted (spec/service.md B1)."""
    return not settings.classic_load_balancer and service.metadata.deletion_timestamp is None


def load_balancer_name(service: Service) -> str:
    """The in-tree provider's: unique by the Service's UID (spec/service.md B6)."""
    return f"a{service.metadata.uid}".replace("-", "")[:_LONGEST_NAME]
