"""Kubernetes' CEL functions that the language itself has not: strings, lists, regular expressions, addresses, URLs,
quantities, formats, sets, optional fields (k8s.io/apiserver `cel/library`).

One table from name to function; a method gets its receiver first. Addresses and the like are small dictionaries, since
rules only pass them on. A wrong argument raises ValueError, which becomes the rule's error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from ipaddress import ip_address, ip_network
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cel import OptionalValue

from albc.local.kubernetes.quantity import parse_quantity
from albc.local.kubernetes.validation.names import (
    DNS_1035_LABEL,
    DNS_LABEL,
    DNS_SUBDOMAIN,
    LABEL_VALUE,
    qualified_name,
)

VARIABLES: dict[str, Any] = {"sets": {}, "ip": {}, "format": {}}
"""Names before the dot of functions that look like methods: `sets.contains(a, b)`."""


# -- strings -----------------------------------------------------------------------------------------------------------


def _index_of(where: Any, what: Any, start: int = 0) -> int:
    if isinstance(where, str):
        return where.find(what, start)
    return next((i for i, item in enumerate(where) if item == what), -1)


def _last_index_of(where: Any, what: Any) -> int:
    if isinstance(where, str):
        return where.rfind(what)
    return next((i for i in range(len(where) - 1, -1, -1) if where[i] == what), -1)


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if separator == "":
        return list(text)
    return text.split(separator, limit - 1 if limit > 0 else -1)


def _substring(text: str, start: int, end: int | None = None) -> str:
    last = len(text) if end is None else end
    if not 0 <= start <= last <= len(text):
        raise ValueError("index out of range")
    return text[start:last]


def _char_at(text: str, index: int) -> str:
    if not 0 <= index <= len(text):
        raise ValueError("index out of range")
    return text[index : index + 1]


def _format(receiver: str, arguments: Sequence[Any] = ()) -> str:
    values = iter(arguments)
    return re.sub(r"%(%|[.\d]*[sdfeboxX])", lambda m: "%" if m[1] == "%" else _formatted(m[1], next(values)), receiver)


def _formatted(verb: str, value: Any) -> str:
    match verb[-1]:
        case "d":
            return str(int(value))
        case "s":
            return _printed(value)
        case "b":
            return f"{int(value):b}"
        case _:
            return f"{float(value):{verb.lstrip('%')}}"


def _printed(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case None:
            return "null"
        case list():
            return f"[{', '.join(_printed(item) for item in value)}]"
        case _:
            return str(value)


# -- lists -------------------------------------------------------------------------------------------------------------


def _is_sorted(values: Sequence[Any]) -> bool:
    return all(a <= b for a, b in pairwise(values))


def _extreme(choose: Callable[..., Any]) -> Callable[..., Any]:
    def chosen(*values: Any) -> Any:
        items = values[0] if len(values) == 1 and isinstance(values[0], list) else values
        if not items:
            raise ValueError(f"{choose.__name__} called on empty list")
        return choose(items)

    return chosen


def _distinct(values: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


# -- addresses ---------------------------------------------------------------------------------------------------------


def _is(parse: Callable[[Any], Any]) -> Callable[[Any], bool]:
    def valid(value: Any) -> bool:
        try:
            parse(value)
        except ValueError:
            return False
        return True

    return valid


def _ip(value: Any) -> dict[str, Any]:
    """`ip("…")`, or the address of a network."""
    if isinstance(value, dict):
        return {"ip": value["cidr"].partition("/")[0]}
    if "%" in value or (value.lower().startswith("::ffff:") and "." in value):
        raise ValueError(f"not an IP address: {value}")
    return {"ip": str(ip_address(value))}


def _cidr(value: str) -> dict[str, Any]:
    if "/" not in value:
        raise ValueError(f"not a CIDR: {value}")
    ip_network(value, strict=False)
    return {"cidr": value}


def _address(value: Any) -> Any:
    return ip_address(value["ip"] if isinstance(value, dict) else value)


def _network(value: Any) -> Any:
    return ip_network(value["cidr"] if isinstance(value, dict) else value, strict=False)


def _contains_cidr(outer: Any, inner: Any) -> bool:
    a, b = _network(outer), _network(inner)
    return bool(a.version == b.version and b.subnet_of(a))


def _masked(value: dict[str, Any]) -> dict[str, Any]:
    return {"cidr": str(_network(value))}


# -- URLs --------------------------------------------------------------------------------------------------------------


def _url(text: str) -> dict[str, Any]:
    parts = urlsplit(text)
    if not (parts.scheme and parts.netloc) and not text.startswith("/"):
        raise ValueError(f"URL parse error: {text}")
    _ = parts.port
    return {"url": text}


def _host(value: dict[str, Any]) -> str:
    return str(urlsplit(value["url"]).netloc).rpartition("@")[2]


def _hostname(value: dict[str, Any]) -> str:
    return _host(value).rpartition(":")[0].strip("[]") if _port(value) else _host(value).strip("[]")


def _port(value: dict[str, Any]) -> str:
    port = urlsplit(value["url"]).port
    return "" if port is None else str(port)


def _query(value: dict[str, Any]) -> dict[str, list[str]]:
    return parse_qs(urlsplit(value["url"]).query, keep_blank_values=True)


# -- quantities --------------------------------------------------------------------------------------------------------


def _quantity(text: Any) -> dict[str, Any]:
    parse_quantity(str(text))
    return {"quantity": str(text)}


def _amount(value: Any) -> Decimal:
    return parse_quantity(value["quantity"]) if isinstance(value, dict) else Decimal(value)


def _as_integer(value: Any) -> int:
    amount = _amount(value)
    if amount != amount.to_integral_value():
        raise ValueError("cannot convert value to integer")
    return int(amount)


def _compare(a: Any, b: Any) -> int:
    return (_amount(a) > _amount(b)) - (_amount(a) < _amount(b))


# -- formats -----------------------------------------------------------------------------------------------------------


def _optional(faults: list[str]) -> OptionalValue:
    return OptionalValue.of(faults) if faults else OptionalValue.none()


_FORMATS: dict[str, Callable[[str], list[str]]] = {
    "dns1123Label": DNS_LABEL.faults,
    "dns1123Subdomain": DNS_SUBDOMAIN.faults,
    "dns1035Label": DNS_1035_LABEL.faults,
    "qualifiedName": qualified_name,
    "labelValue": LABEL_VALUE.faults,
    "uri": lambda value: [] if _is(_url)(value) else ["must be a valid URI"],
    "uuid": lambda value: (
        [] if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value) else ["uuid"]
    ),
    "date": lambda value: [] if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else ["invalid date"],
    "datetime": lambda value: [] if re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", value) else ["invalid datetime"],
    "byte": lambda value: [] if len(value) % 4 == 0 else ["invalid base64"],
}


def _validate(form: dict[str, Any], value: str) -> OptionalValue:
    return _optional(_FORMATS[form["format"]](value))


def _named(_: Any, name: str) -> OptionalValue:
    return OptionalValue.of({"format": name}) if name in _FORMATS else OptionalValue.none()


# -- optional fields ---------------------------------------------------------------------------------------------------


def _optional_field(value: Any, key: Any) -> OptionalValue:
    if isinstance(value, OptionalValue):
        if not value.has_value():
            return value
        value = value.value()
    if isinstance(value, dict):
        return OptionalValue.of(value[key]) if key in value else OptionalValue.none()
    if isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
        return OptionalValue.of(value[key])
    return OptionalValue.none()


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "charAt": _char_at,
    "indexOf": _index_of,
    "lastIndexOf": _last_index_of,
    "lowerAscii": lambda text: "".join(c.lower() if c.isascii() else c for c in text),
    "upperAscii": lambda text: "".join(c.upper() if c.isascii() else c for c in text),
    "replace": lambda text, old, new, limit=-1: text.replace(old, new, limit),
    "split": _split,
    "substring": _substring,
    "trim": lambda text: text.strip(),
    "join": lambda values, separator="": separator.join(values),
    "format": _format,
    "reverse": lambda value: value[::-1],
    "isSorted": _is_sorted,
    "sum": lambda values: sum(values),
    "min": _extreme(min),
    "max": _extreme(max),
    "distinct": _distinct,
    "find": lambda text, pattern: m[0] if (m := re.search(pattern, text)) else "",
    "findAll": lambda text, pattern, limit=-1: [m[0] for m in re.finditer(pattern, text)][
        : limit if limit >= 0 else None
    ],
    "isIP": _is(_ip),
    "ip": _ip,
    "isCanonical": lambda _, value: str(ip_address(value)) == value,
    "family": lambda value: _address(value).version,
    "isUnspecified": lambda value: _address(value).is_unspecified,
    "isLoopback": lambda value: _address(value).is_loopback,
    "isLinkLocalUnicast": lambda value: _address(value).is_link_local,
    "isLinkLocalMulticast": lambda value: _address(value).is_multicast,
    "isGlobalUnicast": lambda value: not (_address(value).is_multicast or _address(value).is_unspecified),
    "isCIDR": _is(_cidr),
    "cidr": _cidr,
    "containsIP": lambda network, value: _address(value) in _network(network),
    "containsCIDR": _contains_cidr,
    "masked": _masked,
    "prefixLength": lambda value: _network(value).prefixlen,
    "isURL": _is(_url),
    "url": _url,
    "getScheme": lambda value: urlsplit(value["url"]).scheme,
    "getHost": _host,
    "getHostname": _hostname,
    "getPort": _port,
    "getEscapedPath": lambda value: urlsplit(value["url"]).path,
    "getQuery": _query,
    "isQuantity": _is(_quantity),
    "quantity": _quantity,
    "sign": lambda value: _compare(value, 0),
    "isInteger": _is(_as_integer),
    "asInteger": _as_integer,
    "asApproximateFloat": lambda value: float(_amount(value)),
    "add": lambda a, b: {"quantity": str(_amount(a) + _amount(b))},
    "sub": lambda a, b: {"quantity": str(_amount(a) - _amount(b))},
    "isLessThan": lambda a, b: _compare(a, b) < 0,
    "isGreaterThan": lambda a, b: _compare(a, b) > 0,
    "compareTo": _compare,
    "named": _named,
    "validate": _validate,
    **{name: (lambda _, name=name: {"format": name}) for name in _FORMATS},
    "contains": lambda _, values, wanted: all(value in values for value in wanted),
    "intersects": lambda _, a, b: any(value in b for value in a),
    "equivalent": lambda _, a, b: all(value in b for value in a) and all(value in a for value in b),
    "optionalField": _optional_field,
    "optionalIndex": _optional_field,
}
