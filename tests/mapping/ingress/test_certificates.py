"""Certificates that are named, requested or found by host (spec/ingress.md §10)."""

from dataclasses import replace
from typing import Any

import pytest

from albc.kube.objects import Ingress
from albc.mapping.ingress.build import wants
from albc.model.certificate import Certificate
from albc.model.facts import CertificateFact
from tests.mapping.ingress.kit import (
    APEX,
    FACTS,
    SETTINGS,
    WILDCARD,
    annotated,
    class_with,
    fault,
    group_id,
    ingress,
    listener,
    path,
    rule,
    settings,
    snapshot,
    stack,
)

HTTPS = {"listen-ports": '[{"HTTPS": 443}]'}
MANAGED = settings(enable_certificate_management=True)


def hosts(*names: str, **more: Any) -> Ingress:
    return ingress(*(rule(path(), host=name) for name in names), annotations=HTTPS, **more)


def requesting(*names: str, **annotations: str) -> Ingress:
    own = {"create-acm-cert": "true", **{k.replace("_", "-"): v for k, v in annotations.items()}}
    return ingress(*(rule(path(), host=name) for name in names), name="web-front", annotations=own)


def requested(subject: Ingress, **more: Any) -> Certificate:
    [found] = stack(subject, group="shop/web-front", **{"settings": MANAGED, **more}).all(Certificate)
    return found


def test_certificates_are_found_for_hosts_of_rules_and_of_tls() -> None:
    subject = hosts("a.example.com", tls=[{"hosts": ["example.com"]}])

    assert listener(stack(subject), 443).certificates == (APEX, WILDCARD)


def test_a_host_without_certificate_is_told() -> None:
    message = fault(hosts("example.com", "example.org"))

    assert "no certificate found for host: example.org" in message
    assert "alb.ingress.kubernetes.io/certificate-arn" in message


def test_certificates_are_only_looked_for_where_https_needs_them() -> None:
    def asked(subject: Ingress) -> bool:
        return wants(group_id("shop/web"), snapshot(subject), SETTINGS).certificates

    assert asked(hosts("example.com"))
    assert not asked(ingress(rule(path(), host="example.com")))
    assert not asked(annotated(certificate_arn="x"))


@pytest.mark.parametrize(
    "tags",
    [
        {"elbv2.k8s.aws/cluster": "x", "ingress.k8s.aws/stack": "y"},
        {"elbv2.k8s.aws/cluster": "x", "gateway.k8s.aws.alb/stack": "y", "elbv2.k8s.aws/certificate-fingerprint": "z"},
    ],
)
def test_a_certificate_that_albc_requested_or_imported_is_not_found_by_others(tags: dict[str, str]) -> None:
    ours = CertificateFact(arn="arn:cert/a-ours", domains=("example.com",), tags=tags)
    facts = replace(FACTS, certificates=(*FACTS.certificates, ours))

    assert listener(stack(hosts("example.com"), facts=facts, settings=MANAGED), 443).certificates == (APEX,)


def test_requesting_needs_the_feature_gate() -> None:
    assert not stack(requesting("example.com"), group="shop/web-front").all(Certificate)


def test_a_requested_certificate_covers_all_hosts() -> None:
    found = requested(requesting("b.example.com", "*.example.com"))

    assert found.id == "amazon_issued/wildcard.example.com-aa6ac661"
    assert (found.kind, found.domain_name, found.validation_method) == ("AMAZON_ISSUED", "*.example.com", "DNS")
    assert found.subject_alternative_names == ("*.example.com", "b.example.com")
    assert found.certificate_authority_arn == ""


def test_a_requested_certificate_makes_the_listener_and_stands_in_it() -> None:
    found = stack(requesting("example.com"), group="shop/web-front", settings=MANAGED)

    assert listener(found, 443).certificates == (found.all(Certificate)[0].arn,)


def test_an_authority_makes_a_requested_certificate_private() -> None:
    by_flag = replace(MANAGED, default_pca_arn="arn:pca/flag")

    assert requested(requesting("example.com"), settings=by_flag).certificate_authority_arn == "arn:pca/flag"
    own = requested(requesting("example.com", acm_pca_arn="arn:pca/own"), settings=by_flag)
    assert (own.kind, own.certificate_authority_arn) == ("PRIVATE", "arn:pca/own")
    assert requested(requesting("example.com", acm_pca_arn="")).kind == "AMAZON_ISSUED"


@pytest.mark.parametrize("flag", ["false", "maybe", ""])
def test_an_unparsable_wish_requests_nothing(flag: str) -> None:
    subject = requesting("example.com", create_acm_cert=flag)

    assert not stack(subject, group="shop/web-front", settings=MANAGED).all(Certificate)


def test_a_named_certificate_requests_nothing_but_one_of_the_class_does_not_prevent_it() -> None:
    named = requesting("example.com", certificate_arn="arn:cert/own")
    assert not stack(named, group="shop/web-front", settings=MANAGED).all(Certificate)

    by_class = class_with(certificateArn=["arn:cert/ours"])
    found = stack(requesting("example.com"), *by_class, group="shop/web-front", settings=MANAGED)
    assert len(found.all(Certificate)) == 1
    assert listener(found, 443).certificates == ("arn:cert/ours",)


def test_requesting_needs_a_host() -> None:
    assert "needs a hostname" in fault(requesting(), group="shop/web-front", settings=MANAGED)


def test_default_tags_of_a_requested_certificate_win_always() -> None:
    low = replace(MANAGED, default_tags={"a": "default"}, enable_default_tags_low_priority=True)

    assert requested(requesting("example.com", tags="a=1,b=2"), settings=low).tags == {"a": "default", "b": "2"}
