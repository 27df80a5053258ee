"""Whether a text that a user gave is the address of an HTTP server. Called where flags and files name one."""

from urllib.parse import urlsplit


def is_server(text: object) -> bool:
    """`http` or `https`, a host without blanks or control characters, and a port that can be, if any."""
    if not isinstance(text, str) or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def has_credentials(url: str) -> bool:
    """Such as `https://user:password@host`; they would stand in every message that cites the address."""
    return "@" in urlsplit(url).netloc
