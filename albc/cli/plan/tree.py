"""`-o tree`: what a stack is made of, from load balancers down to the Services behind them, for people.

Each resource bears the sign of what would happen to it; what would go stands last.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from albc.cli.plan.outlook import Outlook, Planned
from albc.cli.plan.routes import action_words, condition_words
from albc.cli.plan.summary import summary
from albc.cli.plan.words import SIGNS, Palette, name_of
from albc.deploy.plan import ResourceID, Verb
from albc.model.addons import ShieldProtection, WAFRegionalAssociation, WAFv2Association
from albc.model.certificate import Certificate
from albc.model.classic import ClassicListener, ClassicLoadBalancer
from albc.model.imported_certificate import ImportedCertificate
from albc.model.listener import Listener, ListenerRule
from albc.model.load_balancer import LoadBalancer
from albc.model.security_group import SecurityGroup
from albc.model.stack import Resource, Stack
from albc.model.target_group import TargetGroup
from albc.model.target_group_binding import FrontendNLBTargets, TargetGroupBinding
from albc.printable import printable


@dataclass(frozen=True)
class Node:
    text: str
    resource: ResourceID | None = None
    below: Sequence["Node"] = field(default_factory=tuple)


def tree(outlook: Outlook, palette: Palette) -> Iterator[str]:
    for one in outlook.planned:
        fates = one.fates
        yield palette.paint(printable(one.name), "bold")
        nodes = [*_stack(one.stack), *_gone(one)]
        if not nodes:
            yield "  (nothing)"
        yield from _drawn(nodes, fates, palette, "")
        yield ""
    yield from summary(outlook, palette)


# What there is


def _stack(stack: Stack) -> Iterator[Node]:
    for balancer in stack.all(LoadBalancer):
        yield _load_balancer(balancer, stack)
    for classic in stack.all(ClassicLoadBalancer):
        listeners = [Node(printable(_classic_listener(one))) for one in classic.listeners]
        below = [*listeners, Node(printable(f"health check {classic.health_check.target}"))]
        yield _node(classic, f"LoadBalancer {classic.name} (classic, {classic.scheme})", below)
    for group in stack.all(TargetGroup):
        yield _target_group(group, stack)
    for security_group in stack.all(SecurityGroup):
        yield _node(security_group, f"SecurityGroup {security_group.group_name}")
    for certificate in stack.all(Certificate):
        names = ", ".join(dict.fromkeys((certificate.domain_name, *certificate.subject_alternative_names)))
        yield _node(certificate, f"Certificate {names}")
    for imported in stack.all(ImportedCertificate):
        yield _node(imported, f"Certificate from Secret {imported.id}")
    for targets in stack.all(FrontendNLBTargets):
        if targets.targets:
            ports = ", ".join(str(target.port) for target in targets.targets)
            yield _node(targets, f"Targets of the frontend NLB: port {ports}")


def _load_balancer(balancer: LoadBalancer, stack: Stack) -> Node:
    listeners = [one for one in stack.all(Listener) if one.load_balancer_arn == balancer.arn]
    addons: list[WAFv2Association | WAFRegionalAssociation | ShieldProtection] = [
        *stack.all(WAFv2Association),
        *stack.all(WAFRegionalAssociation),
        *stack.all(ShieldProtection),
    ]
    below = [_listener(one, stack) for one in sorted(listeners, key=lambda one: (one.port, one.protocol))]
    below += [_node(one, _addon(one)) for one in addons if one.resource_arn == balancer.arn]
    words = ", ".join(word for word in (balancer.kind, balancer.scheme, balancer.ip_address_type) if word)
    return _node(balancer, f"LoadBalancer {balancer.name} ({words})", below)


def _classic_listener(listener: ClassicListener) -> str:
    front = f"{listener.protocol}:{listener.load_balancer_port}"
    return f"Listener {front} → {listener.instance_protocol} {listener.instance_port} of the nodes"


def _addon(addon: WAFv2Association | WAFRegionalAssociation | ShieldProtection) -> str:
    match addon:
        case WAFv2Association():
            return f"WAFv2 {addon.web_acl_arn or 'none'}"
        case WAFRegionalAssociation():
            return f"WAF Classic {addon.web_acl_id or 'none'}"
        case ShieldProtection():
            return f"Shield Advanced {'on' if addon.enabled else 'off'}"


def _listener(listener: Listener, stack: Stack) -> Node:
    rules = [rule for rule in stack.all(ListenerRule) if rule.listener_arn == listener.arn]
    below = [
        _node(rule, f"{rule.priority}: {condition_words(rule.conditions)} → {action_words(rule.actions, stack)}")
        for rule in sorted(rules, key=lambda rule: rule.priority)
    ]
    below.append(Node(f"default → {action_words(listener.default_actions, stack)}"))
    certificates = f", {len(listener.certificates)} certificates" if len(listener.certificates) > 1 else ""
    return _node(listener, f"Listener {listener.protocol}:{listener.port}{certificates}", below)


def _target_group(group: TargetGroup, stack: Stack) -> Node:
    version = f" {group.protocol_version}" if group.protocol_version else ""
    port = f":{group.port}" if group.port else ""
    below = [
        _node(binding, f"TargetGroupBinding {binding.namespace}/{binding.name} → Service {_service(binding)}")
        for binding in stack.all(TargetGroupBinding)
        if binding.target_group_arn == group.arn
    ]
    return _node(group, f"TargetGroup {group.name} ({group.target_type}, {group.protocol}{port}{version})", below)


def _service(binding: TargetGroupBinding) -> str:
    return f"{binding.namespace}/{binding.service_ref.name}:{binding.service_ref.port}"


def _node(resource: Resource, text: str, below: Sequence[Node] = ()) -> Node:
    return Node(printable(text), ResourceID(resource.type, resource.id), below)


# What happens to it


def _gone(one: Planned) -> Iterator[Node]:
    wanted = {ResourceID(resource.type, resource.id) for resource in one.stack.resources}
    told: set[ResourceID] = set()
    for operation in one.plan.operations:
        if operation.resource not in wanted | told:
            told.add(operation.resource)
            yield Node(f"{name_of(operation)}  ({operation.because})", operation.resource)


def _drawn(nodes: Sequence[Node], fates: Mapping[ResourceID, Verb], palette: Palette, indent: str) -> Iterator[str]:
    for number, node in enumerate(nodes, 1):
        last = number == len(nodes)
        verb = fates.get(node.resource) if node.resource else None
        sign, colour = SIGNS[verb] if verb else (" ", "")
        yield f"{palette.paint(sign, colour)} {indent}{'└─ ' if last else '├─ '}{palette.paint(node.text, colour)}"
        yield from _drawn(node.below, fates, palette, indent + ("   " if last else "│  "))
