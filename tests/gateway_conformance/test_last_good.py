"""What is served while an edit does not work: as before, with a status that says so."""

import pytest

from tests.gateway_conformance.objects import (
    Plain,
    gateway,
    http,
    http_route,
    matching,
    parent,
    prefix,
    to,
)
from tests.gateway_conformance.suite import Request, Suite

pytestmark = pytest.mark.anyio

V1, V2 = "infra-backend-v1", "infra-backend-v2"


def https(hostname: str) -> Plain:
    """Its certificate is found in ACM by the hostname; the API wants an option where no Secret is named."""
    tls = {"mode": "Terminate", "options": {"example.com/none": "x"}}
    return {"name": "https", "protocol": "HTTPS", "port": 443, "hostname": hostname, "tls": tls}


async def test_a_listener_that_loses_its_certificate_serves_on_and_the_others_follow_edits(suite: Suite) -> None:
    suite.world.certificate("kept.example.com")
    on_http, on_https = [parent("kept", sectionName="http")], [parent("kept", sectionName="https")]
    await suite.apply(
        gateway("kept", http(), https("kept.example.com")),
        http_route("kept-http", to(V1), parents=on_http),
        http_route("kept-https", to(V1), parents=on_https),
    )
    request = Request(host="kept.example.com", port=443, tls=True)
    await suite.gets("kept", request, pod=V1)

    await suite.apply(
        gateway("kept", http(), https("uncovered.example.net")), http_route("kept-http", to(V2), parents=on_http)
    )

    await suite.listener_says("kept", "https", ResolvedRefs="False InvalidCertificateRef", Programmed="False")
    await suite.gets("kept", Request(), pod=V2)
    await suite.gets("kept", request, pod=V1)


async def test_a_route_whose_edit_does_not_work_serves_its_last_good_state(suite: Suite) -> None:
    mirror = {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": V2, "port": 8080}}}
    good = to(V1, **matching(prefix("/good")))
    await suite.apply(gateway("good"), http_route("good", good, parents=[parent("good")]))
    await suite.gets("good", Request("/good"), pod=V1)

    bad = to(V1, **matching(prefix("/bad")), filters=[mirror])
    await suite.apply(http_route("good", bad, parents=[parent("good")]))

    await suite.route_says("good", Accepted="True", PartiallyInvalid="True UnsupportedValue")
    await suite.gets("good", Request("/good"), pod=V1)
    await suite.answers("good", Request("/bad"), 404)
