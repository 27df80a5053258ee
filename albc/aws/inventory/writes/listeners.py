"""Writes to listeners and rules. Each counts as a write to their load balancer."""

from collections.abc import Mapping, Sequence
from typing import Final

from albc.aws.facts.parse import tag_map
from albc.aws.inventory.records import (
    ListenerRecord,
    Records,
    RuleRecord,
    attribute_map,
    listener_of_rule,
    load_balancer_of_listener,
)
from albc.aws.inventory.writes.write import Call, Shape, Write
from albc.model.attributes import LISTENER_DEFAULTS
from albc.model.inventory import secret_digest


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
    if listener := written_listener(records, request["ListenerArn"]):
        listener.aws.clear()
        listener.aws.update(answer["Listeners"][0])
        listener.secret = _secret(request.get("DefaultActions", ()))


def _delete_listener(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if balancer := records.load_balancers.get(load_balancer_of_listener(request["ListenerArn"])):
        balancer.writes += 1
        (balancer.listeners or {}).pop(request["ListenerArn"], None)


def _add_listener_certificates(records: Records, request: Shape, answer: Shape, now: float) -> None:
    listener = written_listener(records, request["ListenerArn"])
    if listener and listener.certificates is not None:
        listener.certificates.update(one["CertificateArn"] for one in request["Certificates"])


def _remove_listener_certificates(records: Records, request: Shape, answer: Shape, now: float) -> None:
    listener = written_listener(records, request["ListenerArn"])
    if listener and listener.certificates is not None:
        listener.certificates.difference_update(one["CertificateArn"] for one in request["Certificates"])


def _modify_listener_attributes(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if listener := written_listener(records, request["ListenerArn"]):
        listener.written.update(attribute_map(request["Attributes"]))
        if listener.attributes is not None:
            listener.attributes.update(attribute_map(request["Attributes"]))


def written_listener(records: Records, arn: str) -> ListenerRecord | None:
    """Notes the write at its load balancer, too."""
    if balancer := records.load_balancers.get(load_balancer_of_listener(arn)):
        balancer.writes += 1
    return records.listener(arn)


def _create_rule(records: Records, request: Shape, answer: Shape, now: float) -> None:
    listener = written_listener(records, request["ListenerArn"])
    if listener and listener.rules is not None:
        aws = dict(answer["Rules"][0])
        listener.rules[aws["RuleArn"]] = RuleRecord(
            aws, tag_map(request.get("Tags")), _secret(request.get("Actions", ()))
        )


def _modify_rule(records: Records, request: Shape, answer: Shape, now: float) -> None:
    written_listener(records, listener_of_rule(request["RuleArn"]))
    if rule := records.rule(request["RuleArn"]):
        rule.aws.clear()
        rule.aws.update(answer["Rules"][0])
        rule.secret = _secret(request.get("Actions", ()))


def _delete_rule(records: Records, request: Shape, answer: Shape, now: float) -> None:
    listener = written_listener(records, listener_of_rule(request["RuleArn"]))
    if listener and listener.rules is not None:
        listener.rules.pop(request["RuleArn"], None)


def _set_rule_priorities(records: Records, request: Shape, answer: Shape, now: float) -> None:
    for place in request["RulePriorities"]:
        written_listener(records, listener_of_rule(place["RuleArn"]))
        if rule := records.rule(place["RuleArn"]):
            rule.aws["Priority"] = str(place["Priority"])


def _secret(actions: Sequence[Shape]) -> str:
    for action in actions:
        if secret := (action.get("AuthenticateOidcConfig") or {}).get("ClientSecret"):
            return secret_digest(secret)
    return ""


LISTENERS: Final[Mapping[Call, Write]] = {
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
}
