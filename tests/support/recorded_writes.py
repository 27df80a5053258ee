"""The reference's recorded writing calls, made again in a local account: what albc finds when it takes over.

A recorded call names what earlier calls made by ids that only its own account knew. They are found again by what they
bear: target groups and load balancers by their names, listeners by their ports, a security group by its stack, which is
that of the load balancer that it is given to.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from albc.local.aws import Account
from albc.local.aws.protocol.routing import HttpRequest
from albc.local.aws.protocol.wire import wire_of

SERVICES = {"elasticloadbalancing": "elbv2", "ec2": "ec2"}
SHARED_GROUP = "k8s-traffic-prod-"
_ARN = re.compile(r"arn:aws:elasticloadbalancing:[^\"]*?:(targetgroup|loadbalancer|listener)/([^\"]+)")
_GROUP = re.compile(r"\bsg-[0-9a-f]{17}\b")

Write = Sequence[Any]
"""Service, action, parameters in query form."""


class Unclear(Exception):
    """An id could stand for several things."""


class Replayed:
    """One account; the calls of one case after the other."""

    def __init__(self, account: Account, shared_group: str) -> None:
        """`shared_group`: id of the security group that all load balancers share."""
        self._account = account
        self._stacks: dict[str, str] = {}
        """Of recorded security groups."""
        self._groups: dict[str, str] = {}
        """Our security groups by stack."""
        self._shared_group = shared_group
        self._known = {
            group["GroupId"] for group in account.call("ec2", "DescribeSecurityGroups", {})["SecurityGroups"]
        }
        self._arns: dict[str, str] = {}
        self._listeners: dict[str, dict[str, tuple[int, bool]]] = {}
        """Of each load balancer's name, by ARN: port, and whether it has a certificate."""
        self._certified = False
        """Whether the call at hand is about a listener with a certificate."""

    def make_all(self, writes: Sequence[Write]) -> None:
        for _, action, params in writes:
            if action == "CreateLoadBalancer":
                groups = [value for key, value in params.items() if key.startswith("SecurityGroups.")]
                self._stacks |= dict.fromkeys(groups, _stack_of(params))
        for write in writes:
            self._make(write)

    def _make(self, write: Write) -> None:
        service, action, params = write
        if action == "CreateSecurityGroup" and str(params["GroupName"]).startswith(SHARED_GROUP):
            return
        parsed = wire_of(SERVICES[service]).parse(_request(action, params), action)
        self._certified = action == "AddListenerCertificates"
        answer = self._account.call(SERVICES[service], action, self._translated(parsed, _port_of(parsed)))
        match action:
            case "CreateSecurityGroup":
                self._groups[_stack_of(params)] = answer["GroupId"]
                self._known.add(answer["GroupId"])
            case "CreateTargetGroup":
                made = answer["TargetGroups"][0]
                self._arns[f"targetgroup/{made['TargetGroupName']}"] = made["TargetGroupArn"]
            case "CreateLoadBalancer":
                made = answer["LoadBalancers"][0]
                self._arns[f"loadbalancer/{made['LoadBalancerName']}"] = made["LoadBalancerArn"]
            case "CreateListener":
                made = answer["Listeners"][0]
                name = made["ListenerArn"].split("/")[2]
                self._listeners.setdefault(name, {})[made["ListenerArn"]] = made["Port"], "Certificates" in made

    def translated(self, value: Any) -> Any:
        """The same value with this account's ids."""
        return self._translated(value, None)

    def _translated(self, value: Any, port: int | None) -> Any:
        """`port`: of the listener that is meant, if that is known."""
        text = json.dumps(value)
        text = _ARN.sub(lambda found: self._arn(found, port), text)
        return json.loads(_GROUP.sub(lambda found: self._group(found[0]), text))

    def _arn(self, found: re.Match[str], port: int | None) -> str:
        kind, parts = found[1], found[2].split("/")
        if kind == "targetgroup":
            return self._arns[f"targetgroup/{parts[0]}"]
        if kind == "loadbalancer":
            return self._arns[f"loadbalancer/{parts[1]}"]
        recorded = found[0]
        if recorded not in self._arns:
            taken = set(self._arns.values())
            free = {arn: its for arn, its in self._listeners[parts[1]].items() if arn not in taken}
            fitting = [
                arn for arn, (its, certified) in free.items() if port in (None, its) and certified >= self._certified
            ]
            if len(fitting) != 1:
                raise Unclear(f"which listener is {recorded}?")
            self._arns[recorded] = fitting[0]
        return self._arns[recorded]

    def _group(self, recorded: str) -> str:
        if recorded in self._known:
            return recorded
        return self._groups.get(self._stacks.get(recorded, ""), self._shared_group)


def _port_of(value: Mapping[str, Any]) -> int | None:
    """A rule's tag begins with the port of its listener."""
    for tag in value.get("Tags") or ():
        if tag["Key"].endswith("/resource") and (found := re.match(r"(\d+)(:|$)", tag["Value"])):
            return int(found[1])
    return None


def _stack_of(params: Mapping[str, str]) -> str:
    """What the tag of the stack says, in whichever place it stands."""
    (key,) = [key for key, value in params.items() if key.endswith(".Key") and value.endswith("/stack")]
    return params[key.removesuffix("Key") + "Value"]


def _request(action: str, params: Mapping[str, str]) -> HttpRequest:
    body = urlencode({"Action": action, **params}).encode()
    return HttpRequest("POST", "/", "", {"Content-Type": "application/x-www-form-urlencoded"}, body)
