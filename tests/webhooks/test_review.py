"""The AdmissionReview on the wire."""

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albc.kube.objects import Service
from albc.webhooks.review import ALLOWED, Allowed, Denied, MalformedReview, decode, encode, typed

REQUEST = {"uid": "u1", "operation": "CREATE", "namespace": "shop", "object": {"kind": "Pod"}, "oldObject": None}


def body(**changes: Any) -> bytes:
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": REQUEST} | changes
    return json.dumps(review).encode()


def test_a_review_is_read() -> None:
    review = decode(body())

    assert (review.uid, review.operation, review.namespace, review.object, review.old) == (
        "u1",
        "CREATE",
        "shop",
        {"kind": "Pod"},
        None,
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "no AdmissionReview"),
        (b"\xff\xfe", "no AdmissionReview"),
        (b"[]", "no AdmissionReview"),
        (b"[" * 100_000, "no AdmissionReview"),
        (body(request={"operation": "CREATE"}), "`uid`"),
        (body(request=REQUEST | {"operation": "SING"}), "SING"),
        (body(apiVersion="admission.k8s.io/v1beta1"), "send an AdmissionReview of admission.k8s.io/v1"),
        (body(kind=""), "nameless kind"),
        (body(request=REQUEST | {"object": None}), "no object"),
    ],
)
def test_what_is_no_review_is_refused_with_a_reason(text: bytes, reason: str) -> None:
    with pytest.raises(MalformedReview, match=reason.replace("(", r"\(")):
        decode(text)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_body_does_anything_but_be_read_or_refused(text: bytes) -> None:
    with suppress(MalformedReview):
        decode(text)


def test_a_patch_is_sent_in_base64() -> None:
    step = {"op": "add", "path": "/x", "value": "é"}

    response = json.loads(encode("u1", Allowed((step,))))["response"]

    assert response["allowed"]
    assert response["patchType"] == "JSONPatch"
    assert json.loads(base64.b64decode(response["patch"])) == [step]


def test_what_is_allowed_as_it_is_has_no_patch() -> None:
    assert json.loads(encode("u1", ALLOWED))["response"] == {"uid": "u1", "allowed": True}


def test_a_refusal_says_why() -> None:
    response = json.loads(encode("u1", Denied("spec.x is wrong", "checkX")))["response"]

    assert not response["allowed"]
    assert response["status"] == {
        "code": 403,
        "message": "spec.x is wrong",
        "reason": "Forbidden",
        "status": "Failure",
    }


def test_an_object_of_another_form_is_refused_by_its_field() -> None:
    with pytest.raises(MalformedReview, match=r"\$\.spec\.ports"):
        typed({"spec": {"ports": "many"}}, Service)


def test_a_refusal_that_cites_a_user_is_one_line_of_bounded_length() -> None:
    verdict = Denied("class \x1b[2J\n" + "x" * 10_000, "checkX")
    message = json.loads(encode("u1", verdict))["response"]["status"]["message"]
    assert message.startswith("class \\x1b[2J\\nxxx")
    assert len(message) == 8192
