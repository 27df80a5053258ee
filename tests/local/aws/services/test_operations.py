"""Every operation is called once, and its answer has the shape that botocore's model says."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.validate import ParamValidator
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from albc.local.aws import Account, AccountOptions, ApiError, ManualClock, instance_id
from albc.local.aws.protocol.models import load_model
from albc.local.aws.services import SERVICES

REPLY = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
PATH = {"Field": "path-pattern", "Values": ["/"]}
TAG = {"Key": "team", "Value": "shop"}
PERMISSION = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
PUBLIC = {"Filters": [{"Name": "map-public-ip-on-launch", "Values": ["true"]}]}
ROLE = {"RoleArn": "arn:aws:iam::222222222222:role/a", "RoleSessionName": "albc"}
UNASKED = (
    "DescribeRouteTables",
    "DescribeInternetGateways",
    "DescribeAddresses",
    "DescribeNetworkInterfaces",
    "DescribeInstances",
    "DescribeAvailabilityZones",
    "DescribeRegions",
    "DescribeAccountAttributes",
    "DescribeManagedPrefixLists",
    "DescribeCoipPools",
    "DescribeIpamPools",
    "DescribeVpcPeeringConnections",
    "DescribeTags",
    "DescribeSecurityGroups",
)
"""EC2 operations that need no parameters."""


class Checked:
    """Calls an account and compares each answer with the model."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._models = {service: load_model(service, operations) for service, operations in SERVICES.items()}
        self.called: set[tuple[str, str]] = set()

    def __call__(self, service: str, operation: str, **params: Any) -> Mapping[str, Any]:
        model = self._models[service].operation_model(operation)
        answer = self._account.call(service, operation, params)
        self.called.add((service, operation))
        if model.output_shape is not None:
            given = {key: value for key, value in answer.items() if value is not None}
            report = ParamValidator().validate(given, model.output_shape)
            assert not report.has_errors(), f"{service} {operation}: {report.generate_report()}"
        else:
            assert answer == {}, f"{service} {operation} answers nothing"
        return answer


@pytest.fixture
def call(clock: ManualClock) -> Checked:
    options = AccountOptions(hosted_zones=("example.com",), user_pool_clients=(("us-west-2_a", "one"),))
    return Checked(Account(options, clock=clock))


def all_operations() -> Iterator[tuple[str, str]]:
    for service, operations in SERVICES.items():
        for operation in operations:
            yield service, operation


def play_network(call: Checked) -> tuple[str, list[str]]:
    vpc = call("ec2", "DescribeVpcs")["Vpcs"][0]["VpcId"]
    places = [subnet["SubnetId"] for subnet in call("ec2", "DescribeSubnets", **PUBLIC)["Subnets"]]
    for operation in UNASKED:
        call("ec2", operation)
    call("ec2", "GetManagedPrefixListEntries", PrefixListId="pl-68a54001")
    with pytest.raises(ApiError):
        call("ec2", "GetCoipPoolUsage", PoolId="ipv4pool-coip-0")
    specification = {"ResourceType": "security-group", "Tags": [TAG]}
    group = call(
        "ec2", "CreateSecurityGroup", GroupName="a", Description="a", VpcId=vpc, TagSpecifications=[specification]
    )["GroupId"]
    call("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[PERMISSION])
    call("ec2", "DescribeSecurityGroups", GroupIds=[group])
    call("ec2", "RevokeSecurityGroupIngress", GroupId=group, IpPermissions=[PERMISSION])
    call("ec2", "GetSecurityGroupsForVpc", VpcId=vpc)
    call("ec2", "CreateTags", Resources=[group], Tags=[TAG])
    call("ec2", "DeleteTags", Resources=[group], Tags=[TAG])
    call("ec2", "DeleteSecurityGroup", GroupId=group)
    return vpc, places


def play_certificates(call: Checked) -> str:
    arn = str(call("acm", "RequestCertificate", DomainName="a.example.com", ValidationMethod="DNS")["CertificateArn"])
    call("acm", "DescribeCertificate", CertificateArn=arn)
    call("acm", "GetCertificate", CertificateArn=arn)
    call("acm", "AddTagsToCertificate", CertificateArn=arn, Tags=[TAG])
    call("acm", "ListTagsForCertificate", CertificateArn=arn)
    call("acm", "RemoveTagsFromCertificate", CertificateArn=arn, Tags=[TAG])
    call("acm", "ListCertificates")
    other = call("acm", "RequestCertificate", DomainName="b.example.com")["CertificateArn"]
    call("acm", "DeleteCertificate", CertificateArn=other)
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(ApiError):
        call("acm", "ImportCertificate", Certificate=b"", PrivateKey=pem)
    return arn


def play_load_balancing(call: Checked, vpc: str, places: list[str], certificate: str, clock: ManualClock) -> str:
    group = call("elbv2", "CreateTargetGroup", Name="web", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    web = group["TargetGroups"][0]["TargetGroupArn"]
    made = call("elbv2", "CreateLoadBalancer", Name="shop", Subnets=places, Tags=[TAG])["LoadBalancers"][0]
    arn = str(made["LoadBalancerArn"])
    secure = {"Protocol": "HTTPS", "Certificates": [{"CertificateArn": certificate}]}
    listener = call("elbv2", "CreateListener", LoadBalancerArn=arn, Port=443, DefaultActions=[REPLY], **secure)
    front = listener["Listeners"][0]["ListenerArn"]
    forward = {"Type": "forward", "TargetGroupArn": web}
    rule = call("elbv2", "CreateRule", ListenerArn=front, Priority=1, Conditions=[PATH], Actions=[forward])
    path = rule["Rules"][0]["RuleArn"]
    call("elbv2", "RegisterTargets", TargetGroupArn=web, Targets=[{"Id": "127.19.0.20"}])
    call("elbv2", "DescribeTargetHealth", TargetGroupArn=web)
    call("elbv2", "DeregisterTargets", TargetGroupArn=web, Targets=[{"Id": "127.19.0.20"}])
    for operation in ("DescribeLoadBalancers", "DescribeTargetGroups", "DescribeSSLPolicies", "DescribeAccountLimits"):
        call("elbv2", operation)
    call("elbv2", "DescribeListeners", LoadBalancerArn=arn)
    call("elbv2", "DescribeRules", ListenerArn=front)
    call("elbv2", "DescribeListenerCertificates", ListenerArn=front)
    for kind, each, change in (
        ("LoadBalancer", arn, {"Key": "idle_timeout.timeout_seconds", "Value": "75"}),
        ("TargetGroup", web, {"Key": "slow_start.duration_seconds", "Value": "30"}),
        ("Listener", front, {"Key": "routing.http.response.server.enabled", "Value": "false"}),
    ):
        call("elbv2", f"Describe{kind}Attributes", **{f"{kind}Arn": each})
        call("elbv2", f"Modify{kind}Attributes", **{f"{kind}Arn": each, "Attributes": [change]})
    call("elbv2", "AddTags", ResourceArns=[web], Tags=[TAG])
    call("elbv2", "DescribeTags", ResourceArns=[arn, web])
    call("elbv2", "RemoveTags", ResourceArns=[web], TagKeys=["team"])
    call("elbv2", "ModifyTargetGroup", TargetGroupArn=web, HealthCheckPath="/healthz")
    call("elbv2", "ModifyListener", ListenerArn=front, DefaultActions=[REPLY])
    call("elbv2", "ModifyRule", RuleArn=path, Actions=[REPLY])
    call("elbv2", "SetRulePriorities", RulePriorities=[{"RuleArn": path, "Priority": 2}])
    more = {"ListenerArn": front, "Certificates": [{"CertificateArn": certificate}]}
    call("elbv2", "AddListenerCertificates", **more)
    call("elbv2", "RemoveListenerCertificates", **more)
    call("elbv2", "SetSubnets", LoadBalancerArn=arn, Subnets=places[:2])
    call("elbv2", "SetSecurityGroups", LoadBalancerArn=arn, SecurityGroups=made["SecurityGroups"])
    call("elbv2", "SetIpAddressType", LoadBalancerArn=arn, IpAddressType="ipv4")
    call("elbv2", "ModifyIpPools", LoadBalancerArn=arn, IpamPools={"Ipv4IpamPoolId": "ipam-pool-1"})
    clock.advance(60)
    capacity = {"CapacityUnits": 100}
    call("elbv2", "ModifyCapacityReservation", LoadBalancerArn=arn, MinimumLoadBalancerCapacity=capacity)
    call("elbv2", "DescribeCapacityReservation", LoadBalancerArn=arn)
    bundle = {"CaCertificatesBundleS3Bucket": "b", "CaCertificatesBundleS3Key": "k"}
    store = call("elbv2", "CreateTrustStore", Name="clients", **bundle)["TrustStores"][0]["TrustStoreArn"]
    call("elbv2", "DescribeTrustStores", Names=["clients"])
    call("elbv2", "DeleteTrustStore", TrustStoreArn=store)
    call("elbv2", "DeleteRule", RuleArn=path)
    call("elbv2", "DeleteListener", ListenerArn=front)
    call("elbv2", "DeleteTargetGroup", TargetGroupArn=web)
    return arn


def play_classic(call: Checked, places: list[str], certificate: str) -> None:
    edge = {"LoadBalancerName": "edge"}
    secure = {"Protocol": "SSL", "LoadBalancerPort": 443, "InstancePort": 1, "SSLCertificateId": certificate}
    plain = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 1}
    call("elb", "CreateLoadBalancer", **edge, Listeners=[secure], Subnets=places[:1], Tags=[TAG])
    call("elb", "CreateLoadBalancerListeners", **edge, Listeners=[plain])
    call("elb", "DeleteLoadBalancerListeners", **edge, LoadBalancerPorts=[80])
    call("elb", "AttachLoadBalancerToSubnets", **edge, Subnets=places[1:])
    call("elb", "DetachLoadBalancerFromSubnets", **edge, Subnets=places[:1])
    (found,) = call("elb", "DescribeLoadBalancers")["LoadBalancerDescriptions"]
    call("elb", "ApplySecurityGroupsToLoadBalancer", **edge, SecurityGroups=found["SecurityGroups"])
    call("elb", "ConfigureHealthCheck", **edge, HealthCheck=found["HealthCheck"])
    attributes = call("elb", "DescribeLoadBalancerAttributes", **edge)["LoadBalancerAttributes"]
    call("elb", "ModifyLoadBalancerAttributes", **edge, LoadBalancerAttributes=attributes)
    call("elb", "CreateLoadBalancerPolicy", **edge, PolicyName="p", PolicyTypeName="ProxyProtocolPolicyType")
    call("elb", "DescribeLoadBalancerPolicies", **edge)
    call("elb", "SetLoadBalancerPoliciesForBackendServer", **edge, InstancePort=1, PolicyNames=["p"])
    call("elb", "SetLoadBalancerPoliciesOfListener", **edge, LoadBalancerPort=443, PolicyNames=["p"])
    nodes = [{"InstanceId": instance_id("a")}]
    call("elb", "RegisterInstancesWithLoadBalancer", **edge, Instances=nodes)
    call("elb", "DescribeInstanceHealth", **edge)
    call("elb", "DeregisterInstancesFromLoadBalancer", **edge, Instances=nodes)
    call("elb", "AddTags", LoadBalancerNames=["edge"], Tags=[TAG])
    call("elb", "DescribeTags", LoadBalancerNames=["edge"])
    call("elb", "RemoveTags", LoadBalancerNames=["edge"], Tags=[{"Key": "team"}])
    call("elb", "DeleteLoadBalancer", **edge)


def play_protection(call: Checked, balancer: str) -> None:
    settings = {"Scope": "REGIONAL", "DefaultAction": {"Allow": {}}}
    visibility = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}
    acl = call("wafv2", "CreateWebACL", Name="mine", VisibilityConfig=visibility, **settings)["Summary"]
    call("wafv2", "ListWebACLs", Scope="REGIONAL")
    call("wafv2", "GetWebACL", Name="mine", Id=acl["Id"], Scope="REGIONAL")
    call("wafv2", "AssociateWebACL", ResourceArn=balancer, WebACLArn=acl["ARN"])
    call("wafv2", "GetWebACLForResource", ResourceArn=balancer)
    call("wafv2", "ListResourcesForWebACL", WebACLArn=acl["ARN"])
    call("wafv2", "DisassociateWebACL", ResourceArn=balancer)
    call("wafv2", "DeleteWebACL", Name="mine", Id=acl["Id"], Scope="REGIONAL", LockToken=acl["LockToken"])
    older = call("waf-regional", "ListWebACLs")["WebACLs"][0]["WebACLId"]
    call("waf-regional", "GetWebACL", WebACLId=older)
    call("waf-regional", "AssociateWebACL", ResourceArn=balancer, WebACLId=older)
    call("waf-regional", "GetWebACLForResource", ResourceArn=balancer)
    call("waf-regional", "DisassociateWebACL", ResourceArn=balancer)
    call("shield", "GetSubscriptionState")
    call("shield", "CreateSubscription")
    protection = call("shield", "CreateProtection", Name="p", ResourceArn=balancer)["ProtectionId"]
    call("shield", "DescribeProtection", ProtectionId=protection)
    call("shield", "DeleteProtection", ProtectionId=protection)


def play_the_rest(call: Checked) -> None:
    call("sts", "GetCallerIdentity")
    call("sts", "AssumeRole", **ROLE)
    call("sts", "AssumeRoleWithWebIdentity", **ROLE, WebIdentityToken="token")
    call("iam", "CreateServiceLinkedRole", AWSServiceName="elasticloadbalancing.amazonaws.com")
    call("iam", "ListServerCertificates")
    with pytest.raises(ApiError):
        call("iam", "GetServerCertificate", ServerCertificateName="a")
    call("cognito-idp", "DescribeUserPoolClient", UserPoolId="us-west-2_a", ClientId="one")
    call("resourcegroupstaggingapi", "GetResources")
    call("service-quotas", "ListServiceQuotas", ServiceCode="vpc")
    call("service-quotas", "GetServiceQuota", ServiceCode="vpc", QuotaCode="L-0EA8095F")
    zone = call("route53", "ListHostedZones")["HostedZones"][0]["Id"]
    call("route53", "ListHostedZonesByName")
    record = {"Name": "a.example.com", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "b"}]}
    changes = [{"Action": "UPSERT", "ResourceRecordSet": record}]
    call("route53", "ChangeResourceRecordSets", HostedZoneId=zone, ChangeBatch={"Changes": changes})
    call("route53", "ListResourceRecordSets", HostedZoneId=zone)


def test_answers_have_the_shape_of_the_model(call: Checked, clock: ManualClock) -> None:
    vpc, places = play_network(call)
    certificate = play_certificates(call)
    balancer = play_load_balancing(call, vpc, places, certificate, clock)
    play_classic(call, places, certificate)
    play_protection(call, balancer)
    play_the_rest(call)
    call("elbv2", "DeleteLoadBalancer", LoadBalancerArn=balancer)
    only_refused = {("ec2", "GetCoipPoolUsage"), ("acm", "ImportCertificate"), ("iam", "GetServerCertificate")}
    assert set(all_operations()) - call.called == only_refused
