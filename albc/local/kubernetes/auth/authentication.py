"""Who a caller is: by bearer token, or by a client certificate of the cluster's own authority."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from albc.local.kubernetes import errors
from albc.local.kubernetes.calls import User

ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))
MASTERS = "system:masters"
"""The group of those who may do everything."""
ADMIN = User("kubernetes-admin", (MASTERS, "system:authenticated"))
_AUTHENTICATED = "system:authenticated"


@dataclass(frozen=True, slots=True)
class _Grant:
    user: User
    expires: datetime | None


class Authenticator:
    """Knows the tokens that were handed out."""

    def __init__(self) -> None:
        self._grants: dict[str, _Grant] = {}
        self.clock_ahead = timedelta()
        """How far the clock by which tokens expire is ahead of ours."""

    def issue(self, user: User, lifetime: timedelta | None = None) -> str:
        """A new token by which its bearer is `user`; for ever, or for a time."""
        token = secrets.token_urlsafe(32)
        self._grants[token] = _Grant(user, self._now() + lifetime if lifetime is not None else None)
        return token

    def expire_tokens(self, user: str) -> None:
        """Ends every token of a user now."""
        for token, grant in list(self._grants.items()):
            if grant.user.name == user:
                self._grants[token] = replace(grant, expires=self._now())

    def by_token(self, token: str) -> User | None:
        """Whose token it is, if it is good."""
        grant = self._grants.get(token)
        if grant is None or (grant.expires is not None and grant.expires <= self._now()):
            return None
        return grant.user

    def _now(self) -> datetime:
        return datetime.now(UTC) + self.clock_ahead

    def identify(self, headers: Mapping[str, str], tls: ssl.SSLObject | None) -> User:
        """The caller of a request; anonymous without credentials. Raises ApiError 401 for bad ones."""
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        if scheme:
            user = self.by_token(token.strip()) if scheme.lower() == "bearer" else None
            if user is None:
                raise errors.unauthorized()
        else:
            user = _by_certificate(tls) or ANONYMOUS
        return _impersonated(user, headers)


def _by_certificate(tls: ssl.SSLObject | None) -> User | None:
    shown: Any = tls.getpeercert() if tls is not None else None
    if not shown:
        return None
    attributes = [pair for part in shown["subject"] for pair in part]
    name = next((value for key, value in attributes if key == "commonName"), "")
    groups = tuple(value for key, value in attributes if key == "organizationName")
    return User(name, (*groups, _AUTHENTICATED)) if name else None


def _impersonated(user: User, headers: Mapping[str, str]) -> User:
    """`Impersonate-User` and `Impersonate-Group`, for those who administer the cluster."""
    name = headers.get("Impersonate-User")
    if not name:
        return user
    if MASTERS not in user.groups:
        why = f'User "{user.name}" cannot impersonate resource "users" in API group "" at the cluster scope'
        raise errors.forbidden("users", "", name, why)
    get_all = getattr(headers, "getall", None)
    groups = tuple(get_all("Impersonate-Group", ())) if get_all else ()
    service_account = name.split(":")[2:4] if name.startswith("system:serviceaccount:") else []
    if service_account:
        groups += ("system:serviceaccounts", f"system:serviceaccounts:{service_account[0]}")
    return User(name, (*groups, _AUTHENTICATED))


def service_account(namespace: str, name: str, uid: str = "") -> User:
    """The user that a service account is."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", _AUTHENTICATED)
    return User(f"system:serviceaccount:{namespace}:{name}", groups, uid)
