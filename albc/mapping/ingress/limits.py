"""What AWS takes in actions and conditions that a user writes as JSON, told before AWS is asked: its refusal would stop
the whole load balancer, and name neither the annotation nor its owner.

The rules are those of RedirectActionConfig, FixedResponseActionConfig, TargetGroupStickinessConfig and RuleCondition in
the API reference of Elastic Load Balancing v2. Each function raises `ValueError` with a message that completes
"the value …". Called by `actions` and `conditions`.
"""

import re
from collections.abc import Iterable, Sequence
from ipaddress import ip_network

from albc.mapping import nearest
from albc.model.actions import FixedResponse, Redirect, Stickiness

LONGEST_VALUE = 128
LONGEST_METHOD = 40
LONGEST_HEADER_NAME = 40
LONGEST_BODY = 1024
MOST_TARGET_GROUPS = 5
STICKINESS_SECONDS = range(1, 604801)

_REDIRECT_CODES = ("HTTP_301", "HTTP_302")
_PROTOCOLS = ("HTTP", "HTTPS", "#{protocol}")
_CONTENT_TYPES = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def check_redirect(redirect: Redirect) -> None:
    code, protocol, port, path = redirect.status_code, redirect.protocol, redirect.port, redirect.path
    _one_of("redirectConfig.statusCode", code, _REDIRECT_CODES, meant=f"HTTP_{code}")
    if protocol is not None:
        _one_of("redirectConfig.protocol", protocol, _PROTOCOLS)
    if port is not None and port != "#{port}" and not (re.fullmatch("[0-9]{1,5}", port) and 1 <= int(port) <= 65535):
        raise ValueError(f'must have a redirectConfig.port from 1 to 65535, or #{{port}}, not "{port[:20]}"')
    if path is not None and not path.startswith("/"):
        raise ValueError(f'must have a redirectConfig.path that begins with a slash, such as "/{path[:40]}"')
    if redirect.host == "":
        raise ValueError("must not have an empty redirectConfig.host; leave it out to keep the host")
    for name, value in (("host", redirect.host), ("path", path), ("query", redirect.query)):
        _not_longer(f"redirectConfig.{name}", value or "", LONGEST_VALUE)


def check_response(response: FixedResponse) -> None:
    code = response.status_code
    if not re.fullmatch("[245][0-9][0-9]", code):
        raise ValueError(f'must have a fixedResponseConfig.statusCode of 2xx, 4xx or 5xx, not "{code[:20]}"')
    if response.content_type:
        _one_of("fixedResponseConfig.contentType", response.content_type, _CONTENT_TYPES)
    _not_longer("fixedResponseConfig.messageBody", response.message_body or "", LONGEST_BODY)


def check_stickiness(stickiness: Stickiness) -> None:
    """A duration of nothing is taken for none while there is no stickiness."""
    seconds = stickiness.duration_seconds
    if seconds not in STICKINESS_SECONDS and (stickiness.enabled or seconds):
        longest, given = STICKINESS_SECONDS.stop - 1, "none" if seconds is None else seconds
        raise ValueError(f"must have targetGroupStickinessConfig.durationSeconds from 1 to {longest}, not {given}")


def check_target_groups(number: int) -> None:
    """Of one forward action."""
    if not 1 <= number <= MOST_TARGET_GROUPS:
        raise ValueError(f"must have from 1 to {MOST_TARGET_GROUPS} targetGroups, not {number}")


def check_values(field: str, values: Iterable[str]) -> None:
    """Of a condition, regular expressions among them."""
    for value in values:
        _not_longer(f"values for the field {field}", value, LONGEST_VALUE)


def check_methods(values: Iterable[str]) -> None:
    for value in values:
        if not re.fullmatch("[A-Z_-]+", value) or len(value) > LONGEST_METHOD:
            hint = nearest.did_you_mean(value.upper() if re.fullmatch("[A-Za-z]+", value) else None)
            raise ValueError(
                f'must have methods of capital letters, "-" and "_", at most {LONGEST_METHOD}, '
                f'for the field http-request-method, not "{value[:40]}"{hint}'
            )


def check_header_name(name: str) -> None:
    if not _TOKEN.fullmatch(name) or len(name) > LONGEST_HEADER_NAME:
        raise ValueError(
            f"must have the name of a header, at most {LONGEST_HEADER_NAME} characters, as httpHeaderName "
            f'for the field http-header, not "{name[:40]}"'
        )


def check_sources(values: Sequence[str]) -> None:
    for value in values:
        try:
            ip_network(value, strict=False)
        except ValueError:
            valid = False
        else:
            valid = "/" in value
        if not valid:
            raise ValueError(
                f'must have CIDR blocks for the field source-ip, such as 10.0.0.0/8, not "{value[:40]}"'
                f"{nearest.cidr(value)}"
            )


def _one_of(where: str, given: str, allowed: Sequence[str], meant: str = "") -> None:
    if given in allowed:
        return
    if not given:
        raise ValueError(f"must have {where}: one of {', '.join(allowed)}")
    hint = nearest.did_you_mean(meant) if meant in allowed else nearest.word(given[:40], allowed)
    raise ValueError(f'must have a {where} of {", ".join(allowed)}, not "{given[:40]}"{hint}')


def _not_longer(where: str, value: str, longest: int) -> None:
    if len(value) > longest:
        raise ValueError(f"must have at most {longest} characters in {where}, not {len(value)}")
