"""Rewrites (spec/ingress.md §14.4)."""

from typing import Any

import pytest

from albc.model.listener import Rewrite, RewriteTransform
from tests.mapping.ingress.kit import annotated, fault, rules, stack

URL = {"type": "url-rewrite", "urlRewriteConfig": {"rewrites": [{"regex": "^/a", "replace": "/b"}, {"regex": "c"}]}}
HOST = {"type": "host-header-rewrite", "hostHeaderRewriteConfig": {"rewrites": [{"regex": "x", "replace": "y"}]}}


def test_transforms_keep_their_order() -> None:
    [only] = rules(stack(annotated(**{"transforms.cart": [URL, HOST]})))

    assert only.transforms == (
        RewriteTransform(
            type="url-rewrite", rewrites=(Rewrite(regex="^/a", replace="/b"), Rewrite(regex="c", replace=""))
        ),
        RewriteTransform(type="host-header-rewrite", rewrites=(Rewrite(regex="x", replace="y"),)),
    )


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"type": "path"}, "url-rewrite"),
        ({"type": "url-rewrite"}, "urlRewriteConfig.rewrites"),
        ({"type": "host-header-rewrite", "hostHeaderRewriteConfig": {"rewrites": []}}, "hostHeaderRewriteConfig"),
    ],
)
def test_unusable_transforms_are_told(entry: Any, told: str) -> None:
    message = fault(annotated(**{"transforms.cart": [entry]}))

    assert message.startswith("alb.ingress.kubernetes.io/transforms.cart")
    assert told in message
