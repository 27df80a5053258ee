"""Whether a ListenerRuleConfiguration can be used (spec/gateway.md §3.5)."""

from albc.crds.resources import LISTENER_RULE_CONFIGURATIONS
from albc.kube.objects import SECRETS
from albc.mapping.gateway.rule_configurations import acceptance
from albc.mapping.snapshot import NamespacedName
from tests.mapping.gateway.kit import Plain, fixed_response, lrc

OIDC: Plain = {
    "type": "authenticate-oidc",
    "authenticateOIDCConfig": {
        "issuer": "https://id",
        "authorizationEndpoint": "https://id/a",
        "tokenEndpoint": "https://id/t",
        "userInfoEndpoint": "https://id/u",
        "secret": {"name": "oidc"},
    },
}
SECRET = SECRETS.convert({"metadata": {"name": "oidc", "namespace": "shop"}})


def test_a_configuration_without_secret_is_accepted() -> None:
    status = acceptance(LISTENER_RULE_CONFIGURATIONS.convert(lrc("deny", fixed_response())), {})

    assert (status.accepted, status.message, status.observed_generation) == (True, "Accepted", 1)


def test_a_configuration_is_not_accepted_while_its_secret_is_missing() -> None:
    configuration = LISTENER_RULE_CONFIGURATIONS.convert(lrc("sign-in", OIDC))

    assert acceptance(configuration, {}).accepted is False
    assert "shop/oidc" in (acceptance(configuration, {}).message or "")
    assert acceptance(configuration, {NamespacedName("shop", "oidc"): SECRET}).accepted is True
