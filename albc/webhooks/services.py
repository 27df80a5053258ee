"""Services of type LoadBalancer get our class unless they have one (spec/service.md A2). Never denies."""

from albc.kube.objects import Service
from albc.webhooks.review import ALLOWED, Allowed, Review, Verdict, typed


def mutate_service(review: Review, load_balancer_class: str) -> Verdict:
    """CREATE: `load_balancer_class`. UPDATE, if the webhook is registered for it: the class that it had before."""
    service = typed(review.object, Service)
    if service.spec.type != "LoadBalancer" or service.spec.load_balancer_class:
        return ALLOWED
    if review.operation == "CREATE":
        wanted: str | None = load_balancer_class
    else:
        wanted = typed(review.old, Service).spec.load_balancer_class
    if not wanted:
        return ALLOWED
    return Allowed(({"op": "add", "path": "/spec/loadBalancerClass", "value": wanted},))
