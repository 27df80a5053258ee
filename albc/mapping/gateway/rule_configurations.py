"""The ListenerRuleConfiguration of a route's rule, and whether it can be used (spec/gateway.md §3.5, §8).

`acceptance` is also what the controller of that kind writes into its status. `configuration_of` raises `Invalid` where
a rule refers to something that cannot be used: the rule then answers 500, as the Gateway API asks of a filter that
cannot be applied, and never forwards as if the filter were not there.
"""

from collections.abc import Callable, Iterator, Mapping

from albc.crds.gateway import (
    GATEWAY_CONFIGURATION_GROUP,
    Action,
    ListenerRuleConfiguration,
    ListenerRuleConfigurationStatus,
)
from albc.kube.objects import Secret
from albc.mapping.gateway.routes import RouteRef, RouteRule
from albc.mapping.invalid import Invalid
from albc.mapping.snapshot import NamespacedName, Snapshot

KIND = "ListenerRuleConfiguration"

PRE_ROUTING = frozenset({"authenticate-oidc", "authenticate-cognito", "jwt-validation"})


def oidc_secret(configuration: ListenerRuleConfiguration) -> NamespacedName | None:
    """The Secret with client id and secret of its authenticate-oidc action."""
    for action in configuration.spec.actions or ():
        if action.authenticate_oidc_config is not None:
            return NamespacedName(configuration.namespace, action.authenticate_oidc_config.secret.name)
    return None


def acceptance(
    configuration: ListenerRuleConfiguration, secrets: Mapping[NamespacedName, Secret]
) -> ListenerRuleConfigurationStatus:
    """The status of a configuration: not accepted while the Secret that it names is missing."""
    secret = oidc_secret(configuration)
    missing = secret is not None and secret not in secrets
    return ListenerRuleConfigurationStatus(
        observed_generation=configuration.metadata.generation,
        accepted=not missing,
        message=f"secret [{secret}] not found" if missing else "Accepted",
    )


def secrets_of(rule: RouteRule, route: RouteRef, snapshot: Snapshot) -> Iterator[NamespacedName]:
    """Secrets that the rule needs, whether or not they are there."""
    for filter_ in rule.filters:
        if filter_.extension_ref is not None:
            name = NamespacedName(route.namespace, filter_.extension_ref.name)
            found = snapshot.listener_rule_configurations.get(name)
            if found is not None and (secret := oidc_secret(found)):
                yield secret


def configuration_of(rule: RouteRule, route: RouteRef, snapshot: Snapshot) -> ListenerRuleConfiguration | None:
    """What the rule's ExtensionRef filters name, in the route's namespace; naming one twice is naming it once."""
    names = []
    for filter_ in rule.filters:
        reference = filter_.extension_ref
        if filter_.type != "ExtensionRef" or reference is None:
            continue
        if (reference.group, reference.kind) != (GATEWAY_CONFIGURATION_GROUP, KIND):
            raise _incompatible(
                f"filter ExtensionRef names a {reference.kind} of group {reference.group or 'core'}; "
                f"an ALB knows {KIND} of {GATEWAY_CONFIGURATION_GROUP} only"
            )
        names.append(reference.name)
    if not names:
        return None
    if len(set(names)) > 1:
        raise _incompatible(
            "Only one listener rule config can be referenced per route rule, found multiple: "
            f"{', '.join(dict.fromkeys(names))}"
        )
    name = NamespacedName(route.namespace, names[0])
    found = snapshot.listener_rule_configurations.get(name)
    if found is None:
        raise _incompatible(f"{KIND} [{name}] not found; create it in the route's namespace or correct the name")
    status = acceptance(found, snapshot.secrets)
    if not status.accepted:
        raise _incompatible(f"{KIND} [{name}] is not accepted. Reason: {status.message}")
    return found


def pre_routing_action(configuration: ListenerRuleConfiguration | None) -> Action | None:
    """What happens before a request is routed: signing in, or checking a token."""
    return _first(configuration, lambda action: action.type in PRE_ROUTING)


def routing_action(configuration: ListenerRuleConfiguration | None) -> Action | None:
    """What becomes of the request."""
    return _first(configuration, lambda action: action.type not in PRE_ROUTING)


def _first(configuration: ListenerRuleConfiguration | None, wanted: Callable[[Action], bool]) -> Action | None:
    actions = (configuration.spec.actions or ()) if configuration else ()
    return next((action for action in actions if wanted(action)), None)


def _incompatible(message: str) -> Invalid:
    return Invalid(message, reason="IncompatibleFilters")
