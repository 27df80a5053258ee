"""Rewrites of path and host do what the Gateway API says of them (spec/gateway.md §11.6)."""

import re

import pytest

from albc.model.listener import Rewrite, RewriteTransform
from tests.mapping.gateway.kit import Plain, gateway, http_route, prefix, rule, service, to


def transforms(path: str, *filters: Plain) -> tuple[RewriteTransform, ...]:
    redirects = any(each["type"] == "RequestRedirect" for each in filters)
    backends = {} if redirects else to("web")
    return rule(
        gateway(), service(), http_route({**backends, "matches": [prefix(path)], "filters": list(filters)})
    ).transforms


def rewrite(**path: str) -> Plain:
    return {"type": "URLRewrite", "urlRewrite": {"path": path}}


def prefix_rewrite(replacement: str) -> Plain:
    return rewrite(type="ReplacePrefixMatch", replacePrefixMatch=replacement)


@pytest.mark.parametrize(
    ("request_path", "match", "replacement", "result"),
    [
        ("/foo/bar", "/foo", "/xyz", "/xyz/bar"),
        ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
        ("/foo/bar", "/foo/", "/xyz", "/xyz/bar"),
        ("/foo/bar", "/foo/", "/xyz/", "/xyz/bar"),
        ("/foo", "/foo", "/xyz", "/xyz"),
        ("/foo", "/foo/", "/xyz", "/xyz"),
        ("/foo/", "/foo", "/xyz", "/xyz/"),
        ("/foo/bar", "/foo", "", "/bar"),
        ("/foo/", "/foo", "", "/"),
        ("/foo", "/foo", "", "/"),
        ("/foo/", "/foo", "/", "/"),
        ("/foo", "/foo", "/", "/"),
        ("/foo", "/", "/a", "/a/foo"),
        ("/foo?x=1", "/foo", "/xyz", "/xyz?x=1"),
        ("/a+b/c", "/a+b", "/xyz", "/xyz/c"),
        ("/a(1)/c", "/a(1)", "/xyz", "/xyz/c"),
        ("/w5.a/c", "/w5.a/", "/xyz", "/xyz/c"),
    ],
)
def test_a_prefix_is_replaced_by_whole_path_elements(
    request_path: str, match: str, replacement: str, result: str
) -> None:
    (transform,) = transforms(match, prefix_rewrite(replacement))
    (found,) = transform.rewrites

    assert re.sub(found.regex, found.replace.replace("$2", r"\2"), request_path, count=1) == result


def test_a_full_path_is_replaced_up_to_the_query() -> None:
    (transform,) = transforms("/a", rewrite(type="ReplaceFullPath", replaceFullPath="/b"))

    assert transform == RewriteTransform(type="url-rewrite", rewrites=(Rewrite(regex="^([^?]*)", replace="/b"),))


def test_path_and_host_are_rewritten_by_one_filter() -> None:
    both = prefix_rewrite("/b")
    both["urlRewrite"]["hostname"] = "b.example.com"

    first, second = transforms("/a", both)

    assert (first.type, second.type) == ("url-rewrite", "host-header-rewrite")
    assert second.rewrites == (Rewrite(regex=".*", replace="b.example.com"),)


def test_a_redirect_of_a_prefix_is_a_rewrite_too() -> None:
    path = {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/b"}
    (transform,) = transforms("/a", {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "path": path}})

    assert transform.rewrites == (Rewrite(regex="(^/a(/)?)", replace="/b$2"),)


def test_a_plain_prefix_has_the_references_text() -> None:
    (transform,) = transforms("/a.b-c", prefix_rewrite("/d"))

    assert transform.rewrites == (Rewrite(regex="(^/a.b-c(/)?)", replace="/d$2"),)


def test_without_rewriting_filters_there_is_no_transform() -> None:
    assert transforms("/a") == ()
