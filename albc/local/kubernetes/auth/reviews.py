"""Reviews: questions about users and rights that are answered and forgotten; and tokens for service accounts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from albc.local.kubernetes.auth.authentication import Authenticator, service_account
from albc.local.kubernetes.auth.rbac import Attributes, Authorizer
from albc.local.kubernetes.behaviour import Object
from albc.local.kubernetes.calls import Target, User, WriteOptions, timestamp
from albc.local.kubernetes.reading import Reader
from albc.local.kubernetes.schema import fill_defaults
from albc.local.kubernetes.writing import Writer


class ReviewBoard:
    """Answers reviews from what authentication and authorization know."""

    def __init__(self, authenticator: Authenticator, authorizer: Authorizer, reader: Reader, writer: Writer) -> None:
        self._authenticator = authenticator
        self._authorizer = authorizer
        self._reader = reader
        self._writer = writer
        self._answers: dict[str, Callable[[Object, User, str], Object]] = {
            "TokenReview": self._whose_token,
            "SelfSubjectReview": lambda obj, user, _: {"userInfo": user.info()},
            "SelfSubjectAccessReview": lambda obj, user, _: self._may(user, obj["spec"], ""),
            "SubjectAccessReview": lambda obj, _, __: self._may(_user(obj["spec"]), obj["spec"], ""),
            "LocalSubjectAccessReview": lambda obj, _, namespace: self._may(_user(obj["spec"]), obj["spec"], namespace),
            "SelfSubjectRulesReview": lambda obj, user, _: self._rights(user, obj["spec"].get("namespace", "")),
        }

    async def review(self, target: Target, body: Object, options: WriteOptions) -> Object:
        """The review with its status. Raises ApiError 400."""
        obj = self._writer.decode(target.resource, body, options)
        obj.setdefault("spec", {})
        obj["metadata"].setdefault("creationTimestamp", timestamp())
        obj["status"] = self._answers[target.resource.kind](obj, options.user, target.namespace)
        return obj

    async def token(self, target: Target, body: Object, options: WriteOptions) -> Object:
        """A TokenRequest with a token for the service account. Raises ApiError 404."""
        account = self._reader.get(Target(target.resource, target.namespace, target.name)).object()
        spec = body.get("spec") or {}
        fill_defaults(spec, {"properties": {"expirationSeconds": {"default": 3600}}})
        lifetime = timedelta(seconds=spec["expirationSeconds"])
        user = service_account(target.namespace, target.name, account["metadata"]["uid"])
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": target.name, "namespace": target.namespace, "creationTimestamp": timestamp()},
            "spec": spec,
            "status": {
                "token": self._authenticator.issue(user, lifetime),
                "expirationTimestamp": timestamp(datetime.now(UTC) + lifetime),
            },
        }

    def _whose_token(self, review: Object, caller: User, namespace: str) -> Object:
        user = self._authenticator.by_token(review["spec"].get("token", ""))
        if user is None:
            return {"authenticated": False, "user": {}, "error": "invalid bearer token"}
        return {"authenticated": True, "user": user.info()}

    def _may(self, user: User, spec: Object, namespace: str) -> Object:
        allowed = self._authorizer.allows(user, _attributes(spec, namespace))
        return {"allowed": allowed} if allowed else {"allowed": False, "reason": ""}

    def _rights(self, user: User, namespace: str) -> Object:
        rules: list[Any] = list(self._authorizer.rules(user, namespace)) if self._authorizer.enabled else []
        if "system:masters" in user.groups or not self._authorizer.enabled:
            rules = [
                {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
                {"verbs": ["*"], "nonResourceURLs": ["*"]},
            ]
        return {
            "resourceRules": [rule for rule in rules if not rule.get("nonResourceURLs")],
            "nonResourceRules": [rule for rule in rules if rule.get("nonResourceURLs")],
            "incomplete": False,
        }


def _user(spec: Object) -> User:
    return User(spec.get("user", ""), tuple(spec.get("groups") or ()), spec.get("uid", ""))


def _attributes(spec: Object, namespace: str) -> Attributes:
    path = spec.get("nonResourceAttributes")
    if path:
        return Attributes(path.get("verb", ""), path=path.get("path", ""))
    given = spec.get("resourceAttributes") or {}
    return Attributes(
        verb=given.get("verb", ""),
        group=given.get("group", ""),
        resource=given.get("resource", ""),
        subresource=given.get("subresource", ""),
        namespace=given.get("namespace", "") or namespace,
        name=given.get("name", ""),
    )
