"""Listeners: what drifts, what is sent, and what is switched off (spec/aws.md §5.4)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from albc.deploy.plan import Operation, make_plan
from albc.deploy.settings import DeploySettings
from albc.model.inventory import ActualListener, InventoryView
from albc.model.listener import Listener, ListenerAttribute, MutualAuthentication
from albc.model.stack import Stack

View = Callable[..., InventoryView]


@pytest.fixture
def https(site: Any) -> Listener:
    result: Listener = replace(
        site.listener(), id="443", port=443, protocol="HTTPS", certificates=("arn:a", "arn:b"), ssl_policy="P"
    )
    return result


def stack_of(site: Any, *listeners: Listener) -> Stack:
    return Stack.of(site.id, [site.security_group(), site.load_balancer(), *listeners])


def edited(view: InventoryView, **aws: Any) -> InventoryView:
    """The view with its only listener told otherwise by AWS."""
    [balancer] = view.load_balancers
    [listener] = balancer.listeners
    told = {key: value for key, value in {**listener.aws, **aws}.items() if value is not None}
    return with_listener(view, replace(listener, aws=told))


def with_listener(view: InventoryView, listener: ActualListener) -> InventoryView:
    [balancer] = view.load_balancers
    return replace(view, load_balancers=(replace(balancer, listeners=(listener,)),))


def test_a_new_https_listener_serves_all_its_certificates(site: Any, https: Listener, settings: DeploySettings) -> None:
    view = InventoryView(stack=site.id, tag_prefix="ingress.k8s.aws")

    operations = make_plan(stack_of(site, https), view, settings).operations

    create, *added = [one for one in operations if "listener" in one.action]
    assert create.params["Certificates"] == [{"CertificateArn": "arn:a"}]
    assert [one.params["Certificates"][0]["CertificateArn"] for one in added] == ["arn:a", "arn:b"]
    assert {one.action for one in added} == {"add_listener_certificates"}


def test_another_default_certificate_is_a_modification(
    site: Any, https: Listener, deployed: View, settings: DeploySettings
) -> None:
    wanted = replace(https, certificates=("arn:b", "arn:a"))

    [operation] = make_plan(stack_of(site, wanted), deployed(stack_of(site, https)), settings).operations

    assert operation.action == "modify_listener"
    assert operation.params["Certificates"] == [{"CertificateArn": "arn:b"}]


def test_certificates_are_added_before_others_are_removed(
    site: Any, https: Listener, deployed: View, settings: DeploySettings
) -> None:
    wanted = replace(https, certificates=("arn:a", "arn:c"))

    operations = make_plan(stack_of(site, wanted), deployed(stack_of(site, https)), settings).operations

    assert [(one.action, one.params["Certificates"][0]["CertificateArn"]) for one in operations] == [
        ("add_listener_certificates", "arn:c"),
        ("remove_listener_certificates", "arn:b"),
    ]


VERIFY = MutualAuthentication(mode="verify", trust_store_arn="arn:store")
TOLD = {"Mode": "verify", "TrustStoreArn": "arn:store", "AdvertiseTrustStoreCaNames": "off"}


@pytest.mark.parametrize(
    ("wanted", "actual", "drifts"),
    [
        (None, None, False),
        (None, {"Mode": "off"}, False),
        (MutualAuthentication(mode="off"), None, False),
        (MutualAuthentication(mode="off"), {"Mode": "off"}, False),
        (MutualAuthentication(mode="off"), {"Mode": "passthrough"}, True),
        (MutualAuthentication(mode="passthrough"), None, True),
        (MutualAuthentication(mode="passthrough"), {"Mode": "passthrough"}, False),
        (VERIFY, TOLD, False),
        (VERIFY, {**TOLD, "TrustStoreAssociationStatus": "active"}, False),
        (VERIFY, {**TOLD, "IgnoreClientCertificateExpiry": False}, False),
        (VERIFY, {**TOLD, "IgnoreClientCertificateExpiry": True}, True),
        (VERIFY, {**TOLD, "AdvertiseTrustStoreCaNames": "on"}, True),
        (VERIFY, {**TOLD, "TrustStoreArn": "arn:other"}, True),
    ],
)
def test_mutual_authentication_drifts(
    site: Any,
    https: Listener,
    deployed: View,
    settings: DeploySettings,
    wanted: MutualAuthentication | None,
    actual: dict[str, Any] | None,
    drifts: bool,
) -> None:
    stack = stack_of(site, replace(https, mutual_authentication=wanted))
    view = edited(deployed(stack_of(site, https)), MutualAuthentication=actual)

    assert make_plan(stack, view, settings).is_empty is not drifts


def modified(site: Any, listener: Listener, view: InventoryView, settings: DeploySettings) -> Operation | None:
    return next(iter(make_plan(stack_of(site, listener), view, settings).operations), None)


def test_what_is_no_longer_wanted_stays_as_it_is_unless_defaults_are_enhanced(
    site: Any, https: Listener, deployed: View, settings: DeploySettings
) -> None:
    view = edited(deployed(stack_of(site, https)), MutualAuthentication={"Mode": "passthrough"})
    enhanced = replace(settings, enhanced_default_behavior=True)

    assert modified(site, https, view, settings) is None
    operation = modified(site, https, view, enhanced)
    assert operation is not None
    assert operation.params["MutualAuthentication"] == {"Mode": "off"}


def test_gateways_always_have_enhanced_defaults(
    site: Any, https: Listener, deployed: View, settings: DeploySettings
) -> None:
    stack = stack_of(site, https)
    view = edited(deployed(stack, prefix="gateway.k8s.aws.alb"), MutualAuthentication={"Mode": "passthrough"})

    assert not make_plan(stack, view, settings).is_empty


def test_off_is_not_said_to_a_listener_that_is_off(
    site: Any, https: Listener, deployed: View, settings: DeploySettings
) -> None:
    enhanced = replace(settings, enhanced_default_behavior=True)
    view = edited(deployed(stack_of(site, https)), SslPolicy="Old")

    operation = modified(site, https, view, enhanced)

    assert operation is not None
    assert "MutualAuthentication" not in operation.params
    assert "AlpnPolicy" not in operation.params


@pytest.mark.parametrize(
    ("wanted", "actual", "enhanced", "drifts"),
    [
        ((), None, False, False),
        ((), ["HTTP2Only"], False, False),
        ((), ["HTTP2Only"], True, True),
        ((), ["None"], True, False),
        (("HTTP2Only",), None, False, True),
        (("HTTP2Only",), ["HTTP2Only"], True, False),
    ],
)
def test_alpn_drifts(
    site: Any,
    https: Listener,
    deployed: View,
    settings: DeploySettings,
    wanted: tuple[str, ...],
    actual: list[str] | None,
    enhanced: bool,
    drifts: bool,
) -> None:
    tls = replace(https, protocol="TLS", alpn_policy=wanted)
    view = edited(deployed(stack_of(site, tls)), AlpnPolicy=actual)
    settings = replace(settings, enhanced_default_behavior=enhanced)

    assert make_plan(stack_of(site, tls), view, settings).is_empty is not drifts


def test_a_listener_on_another_port_is_made_before_the_old_one_goes(
    site: Any, https: Listener, deployed: View, settings: DeploySettings
) -> None:
    plan = make_plan(stack_of(site, site.listener()), deployed(stack_of(site, https)), settings)

    assert [one.action for one in plan.operations] == ["create_listener", "delete_listener"]


def test_attributes_of_a_tls_listener_are_left_alone(
    site: Any, https: Listener, deployed: View, settings: DeploySettings
) -> None:
    stack = stack_of(site, https)
    attributes = (ListenerAttribute(key="tcp.idle_timeout.seconds", value="60"),)

    http = make_plan(stack_of(site, replace(https, listener_attributes=attributes)), deployed(stack), settings)
    tls = replace(https, protocol="TLS")
    none = make_plan(
        stack_of(site, replace(tls, listener_attributes=attributes)), deployed(stack_of(site, tls)), settings
    )

    assert [one.action for one in http.operations] == ["modify_listener_attributes"]
    assert none.is_empty


def test_without_the_gate_listeners_and_rules_have_no_tags(site: Any, settings: DeploySettings) -> None:
    settings = replace(settings, listener_rules_tagging=False)
    view = InventoryView(stack=site.id, tag_prefix="ingress.k8s.aws")

    operations = make_plan(site.stack("a.example.com"), view, settings).operations

    assert [one.action for one in operations if "Tags" in one.params] == ["create_target_group", "create_load_balancer"]
