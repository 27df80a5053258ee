"""What the controller may do in the whole cluster: the chart's ClusterRole, and what `albc preflight` asks for.

A test holds it against the calls in the code (tests/manifests/rights.py). `python -m albc.controllers.rights FILE`
writes the rules as the chart includes them; `make manifests` calls it.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

WATCHED: Final = ("list", "watch")
OWNED: Final = ("get", "list", "patch", "watch")
"""Read, and given finalizers."""

_GATEWAY: Final = "gateway.networking.k8s.io"
_ROUTES: Final = ("grpcroutes", "httproutes", "tcproutes", "tlsroutes", "udproutes")

RIGHTS: Final[tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]] = (
    ("", ("configmaps",), ("create", "delete", "get", "update")),
    ("", ("events",), ("create", "patch")),
    ("", ("namespaces", "nodes", "pods"), WATCHED),
    ("", ("services",), OWNED),
    ("", ("pods/status", "services/status"), ("patch",)),
    ("discovery.k8s.io", ("endpointslices",), WATCHED),
    ("networking.k8s.io", ("ingressclasses",), WATCHED),
    ("networking.k8s.io", ("ingresses",), OWNED),
    ("networking.k8s.io", ("ingresses/status",), ("patch",)),
    ("elbv2.k8s.aws", ("albtargetcontrolconfigs",), ("get",)),
    ("elbv2.k8s.aws", ("ingressclassparams",), WATCHED),
    ("elbv2.k8s.aws", ("targetgroupbindings",), ("create", "delete", "get", "list", "patch", "watch")),
    ("elbv2.k8s.aws", ("targetgroupbindings/status",), ("patch",)),
    ("gateway.k8s.aws", ("listenerruleconfigurations",), WATCHED),
    ("gateway.k8s.aws", ("listenerruleconfigurations/status",), ("patch",)),
    ("gateway.k8s.aws", ("loadbalancerconfigurations", "targetgroupconfigurations"), OWNED),
    (_GATEWAY, ("gatewayclasses", "gateways"), OWNED),
    (_GATEWAY, ("listenersets", *_ROUTES), ("get", "list", "watch")),
    (_GATEWAY, ("referencegrants",), WATCHED),
    (
        _GATEWAY,
        tuple(f"{kind}/status" for kind in ("gatewayclasses", "gateways", "listenersets", *_ROUTES)),
        ("patch",),
    ),
)
"""API group, resources, verbs."""


def by_resource() -> Mapping[tuple[str, str], frozenset[str]]:
    """The same, by API group and resource."""
    return {(group, resource): frozenset(verbs) for group, resources, verbs in RIGHTS for resource in resources}


def as_yaml() -> str:
    """The rules of a ClusterRole."""
    lines = ["# Written by `make manifests` from albc/controllers/rights.py."]
    for group, resources, verbs in RIGHTS:
        lines.append(f'- apiGroups: ["{group}"]')
        lines.append(f"  resources: [{', '.join(resources)}]")
        lines.append(f"  verbs: [{', '.join(verbs)}]")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(as_yaml(), encoding="utf-8")
