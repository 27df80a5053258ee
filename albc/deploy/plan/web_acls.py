"""Web ACLs of WAFv2 and WAF Classic on load balancers (spec/aws.md §7.2). No association in the stack: hands off."""

from collections.abc import Mapping

from albc.deploy.plan.operation import Operation, ResourceID, Verb
from albc.deploy.plan.scope import Scope
from albc.model.addons import WAFRegionalAssociation, WAFv2Association
from albc.model.inventory import ActualLoadBalancer
from albc.model.stack import Stack


def changes(stack: Stack, balancers: Mapping[str, ActualLoadBalancer], scope: Scope) -> list[Operation]:
    """`balancers` by ARN: those that exist."""
    operations: list[Operation] = []
    if scope.settings.enable_wafv2:
        for wanted in stack.all(WAFv2Association):
            actual = balancers.get(str(scope.resolve(wanted.resource_arn)))
            operations += _changes(wanted, wanted.web_acl_arn, actual.web_acl_arn if actual else None, scope)
    if scope.settings.enable_waf:
        for classic in stack.all(WAFRegionalAssociation):
            actual = balancers.get(str(scope.resolve(classic.resource_arn)))
            operations += _changes(classic, classic.web_acl_id, actual.classic_web_acl_id if actual else None, scope)
    return operations


def _changes(
    association: WAFv2Association | WAFRegionalAssociation, wanted: str, actual: str | None, scope: Scope
) -> list[Operation]:
    if wanted == (actual or ""):
        return []
    service, member = (
        ("wafv2", "WebACLArn") if isinstance(association, WAFv2Association) else ("waf-regional", "WebACLId")
    )
    arn = scope.resolve(association.resource_arn)
    request = {"ResourceArn": arn}
    return [
        Operation(
            verb=Verb.CREATE if not actual else Verb.MODIFY if wanted else Verb.DELETE,
            resource=ResourceID(association.type, association.id),
            service=service,
            action="associate_web_acl" if wanted else "disassociate_web_acl",
            params=request | ({member: wanted} if wanted else {}),
            target=arn if isinstance(arn, str) else "",
            before={member: actual} if actual else {},
            after={member: wanted} if wanted else {},
            because="the web ACL differs" if wanted and actual else "no web ACL" if wanted else "no web ACL is wanted",
        )
    ]
