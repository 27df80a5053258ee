"""How long a Gateway takes to become a stack, by the number of its routes.

    python -m benchmarks.mapping_gateway [--routes N,N,…] [--json FILE]

Each HTTPRoute has its own Service, TargetGroupConfiguration, host and 10 rules. Three times for each size: cold,
nothing known; warm, nothing changed; edited, one route has another path and what was made of the others is taken as it
was.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from albc.crds.resources import TARGET_GROUP_CONFIGURATIONS
from albc.kube.key import NamespacedName
from albc.kube.objects import GATEWAY_CLASSES, GATEWAYS, HTTP_ROUTES, SERVICES, HTTPRoute
from albc.mapping.gateway.build import build
from albc.mapping.gateway.outcome import NOTHING_KNOWN, BuiltGateway
from albc.mapping.snapshot import Snapshot
from benchmarks.mapping import RULES, SETTINGS, account, milliseconds

EDGE = NamespacedName("bench", "edge")


def route(number: int, path: str = "p", version: int = 1) -> HTTPRoute:
    rules = [
        {
            "matches": [{"path": {"type": "PathPrefix", "value": f"/{path}{position}"}}],
            "backendRefs": [{"name": f"app-{number}", "port": 80}],
        }
        for position in range(RULES)
    ]
    return HTTP_ROUTES.convert(
        {
            "metadata": {
                "name": f"app-{number}",
                "namespace": "bench",
                "uid": f"route-{number}",
                "resourceVersion": str(version),
                "generation": version,
            },
            "spec": {
                "parentRefs": [{"name": "edge"}],
                "hostnames": [f"app-{number}.example.com"],
                "rules": rules,
            },
        }
    )


def cluster(routes: int) -> Snapshot:
    def named(name: str) -> dict[str, Any]:
        return {"name": name, "namespace": "bench", "resourceVersion": "1", "uid": name}

    names = [f"app-{number}" for number in range(routes)]
    services = [SERVICES.convert({"metadata": named(name), "spec": {"ports": [{"port": 80}]}}) for name in names]
    configurations = [
        TARGET_GROUP_CONFIGURATIONS.convert(
            {
                "metadata": named(name),
                "spec": {"targetReference": {"name": name}, "defaultConfiguration": {"targetType": "ip"}},
            }
        )
        for name in names
    ]
    listener = {"name": "http", "protocol": "HTTP", "port": 80}
    gateway = GATEWAYS.convert(
        {"metadata": named("edge"), "spec": {"gatewayClassName": "alb", "listeners": [listener]}}
    )
    gateway_class = GATEWAY_CLASSES.convert(
        {"metadata": {"name": "alb"}, "spec": {"controllerName": "gateway.k8s.aws/alb"}}
    )
    return Snapshot(
        gateway_classes={NamespacedName("", "alb"): gateway_class},
        gateways={EDGE: gateway},
        http_routes={NamespacedName("bench", name): route(number) for number, name in enumerate(names)},
        services={NamespacedName("bench", one.name): one for one in services},
        target_group_configurations={NamespacedName("bench", one.name): one for one in configurations},
    )


def edited(snapshot: Snapshot) -> Snapshot:
    changed = {**snapshot.http_routes, NamespacedName("bench", "app-0"): route(0, "q", 2)}
    return replace(snapshot, http_routes=changed)


def measure(routes: int) -> dict[str, Any]:
    facts, snapshot = account(), cluster(routes)
    gateway = snapshot.gateways[EDGE]

    def made(of: Snapshot, earlier: BuiltGateway | None = None) -> BuiltGateway:
        result = build(gateway, of, facts, SETTINGS, earlier.in_effect if earlier else NOTHING_KNOWN)
        if result is None or result.built.stack is None or result.built.problems:
            raise SystemExit(f"the Gateway is not sound: {result and result.built.problems[:1]}")
        return result

    first, changed = made(snapshot), edited(snapshot)
    return {
        "routes": routes,
        "rules": routes * RULES,
        "cold_ms": milliseconds(lambda: made(snapshot)),
        "warm_ms": milliseconds(lambda: made(snapshot, first)),
        "edited_ms": milliseconds(lambda: made(changed, first)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--routes", default="1,10,100,1000")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    results = []
    print(f"{'routes':>8}{'rules':>8}{'cold ms':>10}{'warm ms':>10}{'edited ms':>11}")
    for routes in map(int, arguments.routes.split(",")):
        one = measure(routes)
        results.append(one)
        print(f"{one['routes']:8}{one['rules']:8}{one['cold_ms']:10.2f}{one['warm_ms']:10.2f}{one['edited_ms']:11.2f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
