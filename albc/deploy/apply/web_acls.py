"""Web ACLs of WAFv2 and WAF Classic (spec/aws.md §7.2). A fresh load balancer may not be known to WAF yet."""

from collections.abc import Mapping

from albc.deploy.apply.step import NOTHING, Handler, Step, just_call
from albc.errors import Refused
from albc.model.reference import Ref

SETTLING_SECONDS = 5.0


async def associate(step: Step) -> Mapping[Ref, str]:
    try:
        await step.call()
    except Refused as refused:
        if refused.code == "WAFUnavailableEntityException":
            raise step.later(f"WAF cannot use the load balancer yet: {refused}", SETTLING_SECONDS) from refused
        raise
    return NOTHING


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("wafv2", "associate_web_acl"): associate,
    ("wafv2", "disassociate_web_acl"): just_call,
    ("waf-regional", "associate_web_acl"): associate,
    ("waf-regional", "disassociate_web_acl"): just_call,
}
