"""What holds after any history of calls, accepted and refused."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from albc.local.aws import Account, AccountOptions, ApiError, ManualClock, Quotas, Snapshot

names = st.sampled_from(["a", "b"])
ports = st.sampled_from([80, 81])
priorities = st.integers(1, 3)
protocols = st.sampled_from(["HTTP", "TCP"])
hosts = st.sampled_from(["127.19.0.20", "127.19.64.20", "10.0.0.1"])
picks = st.integers(0, 5)


class AnyHistory(RuleBasedStateMachine):
    """A few names and ports, so that calls meet what earlier ones left."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        quotas = Quotas(
            rules_per_application_load_balancer=3, listeners_per_load_balancer=2, targets_per_target_group=3
        )
        self.account = Account(AccountOptions(quotas=quotas), clock=self.clock)
        self.vpc = self.account.call("ec2", "DescribeVpcs")["Vpcs"][0]["VpcId"]
        public = {"Filters": [{"Name": "map-public-ip-on-launch", "Values": ["true"]}]}
        self.places = [each["SubnetId"] for each in self.account.call("ec2", "DescribeSubnets", public)["Subnets"]]

    def attempt(self, operation: str, params: dict[str, Any]) -> None:
        """Call, and see that a refusal changed nothing."""
        before = self.account.snapshot()
        try:
            self.account.call("elbv2", operation, params)
        except ApiError:
            assert self.account.snapshot() == before, f"{operation} was refused and yet changed something"

    def arn(self, kind: str, pick: int) -> str:
        """The ARN of something that is there, or of nothing."""
        seen: Snapshot = self.account.snapshot()
        arns = {
            "balancer": [str(item["LoadBalancerArn"]) for item in seen.load_balancers],
            "listener": list(seen.rules),
            "rule": [str(item["RuleArn"]) for items in seen.rules.values() for item in items],
            "group": list(seen.target_groups),
        }[kind]
        return arns[pick % len(arns)] if arns else "arn:aws:elasticloadbalancing:none"

    def action(self, group: int | None) -> dict[str, Any]:
        if group is None:
            return {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
        return {"Type": "forward", "TargetGroupArn": self.arn("group", group)}

    @rule(name=names, network=st.booleans(), internal=st.booleans())
    def create_load_balancer(self, name: str, network: bool, internal: bool) -> None:
        type_, scheme = "network" if network else "application", "internal" if internal else "internet-facing"
        self.attempt("CreateLoadBalancer", {"Name": name, "Subnets": self.places, "Type": type_, "Scheme": scheme})

    @rule(name=names, protocol=protocols)
    def create_target_group(self, name: str, protocol: str) -> None:
        wanted = {"Name": name, "Protocol": protocol, "Port": 80, "VpcId": self.vpc, "TargetType": "ip"}
        self.attempt("CreateTargetGroup", wanted)

    @rule(balancer=picks, port=ports, protocol=protocols, group=st.none() | picks)
    def create_listener(self, balancer: int, port: int, protocol: str, group: int | None) -> None:
        wanted = {"LoadBalancerArn": self.arn("balancer", balancer), "Port": port, "Protocol": protocol}
        self.attempt("CreateListener", {**wanted, "DefaultActions": [self.action(group)]})

    @rule(listener=picks, port=ports, protocol=protocols, group=st.none() | picks)
    def modify_listener(self, listener: int, port: int, protocol: str, group: int | None) -> None:
        wanted = {"ListenerArn": self.arn("listener", listener), "Port": port, "Protocol": protocol}
        self.attempt("ModifyListener", {**wanted, "DefaultActions": [self.action(group)]})

    @rule(listener=picks, priority=priorities, group=st.none() | picks)
    def create_rule(self, listener: int, priority: int, group: int | None) -> None:
        conditions = [{"Field": "path-pattern", "Values": ["/"]}]
        wanted = {"ListenerArn": self.arn("listener", listener), "Priority": priority, "Conditions": conditions}
        self.attempt("CreateRule", {**wanted, "Actions": [self.action(group)]})

    @rule(one=picks, two=picks, first=priorities, second=priorities)
    def set_rule_priorities(self, one: int, two: int, first: int, second: int) -> None:
        pairs = [
            {"RuleArn": self.arn("rule", one), "Priority": first},
            {"RuleArn": self.arn("rule", two), "Priority": second},
        ]
        self.attempt("SetRulePriorities", {"RulePriorities": pairs})

    @rule(group=picks, wanted=st.lists(st.tuples(hosts, ports), min_size=1, max_size=3))
    def register_targets(self, group: int, wanted: list[tuple[str, int]]) -> None:
        targets = [{"Id": host, "Port": port} for host, port in wanted]
        self.attempt("RegisterTargets", {"TargetGroupArn": self.arn("group", group), "Targets": targets})

    @rule(group=picks, host=hosts, port=ports)
    def deregister_targets(self, group: int, host: str, port: int) -> None:
        targets = [{"Id": host, "Port": port}]
        self.attempt("DeregisterTargets", {"TargetGroupArn": self.arn("group", group), "Targets": targets})

    @rule(kind=st.sampled_from(["balancer", "listener", "rule", "group"]), pick=picks)
    def delete(self, kind: str, pick: int) -> None:
        operation, key = {
            "balancer": ("DeleteLoadBalancer", "LoadBalancerArn"),
            "listener": ("DeleteListener", "ListenerArn"),
            "rule": ("DeleteRule", "RuleArn"),
            "group": ("DeleteTargetGroup", "TargetGroupArn"),
        }[kind]
        self.attempt(operation, {key: self.arn(kind, pick)})

    @rule(seconds=st.sampled_from([1, 100, 1000]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @invariant()
    def names_ports_and_priorities_are_unique(self) -> None:
        seen = self.account.snapshot()
        for values in (
            [item["LoadBalancerName"] for item in seen.load_balancers],
            [item["TargetGroupName"] for item in seen.target_groups.values()],
            [item["Address"] for item in seen.load_balancers],
            *([item["Port"] for item in items] for items in seen.listeners.values()),
            *([item["Priority"] for item in items] for items in seen.rules.values()),
            *([(target["Id"], target["Port"]) for target in targets] for targets in seen.targets.values()),
        ):
            assert len(values) == len(set(values))

    @invariant()
    def nothing_hangs_in_the_air(self) -> None:
        seen = self.account.snapshot()
        balancers = {item["LoadBalancerArn"] for item in seen.load_balancers}
        listeners = {item["ListenerArn"] for items in seen.listeners.values() for item in items}
        assert set(seen.listeners) == balancers
        assert set(seen.rules) == listeners
        for balancer, items in seen.listeners.items():
            for listener in items:
                for item in seen.rules[listener["ListenerArn"]]:
                    for action in item["Actions"]:
                        for used in action.get("ForwardConfig", {}).get("TargetGroups", ()):
                            assert seen.target_groups[used["TargetGroupArn"]]["LoadBalancerArns"] == [balancer]

    @invariant()
    def interfaces_are_those_of_the_load_balancers(self) -> None:
        managed = {"Filters": [{"Name": "requester-managed", "Values": ["true"]}]}
        interfaces = self.account.call("ec2", "DescribeNetworkInterfaces", managed)["NetworkInterfaces"]
        assert len(interfaces) == 3 * len(self.account.snapshot().load_balancers)


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
