"""Forms of names, labels and keys (k8s.io/apimachinery `util/validation`), and what the API server says of others."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_DNS1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = f"(({_QUALIFIED}))?"


@dataclass(frozen=True, slots=True)
class Form:
    """A regular expression with a length, and the sentence that explains it."""

    pattern: re.Pattern[str]
    longest: int
    explanation: str

    def faults(self, value: str) -> list[str]:
        found = []
        if len(value) > self.longest:
            found.append(f"must be no more than {self.longest} characters")
        if not self.pattern.fullmatch(value):
            found.append(self.explanation)
        return found


DNS_SUBDOMAIN = Form(
    re.compile(_SUBDOMAIN),
    253,
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
)
DNS_LABEL = Form(
    re.compile(_LABEL),
    63,
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
)
DNS_1035_LABEL = Form(
    re.compile(_DNS1035),
    63,
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')",
)
LABEL_VALUE = Form(
    re.compile(_LABEL_VALUE),
    63,
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
)
_NAME_PART = Form(
    re.compile(_QUALIFIED),
    63,
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
)


def qualified_name(value: str) -> list[str]:
    """Faults of `prefix/name` or `name`, the form of label and annotation keys."""
    prefix, slash, name = value.rpartition("/")
    if "/" in prefix:
        return [_NAME_PART.explanation.replace("name part", "a qualified name", 1)]
    faults = []
    if slash and not prefix:
        faults.append("prefix part must be non-empty")
    elif slash:
        faults += [f"prefix part {fault}" for fault in DNS_SUBDOMAIN.faults(prefix)]
    if not name:
        faults.append("name part must be non-empty")
    return faults + _NAME_PART.faults(name)


def path_segment(value: str) -> list[str]:
    """Faults of a name that need only fit between two slashes (roles and bindings)."""
    if value in (".", ".."):
        return [f"may not be '{value}'"]
    return [f"may not contain '{char}'" for char in "/%" if char in value]


NameCheck = Callable[[str], list[str]]
