"""What a listener rule does with a request that satisfies it, as values. PURE.

`parse_actions` turns a rule's `Actions` into one `Action`; `redirect_location` and `apply_transforms` do what the AWS
pages "Rule action types" and "Transforms for listener rules" say. Called by `rules` (once for each change) and by the
HTTP side of the data plane (once for each request).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FixedResponse:
    """Answered by the load balancer itself."""

    status: int
    content_type: str = "text/plain"
    body: str = ""


@dataclass(frozen=True)
class Redirect:
    """Location parts may hold `#{protocol}`, `#{host}`, `#{port}`, `#{path}` (without its leading /), `#{query}`."""

    status: int
    protocol: str = "#{protocol}"
    host: str = "#{host}"
    port: str = "#{port}"
    path: str = "/#{path}"
    query: str = "#{query}"


@dataclass(frozen=True)
class Forward:
    """To one of the target groups, by weight."""

    target_groups: tuple[tuple[str, int], ...]
    """(TargetGroupArn, weight 0..999)."""
    sticky_seconds: int | None = None
    """How long a client keeps its target group; None: no group stickiness."""


@dataclass(frozen=True)
class NotPlayed:
    """An action that AWS has and the local data plane does not play: answered 501 with `reason`."""

    reason: str


Action = FixedResponse | Redirect | Forward | NotPlayed


@dataclass(frozen=True)
class Url:
    """The parts of a request's URL that redirects and transforms read and write. `path` begins with /."""

    protocol: str
    """`http` or `https`."""
    host: str
    """Without port."""
    port: int
    path: str
    query: str = ""


_NOT_PLAYED = {
    "authenticate-oidc": "authentication by OpenID Connect",
    "authenticate-cognito": "authentication by Amazon Cognito",
    "jwt-validation": "validation of JSON web tokens",
}


def not_played(what: str) -> NotPlayed:
    """The one sentence for everything that the local data plane leaves out."""
    return NotPlayed(f"The local data plane does not play {what}; try this rule against AWS.")


def parse_actions(actions: Sequence[Mapping[str, Any]]) -> Action:
    """The action that decides: the first one, in `Order`, that is not played, else the routing action at the end."""
    ordered = sorted(actions, key=lambda action: action.get("Order", 0))
    for action in ordered:
        if action["Type"] in _NOT_PLAYED:
            return not_played(_NOT_PLAYED[action["Type"]])
    if not ordered:
        return FixedResponse(503)
    return _parse(ordered[-1])


def _parse(action: Mapping[str, Any]) -> Action:
    match action["Type"]:
        case "fixed-response":
            config = action["FixedResponseConfig"]
            return FixedResponse(
                status=int(config["StatusCode"]),
                content_type=config.get("ContentType") or "text/plain",
                body=config.get("MessageBody") or "",
            )
        case "redirect":
            config = action["RedirectConfig"]
            given = {
                name.lower(): config[name]
                for name in ("Protocol", "Host", "Port", "Path", "Query")
                if config.get(name) is not None
            }
            return Redirect(status=int(config["StatusCode"].removeprefix("HTTP_")), **given)
        case "forward":
            return _parse_forward(action)
        case other:
            return not_played(f"actions of type {other}")


def _parse_forward(action: Mapping[str, Any]) -> Forward:
    config = action.get("ForwardConfig") or {}
    groups = config.get("TargetGroups")
    if groups is None:  # the short form, without a ForwardConfig
        groups = [{"TargetGroupArn": action["TargetGroupArn"]}]
    sticky = config.get("TargetGroupStickinessConfig") or {}
    return Forward(
        target_groups=tuple((group["TargetGroupArn"], group.get("Weight", 1)) for group in groups),
        sticky_seconds=sticky.get("DurationSeconds", 3600) if sticky.get("Enabled") else None,
    )


def redirect_location(redirect: Redirect, url: Url) -> str:
    """The Location header. Like AWS it always names the port; `?` only stands before a query that is not empty."""
    known = {
        "#{protocol}": url.protocol,
        "#{host}": url.host,
        "#{port}": str(url.port),
        "#{path}": url.path.removeprefix("/"),
        "#{query}": url.query,
    }

    def fill(template: str) -> str:
        # In one pass: a client that sends `#{host}` in its path must not get a second round.
        return re.sub(r"#\{(?:protocol|host|port|path|query)\}", lambda found: known[found.group()], template)

    query = fill(redirect.query)
    location = f"{fill(redirect.protocol).lower()}://{fill(redirect.host)}:{fill(redirect.port)}{fill(redirect.path)}"
    return f"{location}?{query}" if query else location


class TransformFailed(Exception):
    """A transform whose pattern matched has no usable result: AWS answers 500."""


@dataclass(frozen=True)
class Rewrite:
    """One `{Regex, Replace}`; `Replace` names capture groups as `$1`."""

    pattern: re.Pattern[str]
    replace: str

    def apply(self, text: str) -> str | None:
        """`text` with the first match replaced, None when there is none. Raises TransformFailed."""
        found = self.pattern.search(text)
        if found is None:
            return None

        def group(reference: re.Match[str]) -> str:
            try:
                return found.group(int(reference[1])) or ""
            except IndexError as missing:
                raise TransformFailed(f"the replacement names group ${reference[1]}") from missing

        return text[: found.start()] + re.sub(r"\$(\d)", group, self.replace) + text[found.end() :]


@dataclass(frozen=True)
class Transforms:
    """A rule's rewrites, in order. The first pattern that matches decides."""

    host: tuple[Rewrite, ...] = ()
    url: tuple[Rewrite, ...] = ()


def parse_transforms(transforms: Sequence[Mapping[str, Any]]) -> Transforms:
    """Raises re.error for an expression that Python cannot compile."""

    def rewrites(kind: str, config: str) -> tuple[Rewrite, ...]:
        return tuple(
            Rewrite(re.compile(rewrite["Regex"]), rewrite["Replace"])
            for transform in transforms
            if transform["Type"] == kind
            for rewrite in transform[config]["Rewrites"]
        )

    return Transforms(
        host=rewrites("host-header-rewrite", "HostHeaderRewriteConfig"),
        url=rewrites("url-rewrite", "UrlRewriteConfig"),
    )


def apply_transforms(transforms: Transforms, host: str, target: str) -> tuple[str, str]:
    """New Host header and request target (path and query, as the URL rewrite sees them). Raises TransformFailed."""
    new_target = _first(transforms.url, target)
    if new_target != target and not new_target.startswith("/"):
        raise TransformFailed("the rewritten URL does not begin with /")
    return _first(transforms.host, host), new_target


def _first(rewrites: Sequence[Rewrite], text: str) -> str:
    for rewrite in rewrites:
        if (result := rewrite.apply(text)) is not None:
            return result
    return text
