"""HTTPRoutes: redirects and rewrites, and what an ALB cannot do."""

from typing import Any

import pytest

from tests.gateway_conformance.objects import (
    Plain,
    exact,
    full_path,
    gateway,
    http_route,
    https,
    matching,
    parent,
    prefix,
    prefix_path,
    redirect,
    rewrite,
    to,
)
from tests.gateway_conformance.suite import Request, Suite

pytestmark = pytest.mark.anyio

V1, V2, V3 = "infra-backend-v1", "infra-backend-v2", "infra-backend-v3"


@pytest.mark.conformance("HTTPRouteRedirectHostAndStatus", profile="HTTPRoute", level="core")
async def test_redirects_to_another_host_with_the_wanted_status(suite: Suite) -> None:
    rules = (
        redirect(hostname="example.org") | matching(prefix("/hostname-redirect")),
        redirect(hostname="example.org", statusCode=301) | matching(prefix("/host-and-status")),
    )
    await suite.apply(gateway("redirects"), http_route("redirects", *rules, parents=[parent("redirects")]))

    await suite.answers("redirects", Request("/hostname-redirect"), 302, "http://example.org:80/hostname-redirect")
    await suite.answers("redirects", Request("/host-and-status"), 301, "http://example.org:80/host-and-status")


@pytest.mark.conformance("HTTPRouteRedirectPath", profile="HTTPRoute", level="extended")
async def test_redirects_to_another_path(suite: Suite) -> None:
    rules = (
        redirect(**full_path("/full-path-replacement")) | matching(prefix("/full/path/original")),
        redirect(hostname="example.org", **full_path("/replacement")) | matching(prefix("/full-path-and-host")),
        redirect(hostname="example.org", statusCode=301, **full_path("/replacement"))
        | matching(prefix("/full-path-and-status")),
    )
    await suite.apply(gateway("redirect-path"), http_route("redirect-path", *rules, parents=[parent("redirect-path")]))

    for path, status, location in (
        ("/full/path/original", 302, "http://example.com:80/full-path-replacement"),
        ("/full-path-and-host", 302, "http://example.org:80/replacement"),
        ("/full-path-and-status", 301, "http://example.org:80/replacement"),
    ):
        await suite.answers("redirect-path", Request(path), status, location)


@pytest.mark.conformance("HTTPRouteRedirectPort", profile="HTTPRoute", level="extended")
async def test_redirects_to_another_port(suite: Suite) -> None:
    rules = (
        redirect(port=8083) | matching(prefix("/port")),
        redirect(port=8083, hostname="example.org") | matching(prefix("/port-and-host")),
        redirect(port=8083, statusCode=301) | matching(prefix("/port-and-status")),
        redirect(port=8083, hostname="example.org", statusCode=302) | matching(prefix("/port-and-host-and-status")),
    )
    await suite.apply(gateway("redirect-port"), http_route("redirect-port", *rules, parents=[parent("redirect-port")]))

    for path, status, location in (
        ("/port", 302, "http://example.com:8083/port"),
        ("/port-and-host", 302, "http://example.org:8083/port-and-host"),
        ("/port-and-status", 301, "http://example.com:8083/port-and-status"),
        ("/port-and-host-and-status", 302, "http://example.org:8083/port-and-host-and-status"),
    ):
        await suite.answers("redirect-port", Request(path), status, location)


@pytest.mark.conformance("HTTPRouteRedirectScheme", profile="HTTPRoute", level="extended")
@pytest.mark.conformance("HTTPRouteRedirectPortAndScheme", profile="HTTPRoute", level="extended")
async def test_redirects_to_another_scheme(suite: Suite) -> None:
    rules = (
        redirect(scheme="https") | matching(prefix("/scheme")),
        redirect(scheme="https", hostname="example.org") | matching(prefix("/scheme-and-host")),
        redirect(scheme="https", statusCode=301) | matching(prefix("/scheme-and-status")),
        redirect(scheme="https", port=8443) | matching(prefix("/scheme-and-port")),
    )
    await suite.apply(
        gateway("redirect-scheme"), http_route("redirect-scheme", *rules, parents=[parent("redirect-scheme")])
    )

    for path, status, location in (
        ("/scheme", 302, "https://example.com:443/scheme"),
        ("/scheme-and-host", 302, "https://example.org:443/scheme-and-host"),
        ("/scheme-and-status", 301, "https://example.com:443/scheme-and-status"),
        ("/scheme-and-port", 302, "https://example.com:8443/scheme-and-port"),
    ):
        await suite.answers("redirect-scheme", Request(path), status, location)


@pytest.mark.conformance("HTTPRouteRewriteHost", profile="HTTPRoute", level="extended")
async def test_backends_see_the_rewritten_host(suite: Suite) -> None:
    at = [parent("rewrite-host")]
    await suite.apply(
        gateway("rewrite-host"),
        http_route(
            "rewrite-host",
            to(V1, **matching(prefix("/one")), **rewrite(hostname="one.example.org")),
            to(V2, **rewrite(hostname="example.org")),
            parents=at,
            hostnames=["rewrite.example"],
        ),
    )

    await suite.gets("rewrite-host", Request("/one", "rewrite.example"), pod=V1, host="one.example.org")
    await suite.gets("rewrite-host", Request("/two", "rewrite.example"), pod=V2, host="example.org", path="/two")


@pytest.mark.conformance("HTTPRouteRewritePath", profile="HTTPRoute", level="extended")
async def test_backends_see_the_rewritten_path(suite: Suite) -> None:
    rules = (
        to(V1, **matching(prefix("/prefix/one")), **rewrite(**prefix_path("/one"))),
        to(V1, **matching(prefix("/full/one")), **rewrite(**full_path("/one"))),
        to(V1, **matching(prefix("/strip-prefix")), **rewrite(**prefix_path("/"))),
        to(V2, **matching(exact("/exact")), **rewrite(**full_path("/elsewhere"))),
    )
    await suite.apply(gateway("rewrite-path"), http_route("rewrite-path", *rules, parents=[parent("rewrite-path")]))

    for path, pod, seen in (
        ("/prefix/one/two", V1, "/one/two"),
        ("/prefix/one", V1, "/one"),
        ("/full/one/two", V1, "/one"),
        ("/full/one?query=kept", V1, "/one?query=kept"),
        ("/strip-prefix/three", V1, "/three"),
        ("/strip-prefix", V1, "/"),
        ("/exact", V2, "/elsewhere"),
    ):
        await suite.gets("rewrite-path", Request(path), pod=pod, path=seen)


@pytest.mark.conformance("HTTPRouteRedirectHTTPSListener", profile="HTTPRoute", level="core")
async def test_http_is_sent_on_to_https(suite: Suite) -> None:
    http = {"name": "http", "protocol": "HTTP", "port": 80}
    await suite.apply(
        gateway("upgrade", http, https()),
        http_route("upgrade", redirect(scheme="https"), parents=[parent("upgrade", sectionName="http")]),
        http_route("upgraded", to(V1), parents=[parent("upgrade", sectionName="https")]),
    )

    host = "www.example.org"
    await suite.answers("upgrade", Request("/x", host), 302, f"https://{host}:443/x")
    await suite.gets("upgrade", Request("/x", host, port=443, tls=True), pod=V1)


UNSUPPORTED: dict[str, Plain] = {
    "request-header": {
        "type": "RequestHeaderModifier",
        "requestHeaderModifier": {"set": [{"name": "a", "value": "b"}]},
    },
    "response-header": {
        "type": "ResponseHeaderModifier",
        "responseHeaderModifier": {"set": [{"name": "a", "value": "b"}]},
    },
    "mirror": {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": V2, "port": 8080}}},
}


async def test_what_an_alb_cannot_do_is_told_and_other_rules_serve(suite: Suite) -> None:
    """Takes the place of HTTPRouteRequestHeaderModifier, …ResponseHeaderModification and …RequestMirror."""
    rules: list[Any] = [to(V1, **matching(prefix(f"/{name}")), filters=[each]) for name, each in UNSUPPORTED.items()]
    await suite.apply(
        gateway("unsupported"),
        http_route("unsupported", *rules, to(V3), parents=[parent("unsupported")]),
        http_route("refused", *rules[:1], parents=[parent("unsupported")]),
    )

    await suite.gets("unsupported", Request("/"), pod=V3)
    for name in UNSUPPORTED:
        await suite.answers("unsupported", Request(f"/{name}"), 500)
    await suite.route_says("unsupported", Accepted="True", PartiallyInvalid="True UnsupportedValue")
    await suite.route_says("refused", Accepted="False UnsupportedValue")
