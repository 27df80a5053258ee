from collections.abc import Callable

import pytest

from albc.local.aws import Account, ApiError

Make = Callable[..., str]


def attributes(account: Account, kind: str, arn: str) -> dict[str, str]:
    answer = account.call("elbv2", f"Describe{kind}Attributes", {f"{kind}Arn": arn})
    return {each["Key"]: each["Value"] for each in answer["Attributes"]}


def modify(account: Account, kind: str, arn: str, **values: str) -> None:
    wanted = [{"Key": key.replace("__", "."), "Value": value} for key, value in values.items()]
    account.call("elbv2", f"Modify{kind}Attributes", {f"{kind}Arn": arn, "Attributes": wanted})


def test_each_type_of_load_balancer_has_all_its_attributes_from_the_start(
    account: Account, alb: Make, nlb: Make
) -> None:
    application = attributes(account, "LoadBalancer", alb())
    network = attributes(account, "LoadBalancer", nlb())
    assert application["idle_timeout.timeout_seconds"] == "60"
    assert application["load_balancing.cross_zone.enabled"] == "true"
    assert len(application) >= 20
    assert network["load_balancing.cross_zone.enabled"] == "false"
    assert "idle_timeout.timeout_seconds" not in network


def test_internal_load_balancers_are_closed_to_internet_gateways_over_ipv6(account: Account, alb: Make) -> None:
    assert attributes(account, "LoadBalancer", alb("a"))["ipv6.deny_all_igw_traffic"] == "false"
    inner = alb("b", Scheme="internal")
    assert attributes(account, "LoadBalancer", inner)["ipv6.deny_all_igw_traffic"] == "true"


@pytest.mark.parametrize(
    ("protocol", "target_type", "keeps"),
    [("TCP", "ip", "false"), ("TCP", "instance", "true"), ("TLS", "ip", "false"), ("UDP", "ip", "true")],
)
def test_the_client_address_is_kept_by_default_as_protocol_and_type_say(
    account: Account, group: Make, protocol: str, target_type: str, keeps: str
) -> None:
    arn = group(Protocol=protocol, TargetType=target_type)
    assert attributes(account, "TargetGroup", arn)["preserve_client_ip.enabled"] == keeps


def test_datagram_groups_end_connections_after_draining_by_default(account: Account, group: Make) -> None:
    key = "deregistration_delay.connection_termination.enabled"
    assert attributes(account, "TargetGroup", group("udp", Protocol="UDP"))[key] == "true"
    assert attributes(account, "TargetGroup", group("tcp", Protocol="TCP"))[key] == "false"


def test_only_the_named_attributes_change(account: Account, alb: Make) -> None:
    arn = alb()
    before = attributes(account, "LoadBalancer", arn)
    modify(account, "LoadBalancer", arn, idle_timeout__timeout_seconds="75")
    assert attributes(account, "LoadBalancer", arn) == {**before, "idle_timeout.timeout_seconds": "75"}


def test_unknown_keys_and_those_of_another_type_are_refused(
    account: Account, alb: Make, nlb: Make, group: Make
) -> None:
    for kind, arn, key in (
        ("LoadBalancer", alb(), "a"),
        ("LoadBalancer", nlb(), "idle_timeout__timeout_seconds"),
        ("TargetGroup", group("http"), "proxy_protocol_v2__enabled"),
        ("TargetGroup", group("tcp", Protocol="TCP"), "slow_start__duration_seconds"),
    ):
        with pytest.raises(ApiError, match=r"^ValidationError: .* is not recognized"):
            modify(account, kind, arn, **{key: "true"})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("idle_timeout__timeout_seconds", "4001"),
        ("idle_timeout__timeout_seconds", "soon"),
        ("deletion_protection__enabled", "maybe"),
        ("load_balancing__cross_zone__enabled", "false"),
        ("routing__http__desync_mitigation_mode", "lax"),
    ],
)
def test_values_out_of_range_are_refused_and_nothing_changes(account: Account, alb: Make, key: str, value: str) -> None:
    arn = alb()
    before = attributes(account, "LoadBalancer", arn)
    with pytest.raises(ApiError, match=r"^ValidationError: .*it takes"):
        modify(account, "LoadBalancer", arn, waf__fail_open__enabled="true", **{key: value})
    assert attributes(account, "LoadBalancer", arn) == before


def test_logs_need_a_bucket(account: Account, alb: Make) -> None:
    arn = alb()
    with pytest.raises(ApiError, match=r"^InvalidConfigurationRequest: .*bucket"):
        modify(account, "LoadBalancer", arn, access_logs__s3__enabled="true")
    modify(account, "LoadBalancer", arn, access_logs__s3__enabled="true", access_logs__s3__bucket="logs")


def test_listeners_have_the_attributes_of_their_protocol(
    account: Account, alb: Make, nlb: Make, group: Make, listener: Make, certificate: Make
) -> None:
    front = alb()
    http = attributes(account, "Listener", listener(front))
    secure = {"Protocol": "HTTPS", "Certificates": [{"CertificateArn": certificate()}]}
    https = attributes(account, "Listener", listener(front, 443, **secure))
    tcp = attributes(account, "Listener", listener(nlb(), Protocol="TCP", to=group(Protocol="TCP")))
    assert http["routing.http.response.server.enabled"] == "true"
    assert "routing.http.request.x_amzn_tls_version.header_name" not in http
    assert https["routing.http.request.x_amzn_tls_version.header_name"] == "X-Amzn-Tls-Version"
    assert tcp == {"tcp.idle_timeout.seconds": "350"}


def test_a_listener_that_becomes_https_keeps_its_values(
    account: Account, alb: Make, listener: Make, certificate: Make
) -> None:
    front = listener(alb())
    modify(account, "Listener", front, routing__http__response__server__enabled="false")
    secure = {"Protocol": "HTTPS", "Certificates": [{"CertificateArn": certificate()}]}
    account.call("elbv2", "ModifyListener", {"ListenerArn": front, **secure})
    now = attributes(account, "Listener", front)
    assert now["routing.http.response.server.enabled"] == "false"
    assert "routing.http.request.x_amzn_tls_version.header_name" in now
