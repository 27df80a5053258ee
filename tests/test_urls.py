"""What an address of a server may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albc.urls import has_credentials, is_server


@pytest.mark.parametrize("text", ["https://host", "http://127.0.0.1:4566", "https://[::1]:6443/k8s/clusters/one"])
def test_http_servers_are_taken(text: str) -> None:
    assert is_server(text)
    assert not has_credentials(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "host", "file:///etc/passwd", "http://", "http://h:99999", "http://h:0", "http://[::1", "http://a b"),
        *(5, None, "http://h\r\nX: y", "http://\x1b[31m"),
    ],
)
def test_what_leads_to_no_http_server_is_not(text: object) -> None:
    assert not is_server(text)


def test_credentials_in_an_address_are_seen() -> None:
    assert has_credentials("https://user:password@host")


@given(st.text() | st.text().map("http://{}".format))
def test_any_text_is_judged(text: str) -> None:
    if is_server(text):
        has_credentials(text)
