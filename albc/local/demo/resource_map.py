"""The resource map: each load balancer as a tree of listeners, rules in order, target groups, and targets with health.

`read` asks the account, `draw` is pure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.markup import escape
from rich.tree import Tree

Item = Mapping[str, Any]

_HEALTH_STYLES = {"healthy": "green", "initial": "yellow", "draining": "yellow", "unhealthy": "red"}


@dataclass(frozen=True, slots=True)
class Account:
    """AWS's own descriptions, in botocore's shape."""

    load_balancers: Sequence[Item]
    listeners: Mapping[str, Sequence[Item]]
    """By load balancer ARN."""
    rules: Mapping[str, Sequence[Item]]
    """By listener ARN, the default rule last."""
    target_groups: Mapping[str, Item]
    """By ARN."""
    targets: Mapping[str, Sequence[Item]]
    """Health descriptions by target group ARN."""


Describe = Callable[[str, str, Mapping[str, Any]], Mapping[str, Any]]
"""Service, operation and parameters, as botocore names them → the answer."""


def read(describe: Describe) -> Account:
    """Everything that a small account has: one page of each."""

    def items(operation: str, result: str, **params: str) -> Sequence[Item]:
        found: Sequence[Item] = describe("elbv2", operation, params)[result]
        return found

    balancers = items("DescribeLoadBalancers", "LoadBalancers")
    groups = items("DescribeTargetGroups", "TargetGroups")
    listeners = {
        arn: items("DescribeListeners", "Listeners", LoadBalancerArn=arn)
        for arn in (balancer["LoadBalancerArn"] for balancer in balancers)
    }
    rules = {
        arn: items("DescribeRules", "Rules", ListenerArn=arn)
        for of_balancer in listeners.values()
        for arn in (listener["ListenerArn"] for listener in of_balancer)
    }
    targets = {
        arn: items("DescribeTargetHealth", "TargetHealthDescriptions", TargetGroupArn=arn)
        for arn in (group["TargetGroupArn"] for group in groups)
    }
    return Account(balancers, listeners, rules, {group["TargetGroupArn"]: group for group in groups}, targets)


def draw(
    account: Account,
    addresses: Mapping[str, str] | None = None,
    elsewhere: Mapping[tuple[str, int], str] | None = None,
) -> Tree:
    """A tree for a terminal.

    `addresses`: where each load balancer answers here, by ARN. `elsewhere`: where a listener does, by ARN of the load
    balancer and port, if the system did not give it that port at that address.
    """
    root = Tree("[bold]AWS account[/]")
    for balancer in sorted(account.load_balancers, key=lambda item: str(item["LoadBalancerName"])):
        arn = balancer["LoadBalancerArn"]
        kind = {"application": "ALB", "network": "NLB"}.get(balancer["Type"], balancer["Type"])
        at = f"  [dim]at[/] {addresses[arn]}" if addresses and arn in addresses else ""
        node = root.add(
            f"[bold cyan]{kind} {escape(balancer['LoadBalancerName'])}[/]  "
            f"[dim]{balancer.get('Scheme', '')}, {balancer['State']['Code']}[/]{at}"
        )
        for listener in sorted(account.listeners[arn], key=lambda item: int(item["Port"])):
            place = (elsewhere or {}).get((arn, int(listener["Port"])))
            at = f"  [dim]at[/] {place}" if place else ""
            _listener(node.add(f"[bold]{listener['Protocol']} :{listener['Port']}[/]{at}"), listener, account)
    return root


def _listener(node: Tree, listener: Item, account: Account) -> None:
    rules = account.rules[listener["ListenerArn"]] or [{"IsDefault": True, "Actions": listener["DefaultActions"]}]
    ordered = sorted(rules, key=lambda rule: (rule["IsDefault"], 0 if rule["IsDefault"] else int(rule["Priority"])))
    for rule in ordered:
        name = "default" if rule["IsDefault"] else rule["Priority"]
        when = "  ".join(_condition(condition) for condition in rule.get("Conditions", ()))
        branch = node.add(f"[dim]{name:>7}[/]  {escape(when)}{'  → ' if when else '→ '}{escape(_action(rule))}")
        for arn, weight in _forwards(rule):
            _target_group(branch, arn, weight, account)


def _condition(condition: Item) -> str:
    config: Item = next((value for key, value in condition.items() if key.endswith("Config")), {})
    values = config.get("Values") or config.get("RegexValues") or condition.get("Values", ())
    texts = [f"{v.get('Key', '*')}={v['Value']}" if isinstance(v, Mapping) else str(v) for v in values]
    return f"{condition['Field']}: {', '.join(texts)}"


def _action(rule: Item) -> str:
    action = rule["Actions"][-1]
    match action["Type"]:
        case "fixed-response":
            return f"{action['FixedResponseConfig']['StatusCode']} by the load balancer"
        case "redirect":
            config = action["RedirectConfig"]
            return f"redirect {config['StatusCode'].removeprefix('HTTP_')} to {config['Protocol']}:{config['Port']}"
        case other:
            return str(other)


def _forwards(rule: Item) -> list[tuple[str, int | None]]:
    action = rule["Actions"][-1]
    groups = action.get("ForwardConfig", {}).get("TargetGroups", ())
    if len(groups) > 1:
        return [(group["TargetGroupArn"], group.get("Weight")) for group in groups]
    arn = action.get("TargetGroupArn") or (groups[0]["TargetGroupArn"] if groups else None)
    return [(arn, None)] if arn else []


def _target_group(node: Tree, arn: str, weight: int | None, account: Account) -> None:
    group = account.target_groups[arn]
    share = f"  [dim]weight {weight}[/]" if weight is not None else ""
    branch = node.add(
        f"[blue]{escape(group['TargetGroupName'])}[/]  "
        f"[dim]{group['TargetType']}, {group['Protocol']}:{group.get('Port', '')}[/]{share}"
    )
    for item in sorted(account.targets[arn], key=lambda item: (str(item["Target"]["Id"]), int(item["Target"]["Port"]))):
        target, health = item["Target"], item["TargetHealth"]
        style = _HEALTH_STYLES.get(health["State"], "dim")
        reason = f"  [dim]{escape(health['Reason'])}[/]" if health.get("Reason") else ""
        branch.add(f"{target['Id']}:{target['Port']}  [{style}]{health['State']}[/]{reason}")
