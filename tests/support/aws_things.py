"""An account with one of everything of ELBv2, for tests that need something to work on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from albc.local.aws import Account

Params = Mapping[str, Any]
REPLY = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
PATH = {"Field": "path-pattern", "Values": ["/"]}


@dataclass(frozen=True)
class Things:
    """An account with one of everything; names of attributes stand for ARNs and ids."""

    account: Account
    vpc: str
    subnets: tuple[str, ...]
    private: tuple[str, ...]
    security_groups: tuple[str, ...]
    """Two."""
    certificate: str
    alb: str
    nlb: str
    internal: str
    web: str
    tcp: str
    quic: str
    instances: str
    front: str
    secure: str
    rule: str

    def forward(self, *arns: str, **config: Any) -> dict[str, Any]:
        groups = [{"TargetGroupArn": arn} for arn in arns]
        return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups, **config}}

    def create_rule(self, *actions: Params, **params: Any) -> Params:
        return {"ListenerArn": self.front, "Priority": 9, "Conditions": [PATH], "Actions": list(actions), **params}

    def create_listener(self, balancer: str, protocol: str, *actions: Params, **params: Any) -> Params:
        return {
            "LoadBalancerArn": balancer,
            "Port": 9000,
            "Protocol": protocol,
            "DefaultActions": list(actions),
            **params,
        }

    def create_group(self, **params: Any) -> Params:
        return {"Name": "more", "Protocol": "HTTP", "Port": 80, "VpcId": self.vpc, "TargetType": "ip", **params}


def things_in(account: Account) -> Things:
    """Makes them."""

    def call(operation: str, key: str, arn: str, **params: Any) -> str:
        return str(account.call("elbv2", operation, params)[key][0][arn])

    found = account.call("ec2", "DescribeSubnets")["Subnets"]
    by_name = {tag["Value"]: item["SubnetId"] for item in found for tag in item["Tags"] if tag["Key"] == "Name"}
    vpc = found[0]["VpcId"]
    groups = account.call("ec2", "DescribeSecurityGroups")["SecurityGroups"]
    certificate = account.call("acm", "RequestCertificate", {"DomainName": "a.example.com"})["CertificateArn"]

    def balancer(name: str, **params: Any) -> str:
        wanted = {"Subnets": [by_name["public-a"], by_name["public-b"]], **params}
        return call("CreateLoadBalancer", "LoadBalancers", "LoadBalancerArn", Name=name, **wanted)

    def group(name: str, protocol: str, kind: str = "ip") -> str:
        wanted = {"Protocol": protocol, "Port": 80, "VpcId": vpc, "TargetType": kind}
        return call("CreateTargetGroup", "TargetGroups", "TargetGroupArn", Name=name, **wanted)

    def listener(arn: str, port: int, protocol: str, **params: Any) -> str:
        wanted = {"LoadBalancerArn": arn, "Port": port, "Protocol": protocol, "DefaultActions": [REPLY], **params}
        return call("CreateListener", "Listeners", "ListenerArn", **wanted)

    alb = balancer("shop")
    front = listener(alb, 80, "HTTP")
    return Things(
        account=account,
        vpc=vpc,
        subnets=tuple(by_name[f"public-{letter}"] for letter in "abc"),
        private=tuple(by_name[f"private-{letter}"] for letter in "abc"),
        security_groups=tuple(item["GroupId"] for item in groups[:2]),
        certificate=certificate,
        alb=alb,
        nlb=balancer("tcp", Type="network", SecurityGroups=[groups[0]["GroupId"]]),
        internal=balancer("inside", Scheme="internal"),
        web=group("web", "HTTP"),
        tcp=group("tcp", "TCP"),
        quic=group("quic", "QUIC", "instance"),
        instances=group("instances", "HTTP", "instance"),
        front=front,
        secure=listener(alb, 443, "HTTPS", Certificates=[{"CertificateArn": certificate}]),
        rule=call("CreateRule", "Rules", "RuleArn", ListenerArn=front, Priority=1, Conditions=[PATH], Actions=[REPLY]),
    )


def gone(arn: str) -> str:
    """The ARN of a thing of this kind that does not exist."""
    return f"{arn[:-16]}{'0' * 16}"
