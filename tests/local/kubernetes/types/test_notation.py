"""The type tables."""

from albc.local.kubernetes.types.notation import NUMBER, load

TYPES = load()


def test_no_two_fields_of_a_type_have_one_protobuf_number() -> None:
    doubled = []
    for name, schema in TYPES.components.items():
        numbers = [field[NUMBER] for field in schema["properties"].values() if NUMBER in field]
        if len(numbers) != len(set(numbers)):
            doubled.append(name)
    assert doubled == []


def test_every_reference_leads_somewhere() -> None:
    """`load` would raise; so this holds what it gave."""
    assert TYPES.resolved.keys() == TYPES.components.keys()


def test_every_list_key_and_merge_key_is_a_field_of_its_items() -> None:
    wrong = [
        f"{name}.{field}"
        for name, schema in TYPES.resolved.items()
        for field, given in schema["properties"].items()
        for key in (*given.get("x-kubernetes-list-map-keys", ()), given.get("x-kubernetes-patch-merge-key"))
        if key and key not in given["items"]["properties"]
    ]
    assert wrong == []


def test_a_field_carries_what_its_line_says() -> None:
    ports = TYPES.of("core", "Service")["properties"]["spec"]["properties"]["ports"]
    assert ports["x-kubernetes-list-map-keys"] == ["port", "protocol"]
    assert ports["x-kubernetes-patch-merge-key"] == "port"
    assert ports["items"]["required"] == ["port"]
    assert ports["items"]["properties"]["protocol"]["default"] == "TCP"
    assert ports["items"]["properties"]["protocol"]["enum"] == ["SCTP", "TCP", "UDP"]
