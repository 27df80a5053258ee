"""Admission webhooks: who is asked, what they can do, what happens when they do not answer."""

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from albc.local.kubernetes.auth.certificates import CertificateAuthority

Api = Any
Object = dict[str, Any]
Answer = Callable[[Object], Object]
MUTATING = "mutatingwebhookconfigurations.admissionregistration.k8s.io/v1"
VALIDATING = "validatingwebhookconfigurations.admissionregistration.k8s.io/v1"


class Webhook:
    """A webhook server of the test's own: what it was asked, and what it answers by path."""

    def __init__(self, folder: Path) -> None:
        authority = CertificateAuthority()
        pair = authority.server("127.0.0.1", "localhost")
        file = folder / "webhook.pem"
        file.touch(mode=0o600)
        file.write_bytes(pair.certificate + pair.key)
        self.bundle = base64.b64encode(authority.certificate).decode()
        self.requests: list[Object] = []
        self.answers: dict[str, Answer] = {}
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                webhook.requests.append(review["request"])
                response = webhook.answers[self.path.partition("?")[0]](review["request"])
                body = json.dumps(
                    {
                        "apiVersion": "admission.k8s.io/v1",
                        "kind": "AdmissionReview",
                        "response": {"uid": review["request"]["uid"], **response},
                    }
                ).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        return f"https://127.0.0.1:{self._server.server_address[1]}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def webhook(tmp_path: Path) -> Iterator[Webhook]:
    server = Webhook(tmp_path)
    yield server
    server.close()


@pytest.fixture
def configure(api: Api, webhook: Webhook) -> Iterator[Callable[..., None]]:
    """Puts a webhook about ConfigMaps of the test's namespace in force until the test ends."""
    made: list[tuple[str, str]] = []

    def put(kind: str, name: str, answer: Answer | None, **rest: Any) -> None:
        if answer is not None:
            webhook.answers[f"/{name}"] = answer
        hook = {
            "name": f"{name}.example.com",
            "clientConfig": {"url": webhook.url(f"/{name}"), "caBundle": webhook.bundle},
            "rules": [
                {
                    "operations": ["CREATE", "UPDATE", "DELETE"],
                    "apiGroups": [""],
                    "apiVersions": ["v1"],
                    "resources": ["configmaps"],
                }
            ],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": api.namespace}},
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "timeoutSeconds": 5,
            **rest,
        }
        body = {"metadata": {"generateName": f"{name}-"}, "webhooks": [hook]}
        answered = api.create(kind, body)
        assert answered.status_code == 201, answered.text
        made.append((kind, answered.json()["metadata"]["name"]))
        # A real server takes a moment to put a webhook in force.
        while api.create("configmaps", {"metadata": {"name": "probe"}}, dryRun="All").status_code == 201:
            if webhook.requests or answer is None or rest:
                break
        webhook.requests.clear()

    yield put
    for kind, name in made:
        api.delete(kind, name)


def allow(request: Object) -> Object:
    return {"allowed": True}


def deny(request: Object) -> Object:
    return {"allowed": False, "status": {"code": 403, "reason": "Forbidden", "message": "not on a Friday"}}


def patch(*operations: Object) -> Answer:
    encoded = base64.b64encode(json.dumps(operations).encode()).decode()
    return lambda request: {"allowed": True, "patchType": "JSONPatch", "patch": encoded}


def create(api: Api, name: str = "a", **rest: Any) -> Any:
    return api.create("configmaps", {"metadata": {"name": name, **rest}})


def test_a_validating_webhook_can_refuse(api: Api, configure: Any) -> None:
    configure(VALIDATING, "no", deny)
    refusal = create(api)
    assert refusal.status_code == 403
    assert refusal.json()["message"] == 'admission webhook "no.example.com" denied the request: not on a Friday'
    assert api.get("configmaps", "a").status_code == 404


def test_a_validating_webhook_can_allow_and_warn(api: Api, configure: Any) -> None:
    configure(VALIDATING, "yes", lambda request: {"allowed": True, "warnings": ["mind the step"]})
    answer = create(api)
    assert answer.status_code == 201
    assert "mind the step" in answer.headers["Warning"]


def test_a_webhook_learns_what_happens_and_by_whom(api: Api, configure: Any, webhook: Webhook) -> None:
    configure(VALIDATING, "yes", allow)
    create(api)
    api.patch("configmaps", "a", {"data": {"x": "y"}})
    api.delete("configmaps", "a")
    created, updated, deleted = webhook.requests
    assert [r["operation"] for r in webhook.requests] == ["CREATE", "UPDATE", "DELETE"]
    assert (created["name"], created["namespace"], created["kind"]["kind"]) == ("a", api.namespace, "ConfigMap")
    assert created["oldObject"] is None
    assert (updated["oldObject"].get("data"), updated["object"]["data"]) == (None, {"x": "y"})
    assert deleted["object"] is None
    assert deleted["oldObject"]["data"] == {"x": "y"}
    assert created["userInfo"]["username"]


def test_a_mutating_webhook_can_change_the_object(api: Api, configure: Any) -> None:
    configure(MUTATING, "add", patch({"op": "add", "path": "/data", "value": {"added": "yes"}}))
    assert create(api).json()["data"] == {"added": "yes"}


def test_what_a_mutating_webhook_makes_is_validated(api: Api, configure: Any) -> None:
    configure(MUTATING, "bad", patch({"op": "add", "path": "/metadata/labels", "value": {"bad key": "x"}}))
    assert create(api).status_code == 422


def test_validating_webhooks_see_what_mutating_ones_made(api: Api, configure: Any, webhook: Webhook) -> None:
    configure(MUTATING, "add", patch({"op": "add", "path": "/data", "value": {"added": "yes"}}))
    configure(VALIDATING, "look", allow)
    create(api)
    seen = [r["object"].get("data") for r in webhook.requests]
    assert seen == [None, {"added": "yes"}]


def test_a_webhook_is_told_of_dry_runs(api: Api, configure: Any, webhook: Webhook) -> None:
    configure(VALIDATING, "yes", allow)
    api.create("configmaps", {"metadata": {"name": "a"}}, dryRun="All")
    assert webhook.requests[0]["dryRun"] is True


def test_other_namespaces_are_none_of_its_business(api: Api, configure: Any) -> None:
    configure(VALIDATING, "no", deny)
    answer = api.http.post("/api/v1/namespaces/default/configmaps", json={"metadata": {"generateName": "test-"}})
    assert answer.status_code == 201
    api.http.delete(f"/api/v1/namespaces/default/configmaps/{answer.json()['metadata']['name']}")


def test_other_resources_are_none_of_its_business(api: Api, configure: Any) -> None:
    configure(VALIDATING, "no", deny)
    assert api.create("secrets", {"metadata": {"name": "a"}}).status_code == 201


def test_an_object_selector_chooses(api: Api, configure: Any) -> None:
    configure(VALIDATING, "no", deny, objectSelector={"matchLabels": {"checked": "yes"}})
    assert create(api, "free").status_code == 201
    assert create(api, "bound", labels={"checked": "yes"}).status_code == 403


def test_a_condition_chooses(api: Api, configure: Any) -> None:
    condition = {"name": "only-b", "expression": "object.metadata.name == 'b'"}
    configure(VALIDATING, "no", deny, matchConditions=[condition])
    assert create(api, "a").status_code == 201
    assert create(api, "b").status_code == 403


NO_ANSWER = {"name": "broken", "expression": "object.spec.nothing == 'b'"}


def test_a_condition_that_cannot_be_evaluated_refuses_by_default(api: Api, configure: Any) -> None:
    configure(VALIDATING, "yes", allow, matchConditions=[NO_ANSWER])
    assert create(api).status_code >= 400


def test_a_condition_that_is_false_outweighs_one_that_cannot_be_evaluated(api: Api, configure: Any) -> None:
    other = {"name": "only-b", "expression": "object.metadata.name == 'b'"}
    configure(VALIDATING, "no", deny, matchConditions=[NO_ANSWER, other])
    assert create(api, "a").status_code == 201


def test_a_webhook_that_takes_too_long_is_given_up(api: Api, configure: Any) -> None:
    waiting = threading.Event()

    def late(request: Object) -> Object:
        waiting.wait(5)
        return {"allowed": True}

    configure(VALIDATING, "late", late, timeoutSeconds=1)
    refusal = create(api)
    waiting.set()
    assert refusal.status_code == 500
    assert "context deadline exceeded" in refusal.json()["message"]


def test_a_webhook_that_cannot_be_reached_refuses_by_default(api: Api, configure: Any) -> None:
    configure(VALIDATING, "gone", None, clientConfig={"url": "https://127.0.0.1:1/"})
    refusal = create(api)
    assert refusal.status_code == 500
    assert 'failed calling webhook "gone.example.com"' in refusal.json()["message"]


def test_a_webhook_that_cannot_be_reached_may_be_ignored(api: Api, configure: Any) -> None:
    configure(VALIDATING, "gone", None, clientConfig={"url": "https://127.0.0.1:1/"}, failurePolicy="Ignore")
    assert create(api).status_code == 201


def test_a_webhook_with_another_certificate_is_not_believed(api: Api, configure: Any, webhook: Webhook) -> None:
    other = base64.b64encode(CertificateAuthority().certificate).decode()
    configure(VALIDATING, "fake", allow, clientConfig={"url": webhook.url("/fake"), "caBundle": other})
    assert create(api).status_code == 500


def test_an_earlier_webhook_is_asked_again_when_a_later_one_changed_something(
    api: Api, configure: Any, webhook: Webhook
) -> None:
    configure(MUTATING, "a-first", allow, reinvocationPolicy="IfNeeded")
    configure(MUTATING, "b-second", patch({"op": "add", "path": "/data", "value": {"added": "yes"}}))
    create(api)
    assert [r["object"].get("data") for r in webhook.requests] == [None, None, {"added": "yes"}]
