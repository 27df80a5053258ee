"""Identifiers that look like AWS's and are the same in every run: digests of names, never random."""

import hashlib


def hex_id(*parts: object, digits: int = 17) -> str:
    """The first `digits` hex digits of a digest of `parts`. EC2 ids have 17, those in load balancer ARNs 16."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:digits]


def decimal_id(*parts: object, digits: int = 9) -> str:
    """A decimal number of a digest of `parts`, as in the DNS names of Application Load Balancers."""
    return str(int(hex_id(*parts, digits=15), 16) % 10**digits + 10**digits)


def uuid_id(*parts: object) -> str:
    """A digest of `parts` in the form of a UUID, as in certificate ARNs and request ids."""
    text = hex_id(*parts, digits=32)
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
