"""`transforms.NAME`: rewrites of host and URL before a request goes to its target (spec/ingress.md §14.4)."""

from typing import Any, Literal

from albc.mapping.go import JSONObject, json_objects
from albc.mapping.ingress.member import Member
from albc.model.listener import Rewrite, RewriteTransform

_CONFIGS: dict[str, tuple[Literal["host-header-rewrite", "url-rewrite"], str]] = {
    "host-header-rewrite": ("host-header-rewrite", "hostHeaderRewriteConfig"),
    "url-rewrite": ("url-rewrite", "urlRewriteConfig"),
}


def read(member: Member, name: str) -> tuple[RewriteTransform, ...]:
    """In the order written; none without the annotation."""

    def decode(document: Any) -> tuple[RewriteTransform, ...]:
        return tuple(_transform(entry) for entry in json_objects(document))

    return member.annotations.json(f"transforms.{name}", decode) or ()


def _transform(entry: JSONObject) -> RewriteTransform:
    given = entry.string("type") or ""
    if given not in _CONFIGS:
        raise ValueError(f'must have a type of {" or ".join(_CONFIGS)}, not "{given[:40]}"')
    type_, name = _CONFIGS[given]
    config = entry.object(name)
    rewrites = config.objects("rewrites") if config else None
    if not rewrites:
        raise ValueError(f"must have at least one of {name}.rewrites for the type {given}")
    return RewriteTransform(
        type=type_,
        rewrites=tuple(
            Rewrite(regex=rewrite.string("regex") or "", replace=rewrite.string("replace") or "")
            for rewrite in rewrites
        ),
    )
