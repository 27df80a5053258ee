"""Admission webhooks: who else has a say in a write, asked over HTTPS as the configurations in the store order it.

Mutating webhooks one after another, in the order of their configurations' names; again those that want to be reinvoked
when a later one changed the object. Then, once the object is final, the validating ones. A webhook is skipped when its
rules, selectors or conditions do not match. Called by `writing` and `deleting`; raises ApiError.
"""

from __future__ import annotations

import base64
import ssl
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import aiohttp
import msgspec

from albc.local.kubernetes import errors
from albc.local.kubernetes.behaviour import Object
from albc.local.kubernetes.calls import Target, WriteOptions
from albc.local.kubernetes.crds.cel_rules import evaluate
from albc.local.kubernetes.errors import ApiError
from albc.local.kubernetes.patch.json import json_patch
from albc.local.kubernetes.selectors import from_object
from albc.local.kubernetes.store import Key, StorageName, Store, copy, decode, encode

_GROUP = "admissionregistration.k8s.io"
_MUTATING = StorageName(_GROUP, "mutatingwebhookconfigurations")
_VALIDATING = StorageName(_GROUP, "validatingwebhookconfigurations")
_NAMESPACES = StorageName("", "namespaces")
_SERVICES = StorageName("", "services")
_SLICES = StorageName("discovery.k8s.io", "endpointslices")
_SERVICE_LABEL = "kubernetes.io/service-name"


class _Unreachable(Exception):
    """The webhook gave no answer that can be used."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One write, as webhooks are asked about it."""

    target: Target
    verb: str
    new: Object | None
    old: Object | None
    options: WriteOptions

    def request(self, uid: str) -> Object:
        """The `request` of an AdmissionReview."""
        resource = self.target.resource
        kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
        plural = {"group": resource.group, "version": resource.version, "resource": resource.plural}
        request: Object = {
            "uid": uid,
            "kind": kind,
            "resource": plural,
            "requestKind": kind,
            "requestResource": plural,
            "name": self.target.name,
            "operation": self.verb,
            "userInfo": self.options.user.info(),
            "object": self.new,
            "oldObject": self.old,
            "dryRun": self.options.dry_run,
        }
        if self.target.namespace:
            request["namespace"] = self.target.namespace
        if self.target.subresource:
            request["subResource"] = request["requestSubResource"] = self.target.subresource
        return request


class WebhookAdmission:
    """Asks the webhooks that are configured in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Ends the connections to webhooks."""
        if self._session is not None:
            await self._session.close()

    async def mutate(self, target: Target, verb: str, new: Object, old: Object | None, options: WriteOptions) -> Object:
        """The object as the mutating webhooks would have it."""
        webhooks = list(self._webhooks(_MUTATING, target))
        again: list[Mapping[str, Any]] = []
        for webhook in webhooks:
            before = new
            new = await self._mutated(webhook, _Case(target, verb, new, old, options), new)
            if new != before:
                again = [earlier for earlier in webhooks[: webhooks.index(webhook)] if _wants_more(earlier)]
        for webhook in again:
            new = await self._mutated(webhook, _Case(target, verb, new, old, options), new)
        return new

    async def _mutated(self, webhook: Mapping[str, Any], case: _Case, new: Object) -> Object:
        response = await self._ask(webhook, case)
        patch = response.get("patch") if response else None
        return json_patch(copy(new), decode(base64.b64decode(patch))) if patch else new

    async def validate(
        self, target: Target, verb: str, new: Object | None, old: Object | None, options: WriteOptions
    ) -> None:
        """Raises ApiError when a validating webhook refuses; for deletions the mutating ones are asked too."""
        if verb == "DELETE":
            for webhook in self._webhooks(_MUTATING, target):
                await self._ask(webhook, _Case(target, verb, new, old, options))
        for webhook in self._webhooks(_VALIDATING, target):
            await self._ask(webhook, _Case(target, verb, new, old, options))

    def _webhooks(self, storage: StorageName, target: Target) -> Iterator[Mapping[str, Any]]:
        """Every webhook that might be asked; none about webhook configurations, lest nobody could mend them."""
        collection = self._store.collection(storage)
        if not len(collection) or target.resource.group == _GROUP:
            return
        for stored in collection.values():
            yield from stored.object().get("webhooks") or ()

    async def _ask(self, webhook: Mapping[str, Any], case: _Case) -> Object | None:
        """The response of one webhook, None if it is not concerned or may fail. Raises ApiError."""
        if not self._concerns(webhook, case):
            return None
        try:
            if not _conditions_hold(webhook, case):
                return None
            response = await self._call(webhook, case)
        except _Unreachable as fault:
            if webhook.get("failurePolicy") == "Ignore":
                return None
            raise errors.internal(f'failed calling webhook "{webhook["name"]}": {fault}') from None
        case.options.warnings.extend(response.get("warnings") or ())
        if not response.get("allowed"):
            raise _denied(webhook["name"], response.get("status") or {})
        return response

    # -- matching --------------------------------------------------------------------------------------------------

    def _concerns(self, webhook: Mapping[str, Any], case: _Case) -> bool:
        if not any(_rule_matches(rule, case) for rule in webhook.get("rules") or ()):
            return False
        selector = from_object(webhook.get("objectSelector"))
        objects = [obj for obj in (case.new, case.old) if obj is not None]
        if not any(selector.matches(obj["metadata"].get("labels") or {}) for obj in objects):
            return False
        labels = self._namespace_labels(case, objects)
        return labels is None or from_object(webhook.get("namespaceSelector")).matches(labels)

    def _namespace_labels(self, case: _Case, objects: list[Object]) -> Mapping[str, str] | None:
        """Labels of the object's namespace; None for objects of the cluster's scope."""
        if case.target.resource.storage == _NAMESPACES:
            labels: Mapping[str, str] = objects[0]["metadata"].get("labels") or {}
            return labels
        if not case.target.namespace:
            return None
        stored = self._store.collection(_NAMESPACES).get(Key("", case.target.namespace))
        return stored.labels if stored else {}

    # -- calling ---------------------------------------------------------------------------------------------------

    async def _call(self, webhook: Mapping[str, Any], case: _Case) -> Object:
        uid = str(uuid.uuid4())
        review = {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": case.request(uid)}
        url, host = self._address(webhook["clientConfig"])
        if self._session is None:
            self._session = aiohttp.ClientSession()
        try:
            async with self._session.post(
                url,
                data=encode(review),
                headers={"Content-Type": "application/json", "Accept": "application/json"},
                timeout=aiohttp.ClientTimeout(total=webhook.get("timeoutSeconds", 10)),
                ssl=_tls(webhook["clientConfig"].get("caBundle", "")),
                server_hostname=host,
            ) as answer:
                body = await answer.read()
                if answer.status != 200:
                    raise _Unreachable(f"the server responded with the status code {answer.status}")
        except TimeoutError:
            raise _Unreachable(f'failed to call webhook: Post "{url}": context deadline exceeded') from None
        except (aiohttp.ClientError, OSError) as fault:
            raise _Unreachable(f'failed to call webhook: Post "{url}": {fault}') from None
        try:
            response = decode(body)["response"]
        except (msgspec.DecodeError, KeyError, TypeError):
            raise _Unreachable("the answer is no AdmissionReview") from None
        if not isinstance(response, dict) or response.get("uid") != uid:
            raise _Unreachable(f'expected response.uid="{uid}"')
        return response

    def _address(self, client: Mapping[str, Any]) -> tuple[str, str | None]:
        """Where to call, and the name that the certificate must bear if it is not the host of the address."""
        if client.get("url"):
            return client["url"], None
        reference = client["service"]
        name, namespace = reference["name"], reference["namespace"]
        path = "/" + (reference.get("path") or "").lstrip("/")
        for address, port in self._endpoints(namespace, name, reference.get("port", 443)):
            return f"https://{address}:{port}{path}", f"{name}.{namespace}.svc"
        raise _Unreachable(f'no endpoints available for service "{name}"')

    def _endpoints(self, namespace: str, name: str, number: int) -> Iterator[tuple[str, int]]:
        service = self._store.collection(_SERVICES).get(Key(namespace, name))
        if service is None:
            return
        ports = [p for p in service.object()["spec"].get("ports") or [] if p["port"] == number]
        for stored in self._store.collection(_SLICES).values(namespace):
            if stored.labels.get(_SERVICE_LABEL) != name:
                continue
            endpoint_slice = stored.object()
            targets = [
                port["port"]
                for port in endpoint_slice.get("ports") or []
                if any(port.get("name", "") == p.get("name", "") for p in ports)
            ]
            for endpoint in endpoint_slice.get("endpoints") or []:
                if targets and (endpoint.get("conditions") or {}).get("ready", True):
                    yield endpoint["addresses"][0], targets[0]


@lru_cache(maxsize=64)
def _tls(bundle: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cadata=base64.b64decode(bundle).decode() if bundle else None)
    except (ssl.SSLError, ValueError):
        raise _Unreachable("unable to load root certificates: unable to parse bytes as PEM block") from None


def _wants_more(webhook: Mapping[str, Any]) -> bool:
    return webhook.get("reinvocationPolicy") == "IfNeeded"


def _rule_matches(rule: Mapping[str, Any], case: _Case) -> bool:
    resource, sub = case.target.resource, case.target.subresource
    scope = rule.get("scope", "*")
    if scope != "*" and (scope == "Namespaced") is not resource.namespaced:
        return False
    full = f"{resource.plural}/{sub}" if sub else resource.plural
    wildcards = (f"{resource.plural}/*", f"*/{sub}", "*/*") if sub else ("*", "*/*")
    return (
        _in(rule.get("operations"), case.verb)
        and _in(rule.get("apiGroups"), resource.group)
        and _in(rule.get("apiVersions"), resource.version)
        and any(given in (full, *wildcards) for given in rule.get("resources") or ())
    )


def _in(values: list[str] | None, value: str) -> bool:
    return any(given in ("*", value) for given in values or ())


def _conditions_hold(webhook: Mapping[str, Any], case: _Case) -> bool:
    """Whether every CEL condition is true. Raises _Unreachable if none is false and one cannot be evaluated."""
    conditions = webhook.get("matchConditions") or ()
    if not conditions:
        return True
    variables = {"object": case.new, "oldObject": case.old, "request": case.request("")}
    doubt: _Unreachable | None = None
    for condition in conditions:
        try:
            if evaluate(condition["expression"], variables) is not True:
                return False
        except ValueError as fault:
            doubt = doubt or _Unreachable(f"matchCondition {condition['name']}: {fault}")
    if doubt is not None:
        raise doubt
    return True


def _denied(name: str, status: Mapping[str, Any]) -> ApiError:
    code = status.get("code") or 0
    why = status.get("message") or status.get("reason") or "without explanation"
    separator = ": " if status.get("message") or status.get("reason") else " "
    text = f'admission webhook "{name}" denied the request{separator}{why}'
    return ApiError(code if code >= 400 else 400, status.get("reason") or "", text, dict(status.get("details") or {}))
