from collections.abc import Callable
from typing import Any

import pytest

from albc.local.aws import Account, ApiError

Make = Callable[..., str]


def described(account: Account, arn: str) -> dict[str, Any]:
    return dict(account.call("elbv2", "DescribeListeners", {"ListenerArns": [arn]})["Listeners"][0])


def test_a_port_is_taken_once(alb: Make, listener: Make, group: Make) -> None:
    arn = alb()
    assert listener(arn, 80) == listener(arn, 80), "the same request again is the same listener"
    with pytest.raises(ApiError, match=r"^DuplicateListener"):
        listener(arn, 80, to=group())


@pytest.mark.parametrize(("kind", "protocol"), [("alb", "TCP"), ("alb", "UDP"), ("nlb", "HTTP"), ("nlb", "HTTPS")])
def test_protocols_belong_to_types(kind: str, protocol: str, listener: Make, request: pytest.FixtureRequest) -> None:
    arn = request.getfixturevalue(kind)()
    with pytest.raises(ApiError, match=rf"^ValidationError: Listener protocol '{protocol}' must be one of"):
        listener(arn, Protocol=protocol)


def test_plain_listeners_take_no_tls_settings(alb: Make, listener: Make, certificate: Make) -> None:
    for settings in ({"Certificates": [{"CertificateArn": certificate()}]}, {"SslPolicy": "ELBSecurityPolicy-2016-08"}):
        with pytest.raises(ApiError, match=r"^ValidationError: .* cannot be specified for HTTP listeners"):
            listener(alb(), **settings)


def test_security_policies_must_be_known_and_have_a_default(
    account: Account, alb: Make, listener: Make, certificate: Make
) -> None:
    arn, secure = alb(), {"Protocol": "HTTPS", "Certificates": [{"CertificateArn": certificate()}]}
    with pytest.raises(ApiError, match=r"^SSLPolicyNotFound"):
        listener(arn, 443, **secure, SslPolicy="Strongest")
    assert described(account, listener(arn, 443, **secure))["SslPolicy"] == "ELBSecurityPolicy-2016-08"


def test_a_listener_can_be_changed_in_place(account: Account, alb: Make, listener: Make, certificate: Make) -> None:
    front = listener(alb(), 80)
    account.call(
        "elbv2",
        "ModifyListener",
        {
            "ListenerArn": front,
            "Port": 443,
            "Protocol": "HTTPS",
            "Certificates": [{"CertificateArn": certificate()}],
            "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        },
    )
    now = described(account, front)
    assert (now["Port"], now["Protocol"]) == (443, "HTTPS")
    assert now["DefaultActions"][0]["FixedResponseConfig"] == {"StatusCode": "404"}, "what is not named stays"


def test_a_listener_cannot_move_to_a_port_in_use(account: Account, alb: Make, listener: Make) -> None:
    arn = alb()
    listener(arn, 80)
    other = listener(arn, 81)
    with pytest.raises(ApiError, match=r"^DuplicateListener"):
        account.call("elbv2", "ModifyListener", {"ListenerArn": other, "Port": 80})


def test_mutual_tls_verifies_against_a_trust_store_that_exists(
    account: Account, alb: Make, listener: Make, certificate: Make
) -> None:
    bundle = {"CaCertificatesBundleS3Bucket": "b", "CaCertificatesBundleS3Key": "k"}
    store = account.call("elbv2", "CreateTrustStore", {"Name": "clients", **bundle})["TrustStores"][0]["TrustStoreArn"]
    secure = {"Protocol": "HTTPS", "Certificates": [{"CertificateArn": certificate()}]}
    arn = alb()
    with pytest.raises(ApiError, match=r"^ValidationError: A trust store must be specified"):
        listener(arn, 443, **secure, MutualAuthentication={"Mode": "verify"})
    with pytest.raises(ApiError, match=r"^TrustStoreNotFound"):
        listener(arn, 443, **secure, MutualAuthentication={"Mode": "verify", "TrustStoreArn": store + "0"})
    front = listener(arn, 443, **secure, MutualAuthentication={"Mode": "verify", "TrustStoreArn": store})
    assert described(account, front)["MutualAuthentication"] == {
        "Mode": "verify",
        "TrustStoreArn": store,
        "IgnoreClientCertificateExpiry": False,
        "TrustStoreAssociationStatus": "active",
        "AdvertiseTrustStoreCaNames": "off",
    }
    with pytest.raises(ApiError, match=r"^TrustStoreInUse"):
        account.call("elbv2", "DeleteTrustStore", {"TrustStoreArn": store})
    account.call("elbv2", "ModifyListener", {"ListenerArn": front, "MutualAuthentication": {"Mode": "off"}})
    assert described(account, front)["MutualAuthentication"] == {"Mode": "off"}


def test_alpn_policies_are_for_tls(account: Account, nlb: Make, listener: Make, group: Make, certificate: Make) -> None:
    arn, backend = nlb(), group("tcp", Protocol="TCP")
    with pytest.raises(ApiError, match=r"^ValidationError: ALPN"):
        listener(arn, 80, Protocol="TCP", to=backend, AlpnPolicy=["HTTP2Only"])
    secure = {"Protocol": "TLS", "Certificates": [{"CertificateArn": certificate()}]}
    front = listener(arn, 443, to=backend, **secure, AlpnPolicy=["HTTP2Only"])
    assert described(account, front)["AlpnPolicy"] == ["HTTP2Only"]


@pytest.mark.parametrize(
    ("listener_protocol", "group_protocol", "fits"),
    [
        ("TCP", "TCP", True),
        ("TCP", "TCP_UDP", True),
        ("TCP", "UDP", False),
        ("UDP", "UDP", True),
        ("TCP_UDP", "TCP_UDP", True),
        ("TCP_UDP", "TCP", False),
        ("TCP", "HTTP", False),
    ],
)
def test_listeners_forward_only_to_groups_of_a_fitting_protocol(
    nlb: Make, group: Make, listener: Make, listener_protocol: str, group_protocol: str, fits: bool
) -> None:
    arn, backend = nlb(), group(Protocol=group_protocol)
    if fits:
        assert listener(arn, Protocol=listener_protocol, to=backend)
        return
    with pytest.raises(ApiError, match=r"^IncompatibleProtocols"):
        listener(arn, Protocol=listener_protocol, to=backend)


def test_a_target_group_serves_one_load_balancer(alb: Make, group: Make, listener: Make) -> None:
    web = group()
    one, two = alb("one"), alb("two")
    listener(one, to=web)
    listener(one, 81, to=web)
    with pytest.raises(ApiError, match=r"^TargetGroupAssociationLimit"):
        listener(two, to=web)


def test_a_listener_of_an_unknown_load_balancer_or_group_is_refused(alb: Make, group: Make, listener: Make) -> None:
    arn, web = alb(), group()
    with pytest.raises(ApiError, match=r"^LoadBalancerNotFound"):
        listener(arn + "0")
    with pytest.raises(ApiError, match=r"^TargetGroupNotFound"):
        listener(arn, to=web + "0")


def test_udp_on_dual_stack_is_known_to_need_source_nat_prefixes(listener: Make, nlb: Make, group: Make) -> None:
    assert listener(nlb(), 53, Protocol="UDP", to=group("dns", Protocol="UDP")), "IPv4 needs none"
