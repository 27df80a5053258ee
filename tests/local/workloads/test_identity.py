"""Who a container believes to be."""

from albc.local.workloads.identity import identify

POD = {
    "metadata": {"uid": "u", "name": "web-1", "namespace": "shop", "labels": {"app": "web"}},
    "spec": {"nodeName": "node-a"},
    "status": {"podIP": "127.19.0.9"},
}


def variables(*env: dict[str, object]) -> dict[str, str]:
    return dict(identify(POD, {"env": list(env)}).environment)


def test_a_pod_knows_its_name_namespace_address_and_node() -> None:
    identity = identify(POD, {})

    assert (identity.name, identity.namespace, identity.ip, identity.node) == ("web-1", "shop", "127.19.0.9", "node-a")


def test_fields_of_the_pod_become_variables() -> None:
    def field(name: str, path: str) -> dict[str, object]:
        return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}

    seen = variables(
        {"name": "PLAIN", "value": "x"},
        field("POD", "metadata.name"),
        field("APP", "metadata.labels['app']"),
        field("IP", "status.podIP"),
        field("NONE", "metadata.annotations['none']"),
    )

    assert seen == {"PLAIN": "x", "POD": "web-1", "APP": "web", "IP": "127.19.0.9", "NONE": ""}


def test_variables_from_secrets_are_left_out() -> None:
    assert variables({"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}) == {}
