"""Rewrites of path and host, from the filters of an HTTPRoute's rule (spec/gateway.md §11.6)."""

import re
from collections.abc import Iterable
from typing import Literal

from albc.kube.objects.gateway import HTTPRouteMatch, PathModifier
from albc.mapping.gateway.precedence import Unit
from albc.mapping.gateway.routes import Match
from albc.model.listener import Rewrite, RewriteTransform

_SPECIAL = re.compile(r"[\\^$|?*+()\[\]{}]")
"""Characters with a meaning in a regular expression, but for the dot: the rule's path condition has settled what is
there, and a plain dot keeps the text that the reference writes."""


def transforms_of(unit: Unit) -> tuple[RewriteTransform, ...]:
    if unit.route.ref.kind != "HTTPRoute":
        return ()
    return tuple(_transforms(unit))


def _transforms(unit: Unit) -> Iterable[RewriteTransform]:
    for filter_ in unit.rule.rule.filters:
        if filter_.type == "URLRewrite" and filter_.url_rewrite is not None:
            if filter_.url_rewrite.path is not None:
                yield _path(filter_.url_rewrite.path, unit.match)
            if filter_.url_rewrite.hostname:
                yield _rewrite("host-header-rewrite", ".*", filter_.url_rewrite.hostname)
        elif filter_.type == "RequestRedirect" and filter_.request_redirect is not None:
            path = filter_.request_redirect.path
            if path is not None and path.type == "ReplacePrefixMatch":
                yield _path(path, unit.match)


def _path(modifier: PathModifier, match: Match | None) -> RewriteTransform:
    if modifier.type == "ReplaceFullPath":
        return _rewrite("url-rewrite", "^([^?]*)", modifier.replace_full_path or "")
    path = match.path if isinstance(match, HTTPRouteMatch) else None
    prefix = ((path.value if path else None) or "/").removesuffix("/")
    escaped = _SPECIAL.sub(r"\\\g<0>", prefix)
    return _rewrite("url-rewrite", f"(^{escaped}(/)?)", _replacement(modifier.replace_prefix_match or ""))


def _rewrite(type_: Literal["url-rewrite", "host-header-rewrite"], regex: str, replace: str) -> RewriteTransform:
    return RewriteTransform(type=type_, rewrites=(Rewrite(regex=regex, replace=replace),))


def _replacement(prefix: str) -> str:
    """The slash after the matched prefix is kept, unless the new prefix brings its own."""
    if not prefix:
        return "/"
    return prefix if prefix.endswith("/") else f"{prefix}$2"
