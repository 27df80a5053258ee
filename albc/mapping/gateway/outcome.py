"""What mapping makes of one Gateway: its stack, and what its objects' statuses are made of.

`build` gives a `BuiltGateway`; `status` turns it, with what AWS says of the load balancer, into status objects.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from albc.kube.objects.gateway import ParentReference
from albc.mapping.gateway.addons import Addons
from albc.mapping.gateway.classes import Layer
from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.listeners import GatewayListener
from albc.mapping.gateway.resolution import NO_EARLIER, Earlier
from albc.mapping.gateway.routes import Route, RouteRef
from albc.mapping.gateway.rules import PortRules
from albc.mapping.snapshot import NamespacedName
from albc.model.problem import Built

NO_ROUTES, NO_BACKENDS, SUPERSEDED = "NoRoutes", "NoBackends", "Superseded"
"""Why AWS has nothing where nobody is at fault: a port without routes, a route without usable backends, an L4 route
whose port belongs to an older one. The last two are reasons of Programmed=False."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerOutcome:
    listener: GatewayListener
    supported_kinds: tuple[str, ...]
    attached_routes: int
    fault: Fault | None = None
    """Why a valid listener is not in the stack."""

    @property
    def usable(self) -> bool:
        """Whether nothing is wrong with the listener itself; it may still wait for routes or backends."""
        return self.listener.valid and (self.fault is None or self.fault.reason in (NO_ROUTES, NO_BACKENDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentOutcome:
    """What a route is told about one of its parentRefs."""

    parent_ref: ParentReference
    not_accepted: Fault | None = None
    unresolved: Fault | None = None
    """A reference of the route that leads nowhere, or must not be followed."""
    partly_invalid: Fault | None = None
    """Some of its rules do not work as written; the others do."""
    idle: Fault | None = None
    """Accepted, but it gets no traffic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteOutcome:
    generation: int
    parents: tuple[ParentOutcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerSetOutcome:
    generation: int
    accepted: bool
    """Whether the Gateway takes the set in."""
    listeners: tuple[ListenerOutcome, ...] = ()
    parent_accepted: bool = True
    """Whether the Gateway itself could be built."""


@dataclass(frozen=True, slots=True, eq=False)
class InEffect:
    """What a build leaves for the next one of the same Gateway: a cache, and what routes fall back to."""

    resolved: Earlier = NO_EARLIER
    ports: Mapping[int, PortRules] = field(default_factory=dict)
    sound: Mapping[RouteRef, Route] = field(default_factory=dict)
    """The last state of each route in which all of its rules worked."""


NOTHING_KNOWN = InEffect()


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltGateway:
    name: NamespacedName
    generation: int
    layer: Layer
    built: Built
    """Without a stack where the Gateway cannot be built, or has no valid listener: what there is in AWS stays."""
    fault: Fault | None = None
    """Why the whole Gateway is not accepted."""
    listeners: tuple[ListenerOutcome, ...] = ()
    """The Gateway's own, in the order of its spec."""
    listener_sets: Mapping[NamespacedName, ListenerSetOutcome] | None = None
    """Those that name the Gateway; None where ListenerSets are turned off."""
    routes: Mapping[RouteRef, RouteOutcome] = field(default_factory=dict)
    """Those that are to be told something."""
    addons: Addons | None = None
    kept: tuple[str, ...] = ()
    """With what the ids of target groups begin whose listeners could not be built: what AWS has of them stays
    (`albc.deploy.plan.keep`).
    """
    in_effect: InEffect = field(default=NOTHING_KNOWN, repr=False, compare=False)
    secrets: frozenset[NamespacedName] = frozenset()
    """Whose content the stack holds: a change must wake the Gateway."""
