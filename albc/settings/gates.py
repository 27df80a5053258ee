"""Feature gates (spec/runtime.md §4): names, defaults, what they do, and how `--feature-gates` is read."""

from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from albc.settings.values import boolean


@dataclass(frozen=True, slots=True)
class Gate:
    name: str
    default: bool
    effect: str


GATES = MappingProxyType(
    {
        gate.name: gate
        for gate in (
            Gate("ListenerRulesTagging", True, "Listeners and listener rules are tagged."),
            Gate("WeightedTargetGroups", True, "Forward actions may have several target groups and weights."),
            Gate("ServiceTypeLoadBalancerOnly", False, "Only Services of type LoadBalancer are looked at."),
            Gate("EndpointsFailOpen", True, "Endpoints of unknown readiness become targets when there are no others."),
            Gate("EnableServiceController", True, "Services of type LoadBalancer are handled."),
            Gate("ClassicLoadBalancer", True, "Services of the class for Classic Load Balancers are handled."),
            Gate("EnableIPTargetType", True, "Target type ip is allowed for Ingress and Service."),
            Gate("EnableTCPUDPListener", False, "TCP and UDP on one port of a Service become a TCP_UDP listener."),
            Gate("EnableRGTAPI", False, "Tags are read through the Resource Groups Tagging API."),
            Gate("SubnetsClusterTagCheck", True, "Subnets tagged only for other clusters are not discovered."),
            Gate("NLBHealthCheckAdvancedConfig", True, "Health checks of NLBs have matcher, timeout and path."),
            Gate("NLBSecurityGroup", True, "NLBs may have security groups."),
            Gate("ALBSingleSubnet", False, "One subnet suffices for an ALB."),
            Gate("LBCapacityReservation", True, "Capacity reservation is reconciled."),
            Gate("SubnetDiscoveryByReachability", True, "Without role tags, subnets are chosen by their route tables."),
            Gate("NLBGatewayAPI", True, "Gateways on NLBs are handled, where the CRDs are installed."),
            Gate("ALBGatewayAPI", True, "Gateways on ALBs are handled, where the CRDs are installed."),
            Gate("GatewayListenerSet", True, "ListenerSets are handled, where the CRD is installed."),
            Gate("GlobalAcceleratorController", False, "No effect: albc has no Global Accelerator yet."),
            Gate("EnhancedDefaultBehavior", False, "A setting taken back removes capacity reservation and mutual TLS."),
            Gate("EnableDefaultTagsLowPriority", False, "--default-tags lose against the tags of a manifest."),
            Gate("ALBTargetControlAgent", False, "The webhooks that inject the ALB target-control agent are served."),
            Gate("EnableCertificateManagement", False, "ACM certificates are requested, imported and deleted."),
            Gate("IngressPlanAnnotation", False, "The built model is written to the first member's dry-run-plan."),
        )
    }
)


@dataclass(frozen=True, slots=True)
class FeatureGates:
    """What the user set; every other gate has its default."""

    chosen: tuple[tuple[str, bool], ...] = ()

    def enabled(self, name: str) -> bool:
        """Raises KeyError for a gate that is not in `GATES`."""
        return dict(self.chosen).get(name, GATES[name].default)

    def defaulted(self, name: str) -> bool:
        """The user has not set it: CRD detection may switch it off (spec/runtime.md §4)."""
        return name not in dict(self.chosen)


def gate_choices(text: str) -> tuple[tuple[str, bool], ...]:
    """`Name=bool,Name=bool`; blanks around names and values do not count, later values win."""
    chosen = []
    for element in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (part.strip() for part in element.partition("="))
        if name not in GATES:
            near = get_close_matches(name, GATES, 1)
            raise ValueError(f"unknown feature: {name}" + (f"; did you mean {near[0]}?" if near else ""))
        try:
            chosen.append((name, boolean(value if equals else "")))
        except ValueError:
            raise ValueError(f"{element!r} must be written as {name}=true or {name}=false") from None
    return tuple(chosen)
