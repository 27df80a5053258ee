"""Which Services and Secrets wake an Ingress (spec/ingress.md §5.1)."""

from albc.mapping.ingress.references import secret_names, service_names
from tests.mapping.ingress.kit import SETTINGS, action, annotated, ingress, path, rule, service

WEIGHTED = {
    "type": "forward",
    "forwardConfig": {
        "targetGroups": [
            {"serviceName": "blue", "servicePort": 80, "weight": 1},
            {"serviceName": "green", "servicePort": 80, "weight": 1},
        ]
    },
}


def test_services_of_paths_actions_and_the_default_backend_are_named() -> None:
    subject = ingress(
        rule(path("cart"), action("go")),
        {"host": "no-paths.com"},
        annotations={"actions.go": WEIGHTED},
        defaultBackend=path("home")["backend"],
    )

    assert service_names(subject, SETTINGS) == {"cart", "blue", "green", "home"}


def test_an_ingress_with_a_faulty_backend_refers_to_nothing() -> None:
    assert service_names(ingress(rule(path("cart"), action("go")), annotations={"actions.go": "{"}), SETTINGS) == set()


def test_secrets_are_named_whatever_the_type_of_login() -> None:
    named = {"auth-idp-oidc": {"secretName": "oidc"}}

    assert secret_names(annotated(**named)) == {"oidc"}
    assert secret_names(service(annotations=named)) == {"oidc"}
    assert secret_names(annotated(**{"auth-idp-oidc": "{"})) == set()
    assert secret_names(ingress()) == set()
