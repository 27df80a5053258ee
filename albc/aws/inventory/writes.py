"""What each of our own calls changes in the records: the table `WRITES`, by service and operation.

An answer of AWS is taken where it tells the new state; else the request is. Attributes of what is new are AWS's
defaults. Called by `Inventory.wrote`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from albc.aws.facts.parse import tag_map
from albc.aws.inventory.records import (
    CertificateRecord,
    ListenerRecord,
    LoadBalancerRecord,
    Records,
    RuleRecord,
    SecurityGroupRecord,
    TargetGroupRecord,
    attribute_map,
    listener_of_rule,
    load_balancer_of_listener,
)
from albc.model.attributes import LISTENER_DEFAULTS, LOAD_BALANCER_DEFAULTS, target_group_defaults
from albc.model.inventory import ActualProtection, secret_digest

Shape = Mapping[str, Any]
Write = Callable[[Records, Shape, Shape, float], None]
"""(records, request, answer, now)."""


# Security groups


def _create_security_group(records: Records, request: Shape, answer: Shape, now: float) -> None:
    tags = [tag for specification in request.get("TagSpecifications", ()) for tag in specification["Tags"]]
    aws = {
        "GroupId": answer["GroupId"],
        "GroupName": request["GroupName"],
        "Description": request["Description"],
        "VpcId": request["VpcId"],
        "IpPermissions": [],
    }
    records.security_groups[answer["GroupId"]] = SecurityGroupRecord(aws, tag_map(tags), now)


def _delete_security_group(records: Records, request: Shape, answer: Shape, now: float) -> None:
    records.security_groups.pop(request["GroupId"], None)


def _authorize(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if group := records.security_groups.get(request["GroupId"]):
        group.writes += 1
        group.aws["IpPermissions"] = [*group.aws["IpPermissions"], *request["IpPermissions"]]


def _revoke(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if group := records.security_groups.get(request["GroupId"]):
        group.writes += 1
        kept = group.aws["IpPermissions"]
        for permission in request["IpPermissions"]:
            kept = [rest for one in kept if (rest := _without(one, permission))]
        group.aws["IpPermissions"] = kept


_SOURCES: Final = {
    "IpRanges": "CidrIp",
    "Ipv6Ranges": "CidrIpv6",
    "PrefixListIds": "PrefixListId",
    "UserIdGroupPairs": "GroupId",
}


def _without(permission: Shape, revoked: Shape) -> Shape | None:
    """The permission without the revoked sources; None when no source is left."""
    if any((permission.get(name) or 0) != (revoked.get(name) or 0) for name in ("IpProtocol", "FromPort", "ToPort")):
        return permission
    rest = dict(permission)
    for kind, member in _SOURCES.items():
        gone = {source[member] for source in revoked.get(kind) or ()}
        rest[kind] = [source for source in permission.get(kind) or () if source[member] not in gone]
    return rest if any(rest[kind] for kind in _SOURCES) else None


def _create_tags(records: Records, request: Shape, answer: Shape, now: float) -> None:
    for id in request["Resources"]:
        if group := records.security_groups.get(id):
            group.writes += 1
            group.tags.update(tag_map(request["Tags"]))


def _delete_tags(records: Records, request: Shape, answer: Shape, now: float) -> None:
    for id in request["Resources"]:
        if group := records.security_groups.get(id):
            group.writes += 1
            for tag in request["Tags"]:
                group.tags.pop(tag["Key"], None)


# Target groups


def _create_target_group(records: Records, request: Shape, answer: Shape, now: float) -> None:
    aws = dict(answer["TargetGroups"][0])
    records.target_groups[aws["TargetGroupArn"]] = TargetGroupRecord(
        aws,
        tag_map(request.get("Tags")),
        made_at=now,
        attributes=dict(target_group_defaults(aws["Protocol"])),
        targets=(),
        checked_at=now,
    )


def _modify_target_group(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if group := records.target_groups.get(request["TargetGroupArn"]):
        group.writes += 1
        group.aws.update(answer["TargetGroups"][0])


def _delete_target_group(records: Records, request: Shape, answer: Shape, now: float) -> None:
    records.target_groups.pop(request["TargetGroupArn"], None)


def _modify_target_group_attributes(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if group := records.target_groups.get(request["TargetGroupArn"]):
        group.writes += 1
        group.written.update(attribute_map(request["Attributes"]))
        if group.attributes is not None:
            group.attributes.update(attribute_map(request["Attributes"]))


def _register_targets(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if (group := records.target_groups.get(request["TargetGroupArn"])) and group.targets is not None:
        group.writes += 1
        group.targets = tuple(dict.fromkeys((*group.targets, *(target["Id"] for target in request["Targets"]))))


def _deregister_targets(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if (group := records.target_groups.get(request["TargetGroupArn"])) and group.targets is not None:
        group.writes += 1
        gone = {target["Id"] for target in request["Targets"]}
        group.targets = tuple(target for target in group.targets if target not in gone)


# Load balancers


def _create_load_balancer(records: Records, request: Shape, answer: Shape, now: float) -> None:
    aws = dict(answer["LoadBalancers"][0])
    records.load_balancers[aws["LoadBalancerArn"]] = LoadBalancerRecord(
        aws,
        tag_map(request.get("Tags")),
        now,
        attributes=dict(LOAD_BALANCER_DEFAULTS.get(aws["Type"], {})),
        listeners={},
        capacity_units=0,
        web_acl_arn="",
        classic_web_acl_id="",
        protections=(),
        checked_at=now,
    )


def _delete_load_balancer(records: Records, request: Shape, answer: Shape, now: float) -> None:
    records.load_balancers.pop(request["LoadBalancerArn"], None)


def _set_security_groups(records: Records, request: Shape, answer: Shape, now: float) -> None:
    changed: dict[str, Any] = {"SecurityGroups": answer.get("SecurityGroupIds", request.get("SecurityGroups"))}
    name = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"
    if name in answer or name in request:
        changed[name] = answer.get(name, request.get(name))
    _update_load_balancer(records, request, changed)


def _set_subnets(records: Records, request: Shape, answer: Shape, now: float) -> None:
    names = ("AvailabilityZones", "IpAddressType", "EnablePrefixForIpv6SourceNat")
    _update_load_balancer(records, request, {name: answer[name] for name in names if name in answer})


def _set_ip_address_type(records: Records, request: Shape, answer: Shape, now: float) -> None:
    _update_load_balancer(records, request, {"IpAddressType": request["IpAddressType"]})


def _modify_ip_pools(records: Records, request: Shape, answer: Shape, now: float) -> None:
    pools = {} if "ipv4" in request.get("RemoveIpamPools", ()) else request.get("IpamPools", {})
    _update_load_balancer(records, request, {"IpamPools": pools})


def _update_load_balancer(records: Records, request: Shape, changed: Shape) -> None:
    if balancer := records.load_balancers.get(request["LoadBalancerArn"]):
        balancer.writes += 1
        balancer.aws.update(changed)


def _modify_load_balancer_attributes(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if balancer := records.load_balancers.get(request["LoadBalancerArn"]):
        balancer.writes += 1
        balancer.written.update(attribute_map(request["Attributes"]))
        if balancer.attributes is not None:
            balancer.attributes.update(attribute_map(request["Attributes"]))


def _modify_capacity_reservation(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if balancer := records.load_balancers.get(request["LoadBalancerArn"]):
        balancer.writes += 1
        balancer.capacity_units = request.get("MinimumLoadBalancerCapacity", {}).get("CapacityUnits", 0)


# Listeners


def _create_listener(records: Records, request: Shape, answer: Shape, now: float) -> None:
    balancer = records.load_balancers.get(request["LoadBalancerArn"])
    if balancer is None or balancer.listeners is None:
        return
    balancer.writes += 1
    aws = dict(answer["Listeners"][0])
    balancer.listeners[aws["ListenerArn"]] = ListenerRecord(
        aws,
        tag_map(request.get("Tags")),
        attributes=dict(LISTENER_DEFAULTS),
        certificates=set(),
        rules={},
        secret=_secret(request.get("DefaultActions", ())),
    )


def _modify_listener(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if listener := _listener(records, request["ListenerArn"]):
        listener.aws.clear()
        listener.aws.update(answer["Listeners"][0])
        listener.secret = _secret(request.get("DefaultActions", ()))


def _delete_listener(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if balancer := records.load_balancers.get(load_balancer_of_listener(request["ListenerArn"])):
        balancer.writes += 1
        (balancer.listeners or {}).pop(request["ListenerArn"], None)


def _add_listener_certificates(records: Records, request: Shape, answer: Shape, now: float) -> None:
    listener = _listener(records, request["ListenerArn"])
    if listener and listener.certificates is not None:
        listener.certificates.update(one["CertificateArn"] for one in request["Certificates"])


def _remove_listener_certificates(records: Records, request: Shape, answer: Shape, now: float) -> None:
    listener = _listener(records, request["ListenerArn"])
    if listener and listener.certificates is not None:
        listener.certificates.difference_update(one["CertificateArn"] for one in request["Certificates"])


def _modify_listener_attributes(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if listener := _listener(records, request["ListenerArn"]):
        listener.written.update(attribute_map(request["Attributes"]))
        if listener.attributes is not None:
            listener.attributes.update(attribute_map(request["Attributes"]))


def _listener(records: Records, arn: str) -> ListenerRecord | None:
    if balancer := records.load_balancers.get(load_balancer_of_listener(arn)):
        balancer.writes += 1
    return records.listener(arn)


# Rules


def _create_rule(records: Records, request: Shape, answer: Shape, now: float) -> None:
    listener = _listener(records, request["ListenerArn"])
    if listener and listener.rules is not None:
        aws = dict(answer["Rules"][0])
        listener.rules[aws["RuleArn"]] = RuleRecord(
            aws, tag_map(request.get("Tags")), _secret(request.get("Actions", ()))
        )


def _modify_rule(records: Records, request: Shape, answer: Shape, now: float) -> None:
    _listener(records, listener_of_rule(request["RuleArn"]))
    if rule := records.rule(request["RuleArn"]):
        rule.aws.clear()
        rule.aws.update(answer["Rules"][0])
        rule.secret = _secret(request.get("Actions", ()))


def _delete_rule(records: Records, request: Shape, answer: Shape, now: float) -> None:
    listener = _listener(records, listener_of_rule(request["RuleArn"]))
    if listener and listener.rules is not None:
        listener.rules.pop(request["RuleArn"], None)


def _set_rule_priorities(records: Records, request: Shape, answer: Shape, now: float) -> None:
    for place in request["RulePriorities"]:
        _listener(records, listener_of_rule(place["RuleArn"]))
        if rule := records.rule(place["RuleArn"]):
            rule.aws["Priority"] = str(place["Priority"])


def _secret(actions: Sequence[Shape]) -> str:
    for action in actions:
        if secret := (action.get("AuthenticateOidcConfig") or {}).get("ClientSecret"):
            return secret_digest(secret)
    return ""


# Tags


def _add_tags(records: Records, request: Shape, answer: Shape, now: float) -> None:
    for arn in request["ResourceArns"]:
        if (tags := _tags(records, arn)) is not None:
            tags.update(tag_map(request["Tags"]))


def _remove_tags(records: Records, request: Shape, answer: Shape, now: float) -> None:
    for arn in request["ResourceArns"]:
        if (tags := _tags(records, arn)) is not None:
            for key in request["TagKeys"]:
                tags.pop(key, None)


def _tags(records: Records, arn: str) -> dict[str, str] | None:
    record: LoadBalancerRecord | TargetGroupRecord | ListenerRecord | RuleRecord | None
    if ":listener-rule/" in arn:
        record = records.rule(arn)
    elif ":listener/" in arn:
        record = _listener(records, arn)
    elif ":targetgroup/" in arn:
        record = records.target_groups.get(arn)
    else:
        record = records.load_balancers.get(arn)
    if isinstance(record, LoadBalancerRecord | TargetGroupRecord):
        record.writes += 1
    return record.tags if record else None


# Protection


def _associate_web_acl(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if balancer := records.load_balancers.get(request["ResourceArn"]):
        balancer.web_acl_arn = request.get("WebACLArn", "")


def _associate_classic_web_acl(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if balancer := records.load_balancers.get(request["ResourceArn"]):
        balancer.classic_web_acl_id = request.get("WebACLId", "")


def _create_protection(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if balancer := records.load_balancers.get(request["ResourceArn"]):
        protection = ActualProtection(id=answer["ProtectionId"], name=request["Name"])
        balancer.protections = (*(balancer.protections or ()), protection)


def _delete_protection(records: Records, request: Shape, answer: Shape, now: float) -> None:
    for balancer in records.load_balancers.values():
        if balancer.protections:
            balancer.protections = tuple(one for one in balancer.protections if one.id != request["ProtectionId"])


# Certificates


def _request_certificate(records: Records, request: Shape, answer: Shape, now: float) -> None:
    aws = {
        "CertificateArn": answer["CertificateArn"],
        "DomainName": request["DomainName"],
        "SubjectAlternativeNames": request.get("SubjectAlternativeNames", [request["DomainName"]]),
        "Status": "PENDING_VALIDATION",
    }
    records.certificates[answer["CertificateArn"]] = CertificateRecord(aws, tag_map(request.get("Tags")), now)


def _delete_certificate(records: Records, request: Shape, answer: Shape, now: float) -> None:
    records.certificates.pop(request["CertificateArn"], None)


WRITES: Final[Mapping[tuple[str, str], Write]] = {
    ("ec2", "create_security_group"): _create_security_group,
    ("ec2", "delete_security_group"): _delete_security_group,
    ("ec2", "authorize_security_group_ingress"): _authorize,
    ("ec2", "revoke_security_group_ingress"): _revoke,
    ("ec2", "create_tags"): _create_tags,
    ("ec2", "delete_tags"): _delete_tags,
    ("elbv2", "create_target_group"): _create_target_group,
    ("elbv2", "modify_target_group"): _modify_target_group,
    ("elbv2", "delete_target_group"): _delete_target_group,
    ("elbv2", "modify_target_group_attributes"): _modify_target_group_attributes,
    ("elbv2", "register_targets"): _register_targets,
    ("elbv2", "deregister_targets"): _deregister_targets,
    ("elbv2", "create_load_balancer"): _create_load_balancer,
    ("elbv2", "delete_load_balancer"): _delete_load_balancer,
    ("elbv2", "set_security_groups"): _set_security_groups,
    ("elbv2", "set_subnets"): _set_subnets,
    ("elbv2", "set_ip_address_type"): _set_ip_address_type,
    ("elbv2", "modify_ip_pools"): _modify_ip_pools,
    ("elbv2", "modify_load_balancer_attributes"): _modify_load_balancer_attributes,
    ("elbv2", "modify_capacity_reservation"): _modify_capacity_reservation,
    ("elbv2", "create_listener"): _create_listener,
    ("elbv2", "modify_listener"): _modify_listener,
    ("elbv2", "delete_listener"): _delete_listener,
    ("elbv2", "add_listener_certificates"): _add_listener_certificates,
    ("elbv2", "remove_listener_certificates"): _remove_listener_certificates,
    ("elbv2", "modify_listener_attributes"): _modify_listener_attributes,
    ("elbv2", "create_rule"): _create_rule,
    ("elbv2", "modify_rule"): _modify_rule,
    ("elbv2", "delete_rule"): _delete_rule,
    ("elbv2", "set_rule_priorities"): _set_rule_priorities,
    ("elbv2", "add_tags"): _add_tags,
    ("elbv2", "remove_tags"): _remove_tags,
    ("wafv2", "associate_web_acl"): _associate_web_acl,
    ("wafv2", "disassociate_web_acl"): _associate_web_acl,
    ("waf-regional", "associate_web_acl"): _associate_classic_web_acl,
    ("waf-regional", "disassociate_web_acl"): _associate_classic_web_acl,
    ("shield", "create_protection"): _create_protection,
    ("shield", "delete_protection"): _delete_protection,
    ("acm", "request_certificate"): _request_certificate,
    ("acm", "delete_certificate"): _delete_certificate,
}
