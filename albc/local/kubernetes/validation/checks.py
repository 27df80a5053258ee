"""Checks that several kinds share, each a generator of faults: ports, addresses, selectors, immutable fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from albc.local.kubernetes.errors import FieldError
from albc.local.kubernetes.jsonpath import parse
from albc.local.kubernetes.validation.metadata import invalid, quoted, required
from albc.local.kubernetes.validation.names import DNS_LABEL, LABEL_VALUE, qualified_name

_PORT_NAME_LENGTH = 15


def forbidden(field: str, why: str) -> FieldError:
    return FieldError("FieldValueForbidden", field, f"Forbidden: {why}")


def duplicate(field: str, value: Any) -> FieldError:
    return FieldError("FieldValueDuplicate", field, f"Duplicate value: {quoted(value)}")


def unsupported(field: str, value: Any, supported: Iterable[str]) -> FieldError:
    listed = ", ".join(f'"{name}"' for name in supported)
    return FieldError("FieldValueNotSupported", field, f'Unsupported value: "{value}": supported values: {listed}')


def port_number(value: Any, field: str) -> Iterator[FieldError]:
    """1 to 65535."""
    if not isinstance(value, int) or not 1 <= value <= 65535:
        yield invalid(field, value, "must be between 1 and 65535, inclusive")


def port_name(value: str, field: str) -> Iterator[FieldError]:
    """IANA service name: at most 15 characters, a letter among them."""
    if len(value) > _PORT_NAME_LENGTH:
        yield invalid(field, value, f"must be no more than {_PORT_NAME_LENGTH} characters")
    if not all(char.islower() or char.isdigit() or char == "-" for char in value):
        yield invalid(field, value, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    elif not any(char.isalpha() for char in value):
        yield invalid(field, value, "must contain at least one letter (a-z)")
    elif "--" in value:
        yield invalid(field, value, "must not contain consecutive hyphens")
    elif value.startswith("-") or value.endswith("-"):
        yield invalid(field, value, "must not begin or end with a hyphen")


def port_number_or_name(value: Any, field: str) -> Iterator[FieldError]:
    """A target port."""
    if isinstance(value, int):
        yield from port_number(value, field)
    else:
        yield from port_name(value, field)


def dns_label(value: str, field: str) -> Iterator[FieldError]:
    for why in DNS_LABEL.faults(value):
        yield invalid(field, value, why)


def not_negative(obj: Mapping[str, Any], *paths: str) -> Iterator[FieldError]:
    """None of the numbers at these paths is below zero."""
    for path in paths:
        value = parse("." + path).first(obj)
        if isinstance(value, int) and value < 0:
            yield invalid(path, value, "must be greater than or equal to 0")


def immutable(new: Mapping[str, Any], old: Mapping[str, Any] | None, *paths: str) -> Iterator[FieldError]:
    """None of the values at these paths changes."""
    if old is None:
        return
    for path in paths:
        compiled = parse("." + path)
        after = compiled.first(new)
        if after != compiled.first(old):
            yield invalid(path, after, "field is immutable")


def labels(value: Mapping[str, str], field: str) -> Iterator[FieldError]:
    """Label keys and values outside `metadata`."""
    for key, text in value.items():
        yield from (invalid(field, key, why) for why in qualified_name(key))
        yield from (invalid(field, text, why) for why in LABEL_VALUE.faults(text))


def label_selector(value: Mapping[str, Any] | None, field: str) -> Iterator[FieldError]:
    """A `LabelSelector`."""
    if not value:
        return
    yield from labels(value.get("matchLabels") or {}, f"{field}.matchLabels")
    for place, item in enumerate(value.get("matchExpressions") or []):
        here = f"{field}.matchExpressions[{place}]"
        operator, values = item.get("operator"), item.get("values")
        if operator in ("In", "NotIn"):
            if not values:
                yield required(f"{here}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                yield forbidden(f"{here}.values", why)
        elif operator:
            yield invalid(f"{here}.operator", operator, "not a valid selector operator")


def is_ip(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def is_cidr(value: str) -> bool:
    try:
        ip_network(value, strict=False)
    except ValueError:
        return False
    return "/" in value


def address(value: str, field: str) -> Iterator[FieldError]:
    if not is_ip(value):
        yield invalid(field, value, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")
