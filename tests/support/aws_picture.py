"""What an AWS account holds of a cluster's load balancers, in words that are the same in every account.

Ids, ARNs and the hashes in names are left out; of attributes only those that a test has set are compared, for accounts
differ in how many they know.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

ATTRIBUTES = ("idle_timeout.timeout_seconds", "deregistration_delay.timeout_seconds")

Clients = Mapping[str, Any]


async def picture(clients: Clients, certificates: Sequence[str]) -> dict[str, Any]:
    """Load balancers with their listeners and rules, target groups with their targets, security groups, by name."""
    elbv2 = clients["elbv2"]
    groups = (await clients["ec2"].describe_security_groups())["SecurityGroups"]
    group_names = {group["GroupId"]: _name(group["GroupName"]) for group in groups}
    target_groups = (await elbv2.describe_target_groups())["TargetGroups"]
    target_group_names = {group["TargetGroupArn"]: _name(group["TargetGroupName"]) for group in target_groups}
    known = {arn: f"certificate {number}" for number, arn in enumerate(certificates)}
    words = {**group_names, **target_group_names, **known}
    return {
        "load balancers": {
            _name(balancer["LoadBalancerName"]): await _load_balancer(clients, balancer, words)
            for balancer in (await elbv2.describe_load_balancers())["LoadBalancers"]
        },
        "target groups": {
            _name(group["TargetGroupName"]): await _target_group(elbv2, group) for group in target_groups
        },
        "security groups": {
            _name(group["GroupName"]): _security_group(group, words)
            for group in groups
            if group["GroupName"] not in ("default", "given")
        },
    }


async def _load_balancer(clients: Clients, balancer: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    elbv2, arn = clients["elbv2"], balancer["LoadBalancerArn"]
    listeners = (await elbv2.describe_listeners(LoadBalancerArn=arn))["Listeners"]
    is_application = balancer["Type"] == "application"
    protected = await clients["wafv2"].get_web_acl_for_resource(ResourceArn=arn) if is_application else {}
    return {
        "type": balancer["Type"],
        "scheme": balancer["Scheme"],
        "ip address type": balancer["IpAddressType"],
        "subnets": sorted(zone["SubnetId"] for zone in balancer["AvailabilityZones"]),
        "security groups": sorted(words[group] for group in balancer.get("SecurityGroups", ())),
        "attributes": _attributes(await elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)),
        "tags": await _tags(elbv2, arn),
        "web ACL": protected.get("WebACL", {}).get("Name", ""),
        "listeners": {listener["Port"]: await _listener(elbv2, listener, words) for listener in listeners},
    }


async def _listener(elbv2: Any, listener: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    arn = listener["ListenerArn"]
    certificates = (await elbv2.describe_listener_certificates(ListenerArn=arn))["Certificates"]
    rules = (await elbv2.describe_rules(ListenerArn=arn))["Rules"]
    return {
        "protocol": listener["Protocol"],
        "policy": listener.get("SslPolicy", "") if certificates else "",
        "certificates": sorted({words.get(each["CertificateArn"], "another") for each in certificates}),
        "rules": {rule["Priority"]: _rule(rule, words) for rule in rules},
        "tags": await _tags(elbv2, arn),
    }


def _rule(rule: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    return {
        "conditions": sorted(
            (condition["Field"], *(condition.get("HostHeaderConfig") or condition["PathPatternConfig"])["Values"])
            for condition in rule["Conditions"]
        ),
        "actions": [_action(action, words) for action in rule["Actions"]],
    }


def _action(action: Mapping[str, Any], words: Mapping[str, str]) -> str:
    if action["Type"] == "forward":
        groups = action.get("ForwardConfig", {}).get("TargetGroups") or [{"TargetGroupArn": action["TargetGroupArn"]}]
        return "forward to " + ", ".join(words[group["TargetGroupArn"]] for group in groups)
    return f"answer {action['FixedResponseConfig']['StatusCode']}"


async def _target_group(elbv2: Any, group: Mapping[str, Any]) -> dict[str, Any]:
    arn = group["TargetGroupArn"]
    health = (await elbv2.describe_target_health(TargetGroupArn=arn))["TargetHealthDescriptions"]
    return {
        "protocol": group["Protocol"],
        "type": group["TargetType"],
        "health check": (group["HealthCheckProtocol"], group.get("HealthCheckPath", "")),
        "attributes": _attributes(await elbv2.describe_target_group_attributes(TargetGroupArn=arn)),
        "tags": await _tags(elbv2, arn),
        "targets": sorted(
            each["Target"]["Port"] for each in health if each["TargetHealth"]["State"] not in ("draining", "unused")
        ),
    }


def _security_group(group: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    return {
        "tags": {tag["Key"]: tag["Value"] for tag in group.get("Tags", ())},
        "ingress": sorted(
            (permission["IpProtocol"], permission.get("FromPort", -1), permission.get("ToPort", -1), source)
            for permission in group["IpPermissions"]
            for source in (
                *(each["CidrIp"] for each in permission["IpRanges"]),
                *(words[each["GroupId"]] for each in permission["UserIdGroupPairs"]),
            )
        ),
    }


def _attributes(answer: Mapping[str, Any]) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in answer["Attributes"] if each["Key"] in ATTRIBUTES}


async def _tags(elbv2: Any, arn: str) -> dict[str, str]:
    described = (await elbv2.describe_tags(ResourceArns=[arn]))["TagDescriptions"]
    return {tag["Key"]: tag["Value"] for each in described for tag in each["Tags"]}


def _name(name: str) -> str:
    return re.sub(r"-[0-9a-f]{10}$", "", name)
