from collections.abc import Callable

import pytest

from albc.local.aws import Account, ApiError, ConnectionDropped, Fault, FaultKind

Make = Callable[..., str]


def test_a_fault_meets_so_many_matching_calls_and_then_is_gone(account: Account) -> None:
    account.faults.add(Fault(FaultKind.THROTTLE, service="elbv2", operation="Describe*", times=2))
    account.call("ec2", "DescribeVpcs")
    for _ in range(2):
        with pytest.raises(ApiError, match=r"^ThrottlingException: Rate exceeded"):
            account.call("elbv2", "DescribeLoadBalancers")
    account.call("elbv2", "DescribeLoadBalancers")
    assert account.faults.rules == ()


def test_a_fault_may_let_calls_pass_first(account: Account) -> None:
    account.faults.add(Fault(FaultKind.SERVER_ERROR, skip=1))
    account.call("ec2", "DescribeVpcs")
    with pytest.raises(ApiError) as met:
        account.call("ec2", "DescribeVpcs")
    assert met.value.status == 500


@pytest.mark.parametrize(("kind", "happened"), [(FaultKind.RESET_BEFORE, False), (FaultKind.RESET_AFTER, True)])
def test_a_cut_connection_leaves_the_effect_or_not(
    account: Account, group: Make, kind: FaultKind, happened: bool
) -> None:
    account.faults.add(Fault(kind, operation="CreateTargetGroup"))
    with pytest.raises(ConnectionDropped):
        group()
    assert bool(account.call("elbv2", "DescribeTargetGroups")["TargetGroups"]) is happened
    assert next(iter(call for call in account.calls if call.writing)).outcome == "ConnectionDropped"


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("ec2", "DescribeVpcs", "UnauthorizedOperation"),
        ("elbv2", "DescribeRules", "AccessDenied"),
        ("acm", "ListCertificates", "AccessDeniedException"),
    ],
)
def test_each_service_denies_in_its_own_words(account: Account, service: str, operation: str, code: str) -> None:
    account.faults.add(Fault(FaultKind.ACCESS_DENIED))
    with pytest.raises(ApiError, match=rf"^{code}: ") as met:
        account.call(service, operation)
    assert met.value.status == 403


def test_any_error_can_be_asked_for_by_its_code(account: Account) -> None:
    account.faults.add(Fault(FaultKind.ERROR, operation="DeleteTargetGroup", code="ResourceInUse", message="not now"))
    with pytest.raises(ApiError, match=r"^ResourceInUse: not now"):
        account.call("elbv2", "DeleteTargetGroup", {"TargetGroupArn": "arn:gone"})
    with pytest.raises(ValueError, match="needs a code"):
        Fault(FaultKind.ERROR)


def test_faults_can_be_taken_back(account: Account) -> None:
    account.faults.add(Fault(FaultKind.THROTTLE))
    account.faults.clear()
    assert account.call("ec2", "DescribeVpcs")
