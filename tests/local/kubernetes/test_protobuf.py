"""Bodies in protobuf, written here byte by byte."""

import pytest

from albc.local.kubernetes.protobuf import NotOffered, Unreadable, decode


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def envelope(api_version: str, kind: str, message: bytes) -> bytes:
    type_meta = field(1, api_version) + field(2, kind)
    return b"k8s\x00" + field(1, type_meta) + field(2, message)


def test_maps_and_bytes_are_read() -> None:
    entry = field(1, "word") + field(2, b"mellon")
    message = field(1, field(1, "s")) + field(2, entry) + field(3, "Opaque")
    assert decode(envelope("v1", "Secret", message)) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"word": "bWVsbG9u"},
        "type": "Opaque",
    }


def test_lists_and_numbers_or_names_are_read() -> None:
    number = field(3, 80) + field(4, field(1, 0) + field(2, 8080))
    name = field(3, 81) + field(4, field(1, 1) + field(3, "http"))
    found = decode(envelope("v1", "Service", field(2, field(1, number) + field(1, name))))
    assert found["spec"]["ports"] == [{"port": 80, "targetPort": 8080}, {"port": 81, "targetPort": "http"}]


def test_a_zero_counts_only_where_it_was_meant() -> None:
    spec = field(1, 0) + field(5, 0)
    assert decode(envelope("apps/v1", "Deployment", field(2, spec)))["spec"] == {"replicas": 0}


def test_an_empty_message_counts_where_it_was_meant() -> None:
    volume = field(1, "v") + field(2, field(2, b""))
    found = decode(envelope("v1", "Pod", field(2, field(1, volume))))
    assert found["spec"]["volumes"] == [{"name": "v", "emptyDir": {}}]


def test_a_condition_that_is_false_is_not_lost() -> None:
    endpoint = field(1, "10.0.0.1") + field(2, field(1, 0) + field(2, 1))
    found = decode(envelope("discovery.k8s.io/v1", "EndpointSlice", field(2, endpoint)))
    assert found["endpoints"] == [{"addresses": ["10.0.0.1"], "conditions": {"ready": False, "serving": True}}]


def test_fields_of_free_form_are_the_json_that_they_carry() -> None:
    entry = field(1, "me") + field(7, field(1, b'{"f:data":{}}'))
    found = decode(envelope("v1", "ConfigMap", field(1, field(17, entry))))
    assert found["metadata"]["managedFields"] == [{"manager": "me", "fieldsV1": {"f:data": {}}}]


def test_negative_numbers_are_read() -> None:
    assert decode(envelope("apps/v1", "Deployment", field(2, field(1, -1))))["spec"] == {"replicas": -1}


def test_times_are_read() -> None:
    spec = field(1, "me") + field(4, field(1, 1_767_323_045) + field(2, 678_901_000))
    found = decode(envelope("coordination.k8s.io/v1", "Lease", field(2, spec)))
    assert found["spec"] == {"holderIdentity": "me", "renewTime": "2026-01-02T03:04:05.678901Z"}


def test_fields_of_inlined_messages_are_read() -> None:
    path = field(1, "/x") + field(3, "Prefix")
    rule = field(1, "a.example.com") + field(2, field(1, field(1, path)))
    found = decode(envelope("networking.k8s.io/v1", "Ingress", field(2, field(3, rule))))
    expected = {"host": "a.example.com", "http": {"paths": [{"path": "/x", "pathType": "Prefix"}]}}
    assert found["spec"]["rules"] == [expected]


def test_unknown_fields_are_passed_over() -> None:
    message = field(1, field(1, "c")) + field(99, "later") + varint(98 << 3 | 5) + b"1234"
    assert decode(envelope("v1", "ConfigMap", message))["metadata"] == {"name": "c"}


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"k8s\x00", envelope("v1", "Nothing", b""), envelope("v1", "Secret", b"\x0a\xff")],
)
def test_what_is_no_such_message_is_refused(body: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(body)


def test_a_kind_that_is_read_as_json_only_says_so() -> None:
    with pytest.raises(NotOffered):
        decode(envelope("v1", "PersistentVolume", b""))
