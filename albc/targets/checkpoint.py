"""The checkpoint annotation: what was reconciled last, so that a restart costs no AWS call (spec/targets.md §7.3).

Pure. The reference writes the same bytes, so a take-over in either direction skips what is unchanged.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from albc.crds.target_group_binding import TargetGroupBindingSpec
from albc.targets.registration import Target

ANNOTATION = "elbv2.k8s.aws/checkpoint"
TIMESTAMP_ANNOTATION = "elbv2.k8s.aws/checkpoint-timestamp"

_ZERO_TIME = -62135596800000
"""Go's zero time in Unix milliseconds."""
_GO_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def checkpoint(endpoints: Iterable[tuple[Target, str | None]], spec: TargetGroupBindingSpec) -> str:
    """`endpoints`: targets, each with the creation time of its Pod or Node (RFC 3339)."""
    joined = ",".join(sorted(f"{target.identifier}:{_milliseconds(created)}" for target, created in endpoints))
    return f"{_hash(joined)}/{_hash(_spec_json(spec))}"


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def _milliseconds(timestamp: str | None) -> int:
    if not timestamp:
        return _ZERO_TIME
    return round(datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp() * 1000)


def _without_empty(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {key: value for key, value in pairs if value not in (None, "", False, {}, [], ())}


def _spec_json(spec: TargetGroupBindingSpec) -> str:
    """As Go encodes the reference's type: its order of keys, its omissions, its escapes."""
    document = _without_empty(
        [
            ("targetGroupARN", spec.target_group_arn),
            ("targetGroupName", spec.target_group_name),
            ("multiClusterTargetGroup", spec.multi_cluster_target_group),
            ("targetType", spec.target_type),
            ("targetGroupProtocol", spec.target_group_protocol),
        ]
    )
    document["serviceRef"] = {"name": spec.service_ref.name, "port": spec.service_ref.port}
    if spec.networking is not None:
        document["networking"] = _without_empty([("ingress", [_rule(r) for r in spec.networking.ingress or ()])])
    if spec.node_selector is not None:
        document["nodeSelector"] = _without_empty(
            [
                ("matchLabels", dict(sorted((spec.node_selector.match_labels or {}).items()))),
                (
                    "matchExpressions",
                    [
                        {"key": e.key, "operator": e.operator, **({"values": list(e.values)} if e.values else {})}
                        for e in spec.node_selector.match_expressions or ()
                    ],
                ),
            ]
        )
    document |= _without_empty(
        [
            ("ipAddressType", spec.ip_address_type),
            ("vpcID", spec.vpc_id),
            ("iamRoleArnToAssume", spec.iam_role_arn_to_assume),
            ("assumeRoleExternalId", spec.assume_role_external_id),
        ]
    )
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).translate(_GO_ESCAPES)


def _rule(rule: Any) -> dict[str, Any]:
    return {
        "from": [
            _without_empty(
                [
                    ("ipBlock", {"cidr": peer.ip_block.cidr} if peer.ip_block else None),
                    ("securityGroup", {"groupID": peer.security_group.group_id} if peer.security_group else None),
                ]
            )
            for peer in rule.from_
        ],
        "ports": [
            {key: value for key, value in (("protocol", port.protocol), ("port", port.port)) if value is not None}
            for port in rule.ports
        ],
    }
