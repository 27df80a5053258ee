"""What protects the load balancer: WAFv2, WAF Classic and Shield Advanced (spec/ingress.md §20).

Whether they are applied is decided at deploy time; the stack holds them regardless.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from albc.mapping.ingress.agreement import MemberInvalid, Said, agree, insist
from albc.mapping.ingress.member import PREFIX, Member
from albc.model.addons import ShieldProtection, WAFRegionalAssociation, WAFv2Association
from albc.model.facts import Facts, FactsRequest
from albc.model.problem import Problem
from albc.model.reference import Ref

NO_ACL = "none"
"""As a name, ARN or id: associate nothing."""

Addon = WAFv2Association | WAFRegionalAssociation | ShieldProtection


@dataclass(frozen=True, slots=True, kw_only=True)
class AddonWishes:
    web_acl_name: str | None
    web_acl_arn: str | None
    """An empty one takes the association away, as `none` does."""
    waf_classic_acl_id: str | None
    shield: bool | None


def read(member: Member) -> AddonWishes:
    annotations, params = member.annotations, member.params
    classic = annotations.string("waf-acl-id")
    if classic is None:
        classic = annotations.string("web-acl-id")
    return AddonWishes(
        web_acl_name=params.wafv2_acl_name or annotations.string("wafv2-acl-name") or None,
        web_acl_arn=params.wafv2_acl_arn or annotations.string("wafv2-acl-arn"),
        waf_classic_acl_id=classic or None,
        shield=annotations.bool("shield-advanced-protection"),
    )


def wants(wishes: AddonWishes) -> FactsRequest:
    if wishes.web_acl_name in (None, NO_ACL):
        return FactsRequest()
    return FactsRequest(web_acl_names=frozenset({wishes.web_acl_name}))


def build(
    said: Sequence[Said[AddonWishes]], load_balancer_arn: Ref, facts: Facts, problems: list[Problem]
) -> tuple[Addon, ...]:
    """A kind that nobody mentions is not built: what is associated by other means stays."""
    addons: list[Addon] = []
    if (web_acl := _web_acl(said, facts)) is not None:
        addons.append(WAFv2Association(web_acl_arn=web_acl, resource_arn=load_balancer_arn))
    if classic := insist([(who, wishes.waf_classic_acl_id) for who, wishes in said], "waf-acl-id"):
        acl_id = "" if classic[1] == NO_ACL else classic[1]
        addons.append(WAFRegionalAssociation(web_acl_id=acl_id, resource_arn=load_balancer_arn))
    if shield := agree([(who, wishes.shield) for who, wishes in said], "shield-advanced-protection", problems):
        addons.append(ShieldProtection(enabled=shield[1], resource_arn=load_balancer_arn))
    return tuple(addons)


def _web_acl(said: Sequence[Said[AddonWishes]], facts: Facts) -> str | None:
    """ARN; empty to associate nothing. A name anywhere in the group beats every ARN."""
    named = insist([(who, wishes.web_acl_name) for who, wishes in said], "wafv2-acl-name")
    if named is None:
        arn = insist([(who, wishes.web_acl_arn) for who, wishes in said], "wafv2-acl-arn")
        return None if arn is None else "" if arn[1] == NO_ACL else arn[1]
    owner, acl_name = named
    if acl_name == NO_ACL:
        return ""
    if acl_name not in facts.web_acl_arns:
        raise MemberInvalid(
            owner,
            f"{PREFIX}wafv2-acl-name: couldn't find WAFv2 WebACL with name: {acl_name}; "
            "correct it, or create a regional one",
        )
    return facts.web_acl_arns[acl_name]
