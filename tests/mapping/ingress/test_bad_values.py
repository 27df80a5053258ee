"""Every annotation's bad value is a problem of the Ingress that has it: which annotation, which value, what is allowed,
and the form that was probably meant, where there is one.
"""

from typing import Any

import pytest

from albc.mapping.ingress.annotations import REGISTER
from tests.mapping.ingress.kit import PREFIX, action, annotated, built, errors, ingress, path, rule, settings, warnings

LIST = "list", "put it in brackets: [{…}]"
PAIRS = "x", "must be key=value pairs with commas between them"
INTEGER = "30 s", "must be a whole number of 32 bits, without blanks; did you mean 30?"
TRUTH = "yes", "must be true or false; did you mean true?"
JSON = "{x", "is not valid JSON"

BAD: dict[str, tuple[str, str]] = {
    "group.order": ("5000", "must be a number from -1000 to 1000"),
    "load-balancer-name": ("x" * 33, "cannot be longer than 32 characters"),
    "scheme": ("Internal", "must be one of internal, internet-facing; did you mean internal?"),
    "ip-address-type": ("IPv4", "must be one of ipv4, dualstack, dualstack-without-public-ipv4; did you mean ipv4?"),
    "subnets": ("nowhere", "none has the id or the Name tag [nowhere] in vpc-1"),
    "customer-owned-ipv4-pool": ("", "must not be empty"),
    "load-balancer-attributes": PAIRS,
    "minimum-load-balancer-capacity": ("CapacityUnits=ten", "must be a number from 0"),
    "security-groups": ("nobody", "none has the id or the Name tag [nobody] in vpc-1"),
    "manage-backend-security-group-rules": TRUTH,
    "inbound-cidrs": ("10.0.0.1", "is no CIDR block; did you mean 10.0.0.1/32?"),
    "listen-ports": ('{"HTTP": 80}', "must be a list, not an object; put it in brackets"),
    "ssl-redirect": ("443.0", "did you mean 443?"),
    "mutual-authentication": ('{"port": 443}', "must be a list, not an object; put it in brackets"),
    "listener-attributes.HTTP-80": PAIRS,
    "tags": PAIRS,
    "wafv2-acl-name": ("nobody", "couldn't find WAFv2 WebACL with name: nobody"),
    "shield-advanced-protection": TRUTH,
    "target-type": ("IP", "must be one of instance, ip; did you mean ip?"),
    "target-node-labels": PAIRS,
    "target-control-port.cart.80": INTEGER,
    "backend-protocol": ("https", "must be one of HTTP, HTTPS; did you mean HTTPS?"),
    "backend-protocol-version": ("grpc", "must be one of HTTP1, HTTP2, GRPC; did you mean GRPC?"),
    "target-group-attributes": PAIRS,
    "multi-cluster-target-group": TRUTH,
    "healthcheck-port": ("nope", "unable to find port nope on service shop/cart, which has http (80)"),
    "healthcheck-protocol": ("Http", "must be one of HTTP, HTTPS; did you mean HTTP?"),
    "healthcheck-interval-seconds": INTEGER,
    "healthcheck-timeout-seconds": ("0", "must be from 2 to 120"),
    "healthy-threshold-count": ("1", "must be from 2 to 10"),
    "unhealthy-threshold-count": ("11", "must be from 2 to 10"),
    "auth-type": ("OIDC", "must be one of none, cognito, oidc; did you mean oidc?"),
    "auth-idp-cognito": JSON,
    "auth-idp-oidc": JSON,
    "auth-session-timeout": ("60s", "must be a whole number of 64 bits, without blanks; did you mean 60?"),
    "jwt-validation": ("{}", "must have jwksEndpoint"),
    "actions.cart": ('{"type": "Redirect"}', 'not "Redirect"; did you mean redirect?'),
    "conditions.cart": ("{}", "must be a list, not an object; put it in brackets"),
    "transforms.cart": ("{}", "must be a list, not an object; put it in brackets"),
    "use-regex-path-match": TRUTH,
    "enable-frontend-nlb": TRUTH,
    "frontend-nlb-scheme": ("internet_facing", "did you mean internet-facing?"),
    "frontend-nlb-subnets": ("nowhere", "none has the id or the Name tag [nowhere] in vpc-1"),
    "frontend-nlb-eip-allocations": ("eip-1", "only be set for internet facing load balancers"),
    "frontend-nlb-security-groups": ("nobody", "none has the id or the Name tag [nobody] in vpc-1"),
    "frontend-nlb-listener-port-mapping": PAIRS,
    "frontend-nlb-healthcheck-port": ("http", "must be a number from 1 to 65535, or traffic-port"),
    "frontend-nlb-healthcheck-protocol": ("https", "did you mean HTTPS?"),
    "frontend-nlb-healthcheck-interval-seconds": ("1", "must be from 5 to 300"),
    "frontend-nlb-healthcheck-timeout-seconds": INTEGER,
    "frontend-nlb-healthcheck-healthy-threshold-count": INTEGER,
    "frontend-nlb-healthcheck-unhealthy-threshold-count": INTEGER,
    "frontend-nlb-attributes": (
        "dns_record.client_routing_policy=any-availability-zone",
        "did you mean any_availability_zone?",
    ),
    "frontend-nlb-tags": PAIRS,
}

ANY_TEXT = {
    "group.name",  # what cannot be a name is told by `load_problems`
    "ipam-ipv4-pool-id",
    "security-group-prefix-lists",
    "certificate-arn",
    "create-acm-cert",  # counts as false, with a warning
    "acm-pca-arn",
    "ssl-policy",
    "wafv2-acl-arn",
    "waf-acl-id",
    "web-acl-id",
    "healthcheck-path",
    "success-codes",
    "auth-on-unauthenticated-request",
    "auth-scope",
    "auth-session-cookie",
    "frontend-nlb-healthcheck-path",
    "frontend-nlb-healthcheck-success-codes",
    "dry-run-plan",
}


def subject(name: str, value: str) -> Any:
    """An Ingress that makes use of the annotation."""
    annotations = {"target-type": "instance" if name == "target-node-labels" else "ip", name: value}
    if name.startswith("frontend-nlb-"):
        annotations["enable-frontend-nlb"] = "true"
    if name.startswith("manage-"):
        annotations["security-groups"] = "web"
    of_path = {"actions.cart": action("cart"), "use-regex-path-match": path(type="ImplementationSpecific")}
    return ingress(rule(of_path.get(name, path())), annotations=annotations)


def test_every_annotation_has_its_bad_value_here_or_takes_any_text() -> None:
    assert [
        row.name for row in REGISTER.rows if not any(name.startswith(row.fixed_part) for name in {*BAD, *ANY_TEXT})
    ] == []


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_told_with_its_annotation_and_what_is_allowed(name: str) -> None:
    value, allowed = BAD[name]
    [problem] = errors(built(subject(name, value)))
    assert problem.message.startswith(f"{PREFIX}{name}: ")
    assert value.rpartition("=")[2] in problem.message
    assert allowed in problem.message


@pytest.mark.parametrize("name", sorted(ANY_TEXT - {"group.name"}))
def test_any_other_text_is_taken(name: str) -> None:
    assert not errors(built(subject(name, "anything at all")))


def test_a_misread_create_acm_cert_counts_as_false_and_is_told() -> None:
    management = settings(enable_certificate_management=True)
    [warning] = warnings(annotated(create_acm_cert="yes"), settings=management)
    assert 'create-acm-cert: the value "yes" counts as false; did you mean true?' in warning.message


@pytest.mark.parametrize("name", ["subnets", "frontend-nlb-eip-allocations", "security-groups", "wafv2-acl-name"])
def test_a_message_stays_on_one_line_whatever_the_value_holds(name: str) -> None:
    [problem] = errors(built(subject(name, "a\nb\tc")))
    assert r"a\nb\tc" in problem.message
