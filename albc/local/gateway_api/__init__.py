"""The Gateway API's kinds (v1.6) for a cluster that cannot fetch the project's own manifests.

Our own compact schemas: fields, types, bounds, patterns, defaults, list keys and the CEL rules that decide whether an
object is accepted (spec/gateway-crds.md §8). Not for production: install the Gateway API project's manifests there.
`albc.local.kubernetes` installs what `manifests` gives.
"""

from typing import Any

from albc.local.gateway_api.gateways import gateway, gateway_class, listener_set, reference_grant
from albc.local.gateway_api.routes import grpc_route, http_route, tcp_route, tls_route, udp_route


def manifests() -> list[dict[str, Any]]:
    """The CustomResourceDefinitions, as plain data."""
    return [
        gateway_class(),
        gateway(),
        listener_set(),
        http_route(),
        grpc_route(),
        tcp_route(),
        udp_route(),
        tls_route(),
        reference_grant(),
    ]
