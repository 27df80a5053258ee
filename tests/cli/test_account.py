"""`albc local aws` and what another terminal asks of it: the flags, the log of calls, the faults."""

from collections.abc import Iterator

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from albc.cli import app
from albc.cli.account import AccountFlags, account_of, run_account
from albc.cli.account_control import add_fault, clear_faults, list_faults, read_calls
from albc.cli.usage import UsageError
from albc.local.aws import Account, ApiError, AwsServer, FaultKind


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as running:
        yield running


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def endpoint(portal: BlockingPortal, account: Account) -> Iterator[str]:
    with portal.wrap_async_context_manager(AwsServer(account)) as server:
        yield server.url


def test_flags_make_the_account() -> None:
    account = account_of(
        AccountFlags(
            region="cn-north-1",
            account_id="210987654321",
            latency=0.5,
            delay=2,
            rates=True,
            quotas="target-groups=0,listeners_per_load_balancer=2",
            fault=("throttle,service=ec2,operation=Describe*,times=2", "error,code=TooManyRules"),
        )
    )

    assert account.options.arn("iam", "role/a", global_=True) == "arn:aws-cn:iam::210987654321:role/a"
    assert (account.options.latency_seconds, account.options.consistency_seconds) == (0.5, 2)
    assert account.options.throttling
    assert account.options.quotas.listeners_per_load_balancer == 2
    assert [(fault.kind, fault.operation, fault.times, fault.code) for fault in account.faults.rules] == [
        ("throttle", "Describe*", 2, ""),
        ("error", "*", 1, "TooManyRules"),
    ]
    account.faults.clear()
    vpc_id = account.call("ec2", "DescribeVpcs")["Vpcs"][0]["VpcId"]
    with pytest.raises(ApiError, match="TooManyTargetGroups"):
        account.call("elbv2", "CreateTargetGroup", {"Name": "a", "Protocol": "TCP", "Port": 80, "VpcId": vpc_id})


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (AccountFlags(account_id="12"), "--account-id takes twelve digits"),
        (AccountFlags(latency=-1.0), "--latency -1.0: a number of seconds is needed"),
        (AccountFlags(delay=float("nan")), "--delay nan: a number of seconds is needed"),
        (AccountFlags(quotas="listeners=1"), "there is no such quota; there are application-load-balancers"),
        (AccountFlags(quotas="target-groups=few"), "a whole number is needed"),
        (AccountFlags(quotas="target-groups"), "write it as NAME=VALUE"),
        (AccountFlags(fault=("earthquake",)), "kinds are throttle, server-error"),
        (AccountFlags(fault=("error",)), "needs a code"),
        (AccountFlags(fault=("throttle,times=0",)), "--fault throttle,times=0: Expected `int` >= 1"),
    ],
)
def test_a_flag_that_cannot_be_is_told_with_its_remedy(flags: AccountFlags, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        run_account(0, flags)
    assert says in str(refused.value)


def test_a_port_that_is_taken_is_told(endpoint: str) -> None:
    with pytest.raises(UsageError, match="address already in use; choose another port with --port"):
        run_account(int(endpoint.rpartition(":")[2]), AccountFlags())


def test_the_log_of_calls_is_read_from_outside(endpoint: str, account: Account) -> None:
    account.call("ec2", "DescribeVpcs", {"VpcIds": []})
    account.call("ec2", "CreateTags", {"Resources": [], "Tags": [{"Key": "a", "Value": "b"}]})

    assert list(read_calls(endpoint, writes=False, since=0)) == [
        '1 ec2 DescribeVpcs ok {"VpcIds":[]}',
        '2 ec2 CreateTags ok {"Resources":[],"Tags":[{"Key":"a","Value":"b"}]}',
    ]
    assert [line.split()[0] for line in read_calls(endpoint, writes=True, since=0)] == ["2"]
    assert list(read_calls(endpoint, writes=False, since=2)) == []


def test_faults_are_set_listed_and_taken_back_from_outside(endpoint: str, account: Account) -> None:
    add_fault(endpoint, {"kind": "error", "code": "TooManyRules", "service": "elbv2", "times": 3, "skip": 1})

    assert list(list_faults(endpoint)) == ["error TooManyRules ×3 after 1 that pass: elbv2 *"]
    clear_faults(endpoint)
    assert account.faults.rules == ()


@pytest.mark.parametrize("kind", [kind for kind in FaultKind if kind is not FaultKind.ERROR])
def test_the_command_line_knows_every_kind_of_fault(endpoint: str, account: Account, kind: FaultKind) -> None:
    app(
        ["local", "fault", "aws", kind.value, "--endpoint", endpoint],
        exit_on_error=False,
        result_action="return_value",
    )
    assert [fault.kind for fault in account.faults.rules] == [kind]


def test_the_environment_says_which_account(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    assert list(list_faults("")) == []


def test_a_refused_fault_is_told_in_the_accounts_words(endpoint: str) -> None:
    with pytest.raises(UsageError, match="needs a code, for example TargetGroupNotFound"):
        add_fault(endpoint, {"kind": "error"})


@pytest.mark.parametrize(
    "elsewhere",
    ["https://elasticloadbalancing.us-west-2.amazonaws.com", "http://10.0.0.1:80", "https://127.0.0.1:1", "nonsense"],
)
def test_no_account_but_a_local_one_is_asked(elsewhere: str) -> None:
    with pytest.raises(UsageError, match="only a local account is asked"):
        clear_faults(elsewhere)


def test_without_an_account_it_says_how_to_start_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with pytest.raises(UsageError, match="which account"):
        clear_faults("")
    with pytest.raises(UsageError, match="start one: albc local aws"):
        clear_faults("http://127.0.0.1:1")
