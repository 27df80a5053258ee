"""The server is judged by unmodified AWS clients, over loopback."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import anyio
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from albc.local.aws import Account, AccountOptions, AwsServer

Clients = Callable[..., Awaitable[Any]]

pytestmark = pytest.mark.anyio


async def get(url: str) -> Any:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        assert answer.status == 200
        return await answer.json()


async def send(method: str, url: str, document: Any = None) -> int:
    async with aiohttp.ClientSession() as http, http.request(method, url, json=document) as answer:
        await answer.read()
        return answer.status


async def test_a_load_balancer_is_built_as_a_controller_does_it(clients: Clients) -> None:
    ec2, elbv2, acm = await clients("ec2"), await clients("elbv2"), await clients("acm")
    vpc = (await ec2.describe_vpcs())["Vpcs"][0]["VpcId"]
    role = [{"Name": "tag:kubernetes.io/role/elb", "Values": ["", "1"]}]
    places = [each["SubnetId"] for each in (await ec2.describe_subnets(Filters=role))["Subnets"]]
    edge = (await ec2.create_security_group(GroupName="edge", Description="edge", VpcId=vpc))["GroupId"]
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    await ec2.authorize_security_group_ingress(GroupId=edge, IpPermissions=[permission])
    certificate = (await acm.request_certificate(DomainName="*.example.com", ValidationMethod="DNS"))["CertificateArn"]
    group = (await elbv2.create_target_group(Name="web", Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip"))[
        "TargetGroups"
    ][0]["TargetGroupArn"]
    balancer = (
        await elbv2.create_load_balancer(
            Name="shop",
            Type="application",
            Scheme="internet-facing",
            SubnetMappings=[{"SubnetId": place} for place in places],
            SecurityGroups=[edge],
            Tags=[{"Key": "elbv2.k8s.aws/cluster", "Value": "local"}],
        )
    )["LoadBalancers"][0]["LoadBalancerArn"]
    listener = (
        await elbv2.create_listener(
            LoadBalancerArn=balancer,
            Port=443,
            Protocol="HTTPS",
            Certificates=[{"CertificateArn": certificate}],
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        )
    )["Listeners"][0]["ListenerArn"]
    await elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": "127.19.0.20", "Port": 8080}])

    health = await elbv2.describe_target_health(TargetGroupArn=group)
    rules = await elbv2.describe_rules(ListenerArn=listener)
    tags = await elbv2.describe_tags(ResourceArns=[balancer])
    assert health["TargetHealthDescriptions"][0]["TargetHealth"]["State"] == "initial"
    assert rules["Rules"][0]["Actions"][0]["ForwardConfig"]["TargetGroups"] == [{"TargetGroupArn": group, "Weight": 1}]
    assert tags["TagDescriptions"][0]["Tags"] == [{"Key": "elbv2.k8s.aws/cluster", "Value": "local"}]


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("sts", "get_caller_identity", {}),
        ("iam", "list_server_certificates", {}),
        ("wafv2", "list_web_acls", {"Scope": "REGIONAL"}),
        ("waf-regional", "list_web_acls", {}),
        ("shield", "get_subscription_state", {}),
        ("resourcegroupstaggingapi", "get_resources", {}),
        ("service-quotas", "list_service_quotas", {"ServiceCode": "vpc"}),
        ("route53", "list_hosted_zones", {}),
    ],
)
async def test_every_service_answers(clients: Clients, service: str, operation: str, params: dict[str, str]) -> None:
    client = await clients(service)
    answer = await getattr(client, operation)(**params)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]


@pytest.mark.parametrize(
    ("service", "operation", "params", "code"),
    [
        ("elbv2", "describe_rules", {"RuleArns": ["nonsense"]}, "ValidationError"),
        ("ec2", "describe_vpcs", {"VpcIds": ["vpc-0"]}, "InvalidVpcID.NotFound"),
        ("acm", "describe_certificate", {"CertificateArn": "arn:aws:acm:us-west-2:1:a/b"}, "ResourceNotFoundException"),
        ("shield", "describe_protection", {"ResourceArn": "arn:aws:elb:us-west-2:1:b"}, "ResourceNotFoundException"),
        ("route53", "list_resource_record_sets", {"HostedZoneId": "Z0"}, "NoSuchHostedZone"),
        ("ec2", "describe_images", {}, "InvalidAction"),
    ],
)  # fmt: skip
async def test_refusals_reach_the_client_with_their_code(
    clients: Clients, service: str, operation: str, params: dict[str, Any], code: str
) -> None:
    client = await clients(service)
    with pytest.raises(ClientError) as refused:
        await getattr(client, operation)(**params)
    assert refused.value.response["Error"]["Code"] == code


async def test_a_bug_of_the_account_is_an_answer_that_clients_can_read() -> None:
    def broken() -> None:
        raise ZeroDivisionError

    account = Account()
    account.subscribe(broken)
    group = account.call("ec2", "DescribeSecurityGroups")["SecurityGroups"][0]["GroupId"]
    form = {"Action": "DeleteTags", "Version": "2016-11-15", "ResourceId.1": group}
    async with AwsServer(account) as server, aiohttp.ClientSession() as http:
        headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=local/20270101/us-west-2/ec2/aws4_request"}
        async with http.post(server.url, data=form, headers=headers) as answer:
            assert answer.status == 500
            assert "<Code>InternalFailure</Code>" in await answer.text()


async def test_pages_are_followed_by_the_clients_own_paginator(clients: Clients) -> None:
    ec2, elbv2 = await clients("ec2"), await clients("elbv2")
    vpc = (await ec2.describe_vpcs())["Vpcs"][0]["VpcId"]
    for number in range(5):
        await elbv2.create_target_group(Name=f"page-{number}", Protocol="TCP", Port=1, VpcId=vpc)
    pages = elbv2.get_paginator("describe_target_groups").paginate(PaginationConfig={"PageSize": 2})
    names = [group["TargetGroupName"] async for page in pages for group in page["TargetGroups"]]
    assert [name for name in names if name.startswith("page-")] == [f"page-{number}" for number in range(5)]


async def test_waiters_of_the_client_end(server: AwsServer, clients: Clients) -> None:
    ec2, elbv2 = await clients("ec2"), await clients("elbv2")
    public = [{"Name": "map-public-ip-on-launch", "Values": ["true"]}]
    places = [each["SubnetId"] for each in (await ec2.describe_subnets(Filters=public))["Subnets"]]
    made = (await elbv2.create_load_balancer(Name="waited-for", Subnets=places))["LoadBalancers"][0]
    waiter = elbv2.get_waiter("load_balancer_exists")
    await waiter.wait(LoadBalancerArns=[made["LoadBalancerArn"]], WaiterConfig={"Delay": 0})
    await elbv2.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])
    await elbv2.get_waiter("load_balancers_deleted").wait(
        LoadBalancerArns=[made["LoadBalancerArn"]], WaiterConfig={"Delay": 0}
    )


async def test_a_role_leads_to_another_account(clients: Clients) -> None:
    sts = await clients("sts")
    role = "arn:aws:iam::222222222222:role/targets"
    credentials = (await sts.assume_role(RoleArn=role, RoleSessionName="albc"))["Credentials"]
    there = await clients("sts", aws_access_key_id=credentials["AccessKeyId"])
    assert (await there.get_caller_identity())["Account"] == "222222222222"
    assert (await sts.get_caller_identity())["Account"] == "123456789012"


async def test_another_process_reads_and_clears_the_call_log(server: AwsServer, clients: Clients) -> None:
    elbv2 = await clients("elbv2")
    assert await send("DELETE", f"{server.url}/_albc/calls") == 204
    before = (await get(f"{server.url}/_albc/calls"))["last"]
    await elbv2.describe_load_balancers()
    await elbv2.delete_load_balancer(LoadBalancerArn="arn:gone")
    everything = await get(f"{server.url}/_albc/calls")
    writes = await get(f"{server.url}/_albc/calls?writes=1&since={before}")
    assert [call["operation"] for call in everything["calls"]] == ["DescribeLoadBalancers", "DeleteLoadBalancer"]
    assert [(call["operation"], call["params"]) for call in writes["calls"]] == [
        ("DeleteLoadBalancer", {"LoadBalancerArn": "arn:gone"})
    ]
    assert (await get(f"{server.url}/_albc/calls?since={everything['last']}"))["calls"] == []


async def test_calls_of_a_wrong_form_are_logged_too(server: AwsServer, clients: Clients) -> None:
    elbv2 = await clients("elbv2")
    with pytest.raises(ClientError, match="ValidationError"):
        await elbv2.describe_load_balancers(PageSize=1000)
    newest = (await get(f"{server.url}/_albc/calls"))["calls"][-1]
    assert (newest["operation"], newest["outcome"]) == ("DescribeLoadBalancers", "ValidationError")
    assert await send("GET", f"{server.url}/_albc/calls?since=yesterday") == 400


async def test_faults_are_set_over_http_and_met_by_clients(server: AwsServer, clients: Clients) -> None:
    elbv2 = await clients("elbv2")
    faults = f"{server.url}/_albc/faults"
    rules = [
        {"kind": "reset-before", "service": "elbv2"},
        {"kind": "error", "service": "elbv2", "code": "TooManyRules", "message": "full"},
    ]
    assert await send("POST", faults, rules) == 204
    with pytest.raises(ConnectionClosedError):
        await elbv2.describe_load_balancers()
    with pytest.raises(ClientError, match="TooManyRules"):
        await elbv2.describe_load_balancers()
    await send("POST", faults, {"kind": "throttle"})
    assert await send("DELETE", faults) == 204
    assert (await get(faults))["faults"] == []


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"kind": "earthquake"},
        {"kind": "throttle", "colour": "red"},
        {"kind": "throttle", "times": "often"},
        {"kind": "throttle", "times": 0},
        {"kind": "error"},
        7,
    ],
)
async def test_what_is_no_fault_is_refused(server: AwsServer, rule: Any) -> None:
    assert await send("POST", f"{server.url}/_albc/faults", rule) == 400


async def test_the_authority_can_be_fetched_for_curl(server: AwsServer) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{server.url}/_albc/ca.pem") as answer:
        assert (await answer.text()).startswith("-----BEGIN CERTIFICATE-----")


async def test_requests_that_are_no_aws_call_are_answered_plainly(server: AwsServer) -> None:
    async with aiohttp.ClientSession() as http, http.get(server.url) as answer:
        assert answer.status == 404
        assert "the local account has no service" in await answer.text()


async def test_it_listens_on_loopback_only() -> None:
    with pytest.raises(ValueError, match="loopback only"):
        AwsServer(Account(), host="0.0.0.0")


async def test_a_port_in_use_is_an_os_error_and_leaves_nothing_behind(server: AwsServer) -> None:
    with pytest.raises(OSError, match="address already in use"):
        async with AwsServer(Account(AccountOptions()), port=int(server.url.rpartition(":")[2])):
            pass


async def test_calls_take_the_latency_that_is_set() -> None:
    async with AwsServer(Account(AccountOptions(latency_seconds=3600))) as slow, aiohttp.ClientSession() as http:
        with anyio.move_on_after(0.05) as waited:
            await http.post(slow.url, data={"Action": "GetCallerIdentity", "Version": "2011-06-15"})
        assert waited.cancelled_caught
