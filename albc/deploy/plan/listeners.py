"""Listeners of each load balancer, matched by port (spec/aws.md §5.4): create, modify, then delete."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from albc.deploy.fields.field import create_request, differences, modify_request
from albc.deploy.fields.listeners import LISTENER, NO_ALPN, OFF
from albc.deploy.plan.attributes import Owner, attribute_operations, unmanaged_attributes
from albc.deploy.plan.load_balancer_match import LoadBalancers
from albc.deploy.plan.operation import Operation, ResourceID, Unmanaged, Verb
from albc.deploy.plan.scope import Scope
from albc.deploy.plan.tags import listener_tags
from albc.deploy.values import tag_list
from albc.model.attributes import LISTENER_DEFAULTS
from albc.model.inventory import ActualListener, ActualLoadBalancer
from albc.model.listener import Listener
from albc.model.load_balancer import LoadBalancer
from albc.model.reference import Ref, Token
from albc.model.stack import Stack


@dataclass(frozen=True, slots=True)
class Listeners:
    """Which listeners of AWS are which of the stack."""

    pairs: tuple[tuple[Listener, ActualListener], ...]
    missing: tuple[Listener, ...]
    unwanted: tuple[ActualListener, ...]

    def known(self) -> dict[Ref, str]:
        return {wanted.arn: actual.arn for wanted, actual in self.pairs}


def match(stack: Stack, balancers: LoadBalancers) -> Listeners:
    """By port, on the load balancers that stay. The listeners of the others go with them."""
    pairs, unwanted = [], []
    matched: set[str] = set()
    everything = stack.all(Listener)
    for balancer, actual in balancers.pairs:
        wanted = _of(everything, balancer, actual)
        if not wanted and everything:
            # Another load balancer of the stack has listeners, so that this one has none is not meant as an order.
            continue
        by_port = {listener.aws["Port"]: listener for listener in actual.listeners}
        for listener in wanted:
            if found := by_port.pop(listener.port, None):
                pairs.append((listener, found))
                matched.add(listener.id)
        unwanted += [by_port[port] for port in sorted(by_port)]
    missing = [listener for listener in everything if listener.id not in matched]
    return Listeners(
        tuple(sorted(pairs, key=lambda pair: pair[0].port)),
        tuple(sorted(missing, key=lambda listener: listener.port)),
        tuple(unwanted),
    )


def changes(listeners: Listeners, scope: Scope) -> list[Operation]:
    """Creations and modifications."""
    operations: list[Operation] = []
    for wanted in listeners.missing:
        operations += _create(wanted, scope)
    for wanted, actual in listeners.pairs:
        operations += _modify(wanted, actual, scope)
    return operations


def unmanaged(listeners: Listeners) -> Iterator[Unmanaged]:
    for wanted, actual in listeners.pairs:
        owner = _owner(wanted, actual.arn)
        yield from unmanaged_attributes(owner, wanted.listener_attributes, actual.attributes, actual.written_attributes)


def deletions(listeners: Listeners, scope: Scope, needs: frozenset[ResourceID]) -> list[Operation]:
    """Of the unwanted; their rules go with them."""
    return [
        Operation(
            verb=Verb.DELETE,
            resource=ResourceID(
                Listener.type, actual.tags.get(f"{scope.tag_prefix}/resource", str(actual.aws.get("Port", "")))
            ),
            service="elbv2",
            action="delete_listener",
            params={"ListenerArn": actual.arn},
            target=actual.arn,
            before={"Port": actual.aws.get("Port"), "Protocol": actual.aws.get("Protocol")},
            because="no longer wanted",
            needs=needs,
        )
        for actual in listeners.unwanted
        if not scope.kept.listener(actual)
    ]


def _of(listeners: Iterable[Listener], balancer: LoadBalancer, actual: ActualLoadBalancer) -> list[Listener]:
    return [listener for listener in listeners if listener.load_balancer_arn in (balancer.arn, actual.arn)]


def _owner(wanted: Listener, arn: Token) -> Owner:
    return Owner(
        resource=ResourceID(Listener.type, wanted.id),
        arn=arn,
        action="modify_listener_attributes",
        arn_parameter="ListenerArn",
        defaults=LISTENER_DEFAULTS,
    )


def _create(wanted: Listener, scope: Scope) -> Iterator[Operation]:
    request = _without_idle_defaults(scope.resolve(create_request(LISTENER, wanted, scope.settings)), wanted, {})
    tags = scope.tags(wanted.id, wanted.tags)
    yield Operation(
        verb=Verb.CREATE,
        resource=ResourceID(Listener.type, wanted.id),
        service="elbv2",
        action="create_listener",
        params={
            "LoadBalancerArn": scope.resolve(wanted.load_balancer_arn),
            **request,
            **({"Tags": tag_list(tags)} if scope.settings.listener_rules_tagging else {}),
        },
        after=request,
        because="does not exist",
    )
    if wanted.ssl_policy:
        yield from _certificates(wanted, wanted.arn, scope.resolve(wanted.certificates), ())
    if wanted.protocol != "TLS":
        yield from attribute_operations(_owner(wanted, wanted.arn), wanted.listener_attributes, LISTENER_DEFAULTS)


def _modify(wanted: Listener, actual: ActualListener, scope: Scope) -> Iterator[Operation]:
    resource = ResourceID(Listener.type, wanted.id)
    yield from listener_tags(scope, resource, actual.arn, scope.tags(wanted.id, wanted.tags), actual.tags)
    if changed := differences(LISTENER, wanted, actual, scope.settings, scope.known):
        request = scope.resolve(modify_request(LISTENER, "modify_listener", wanted, scope.settings))
        yield Operation(
            verb=Verb.MODIFY,
            resource=resource,
            service="elbv2",
            action="modify_listener",
            params={"ListenerArn": actual.arn, **_without_idle_defaults(request, wanted, actual.aws)},
            target=actual.arn,
            before={one.field.name: one.before for one in changed},
            after={one.field.name: one.after for one in changed},
            because=f"{', '.join(one.field.name for one in changed)} changed",
        )
    if wanted.ssl_policy or actual.aws.get("SslPolicy"):
        certificates = scope.resolve(wanted.certificates)
        operations = _certificates(wanted, actual.arn, certificates, actual.certificates)
        # Those whose rules are kept may need any certificate that is there.
        yield from (one for one in operations if one.after or not scope.kept.active)
    if wanted.protocol != "TLS":
        yield from attribute_operations(
            _owner(wanted, actual.arn), wanted.listener_attributes, actual.attributes, actual.written_attributes
        )


def _without_idle_defaults(request: Mapping[str, Any], wanted: Listener, aws: Mapping[str, Any]) -> dict[str, Any]:
    """ "Off" is said only to a listener where it is on, unless the model says it itself."""
    request = dict(request)
    if not wanted.mutual_authentication and (aws.get("MutualAuthentication") or {}).get("Mode") in (None, OFF):
        request.pop("MutualAuthentication", None)
    if not wanted.alpn_policy and (aws.get("AlpnPolicy") or [NO_ALPN])[0] == NO_ALPN:
        request.pop("AlpnPolicy", None)
    return request


def _certificates(
    wanted: Listener, arn: Token, certificates: Iterable[Token], actual: tuple[str, ...]
) -> Iterator[Operation]:
    """For SNI: all of the model's, the default one too, one call each (a batch would fail as a whole)."""
    mine = {str(certificate): certificate for certificate in certificates}
    changes = [("remove_listener_certificates", one) for one in sorted(set(actual) - mine.keys())]
    added = [("add_listener_certificates", mine[one]) for one in sorted(mine.keys() - set(actual))]
    for action, certificate in (*added, *changes):
        adding = action == "add_listener_certificates"
        yield Operation(
            verb=Verb.MODIFY,
            resource=ResourceID(Listener.type, wanted.id),
            service="elbv2",
            action=action,
            params={"ListenerArn": arn, "Certificates": [{"CertificateArn": certificate}]},
            target=arn if isinstance(arn, str) else "",
            before={} if adding else {"Certificate": certificate},
            after={"Certificate": certificate} if adding else {},
            because="certificate for SNI is missing" if adding else "certificate for SNI is not wanted",
        )
