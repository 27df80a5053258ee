"""Writes to load balancers, and to what protects them: web ACLs and Shield."""

from collections.abc import Mapping
from typing import Any, Final

from albc.aws.facts.parse import tag_map
from albc.aws.inventory.records import LoadBalancerRecord, Records, attribute_map
from albc.aws.inventory.writes.write import Call, Shape, Write
from albc.model.attributes import LOAD_BALANCER_DEFAULTS
from albc.model.inventory import ActualProtection


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


LOAD_BALANCERS: Final[Mapping[Call, Write]] = {
    ("elbv2", "create_load_balancer"): _create_load_balancer,
    ("elbv2", "delete_load_balancer"): _delete_load_balancer,
    ("elbv2", "set_security_groups"): _set_security_groups,
    ("elbv2", "set_subnets"): _set_subnets,
    ("elbv2", "set_ip_address_type"): _set_ip_address_type,
    ("elbv2", "modify_ip_pools"): _modify_ip_pools,
    ("elbv2", "modify_load_balancer_attributes"): _modify_load_balancer_attributes,
    ("elbv2", "modify_capacity_reservation"): _modify_capacity_reservation,
    ("wafv2", "associate_web_acl"): _associate_web_acl,
    ("wafv2", "disassociate_web_acl"): _associate_web_acl,
    ("waf-regional", "associate_web_acl"): _associate_classic_web_acl,
    ("waf-regional", "disassociate_web_acl"): _associate_classic_web_acl,
    ("shield", "create_protection"): _create_protection,
    ("shield", "delete_protection"): _delete_protection,
}
