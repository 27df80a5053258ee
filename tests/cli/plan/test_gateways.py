"""`albc plan` of Gateways and routes, offline."""

from collections.abc import Callable

import pytest
import yaml
from tls_secrets import pem, tls_secret

from albc.local.demo.manifests import examples_folder, read

Plan = Callable[..., tuple[int, str]]

CONTENT = pem("shop.example.com")
IMPORTING = {"feature_gates": (("EnableCertificateManagement", True),)}


@pytest.fixture
def shop() -> str:
    """A Gateway over HTTP and HTTPS with the certificate of a Secret, two routes, one of them without a listener."""
    objects = read(examples_folder() / "external-dns" / "manifests", {})
    [gateway] = [each for each in objects if each["kind"] == "Gateway"]
    gateway["spec"]["listeners"].append(
        {
            "name": "https",
            "protocol": "HTTPS",
            "port": 443,
            "hostname": "shop.example.com",
            "tls": {"certificateRefs": [{"name": "web"}]},
        }
    )
    return str(yaml.safe_dump_all([*objects, tls_secret("web", CONTENT, "dns")]))


def test_the_tree_has_the_gateways_listeners_rules_and_certificates(plan: Plan, shop: str) -> None:
    _, shown = plan(shop, **IMPORTING)

    for words in (
        "Gateway dns/edge",
        "Listener HTTP:80",
        "Listener HTTPS:443",
        "host shop.example.com and path /* → Service dns/shop:80",
        "Certificate from Secret dns/web",
        "HTTPRoute dns/admin: NoMatchingListenerHostname",
    ):
        assert words in shown


def test_the_certificate_comes_before_the_listener_that_needs_it(plan: Plan, shop: str) -> None:
    _, shown = plan(shop, "diff", **IMPORTING)

    assert shown.index("import_certificate") < shown.index("Listener 443  create_listener")


@pytest.mark.parametrize("output", ["tree", "diff", "json", "stack-json"])
def test_no_output_holds_a_private_key(plan: Plan, shop: str, output: str) -> None:
    _, shown = plan(shop, output, **IMPORTING)

    assert CONTENT.key.splitlines()[1] not in shown
    assert "PRIVATE KEY" not in shown
