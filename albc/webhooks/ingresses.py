"""Ingresses and IngressClassParams, by the rules of `albc.mapping.ingress.admission` (spec/ingress.md §3, §6)."""

from albc.crds.ingress_class_params import IngressClassParams
from albc.kube.objects import Ingress
from albc.mapping.ingress.admission import Refused, check_ingress, class_params_faults
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import Snapshot
from albc.webhooks.review import ALLOWED, Denied, Review, Verdict, typed


def validate_ingress(review: Review, snapshot: Snapshot, settings: MappingSettings) -> Verdict:
    if review.operation == "DELETE":
        return ALLOWED
    new = typed(review.object, Ingress)
    old = typed(review.old, Ingress) if review.old is not None else None
    try:
        check_ingress(new, old, snapshot, settings)
    except Refused as fault:
        return Denied(fault.message, fault.check)
    return ALLOWED


def validate_class_params(review: Review) -> Verdict:
    """All faults at once: one as it is, several in brackets."""
    if review.operation == "DELETE":
        return ALLOWED
    faults = class_params_faults(typed(review.object, IngressClassParams))
    if not faults:
        return ALLOWED
    check = "checkInboundCIDRs" if faults[0].startswith("spec.inboundCIDRs") else "checkSubnetSelectors"
    return Denied(faults[0] if len(faults) == 1 else f"[{', '.join(faults)}]", check)
