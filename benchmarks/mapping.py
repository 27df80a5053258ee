"""How long an Ingress group takes to become a stack, by its size.

    python -m benchmarks.mapping [--members N,N,…] [--json FILE]

Each member has its own Service, host and 10 rules. Three times for each size: cold, nothing known; warm, nothing
changed; edited, one member has a new annotation and the shares of the others are taken as they were. Allocations: the
blocks of memory that a cold build leaves with its result, and its peak by tracemalloc, each in a run of its own.
"""

import argparse
import gc
import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from albc.kube.key import NamespacedName
from albc.kube.objects import INGRESS_CLASSES, INGRESSES, SERVICES, Ingress
from albc.mapping.ingress.build import BuiltGroup, build
from albc.mapping.ingress.groups import GroupID
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import Snapshot
from albc.model.facts import VPC, AvailabilityZone, Facts, Subnet

RULES = 10
GROUP = GroupID("", "bench")
SETTINGS = MappingSettings(cluster_name="bench", vpc_id="vpc-1", region="eu-west-1")
PREFIX = "alb.ingress.kubernetes.io/"


def account() -> Facts:
    zones = {
        f"z{number}": AvailabilityZone(id=f"z{number}", name=f"eu-west-1{number}", zone_type="availability-zone")
        for number in (1, 2)
    }
    subnets = tuple(
        Subnet(
            id=f"subnet-{number}",
            vpc_id="vpc-1",
            availability_zone=f"eu-west-1{number}",
            availability_zone_id=f"z{number}",
            cidr=f"10.0.{number}.0/24",
            available_ip_address_count=250,
            tags={"kubernetes.io/role/internal-elb": "1"},
        )
        for number in (1, 2)
    )
    vpc = VPC(id="vpc-1", ipv4_cidrs=("10.0.0.0/16",))
    return Facts(vpc=vpc, subnets=subnets, availability_zones=zones, backend_security_group="sg-backend")


def member(number: int) -> Ingress:
    paths = [
        {
            "path": f"/p{position}",
            "pathType": "Prefix",
            "backend": {"service": {"name": f"app-{number}", "port": {"number": 80}}},
        }
        for position in range(RULES)
    ]
    return INGRESSES.convert(
        {
            "metadata": {
                "name": f"app-{number}",
                "namespace": "bench",
                "annotations": {f"{PREFIX}group.name": GROUP.name, f"{PREFIX}target-type": "ip"},
            },
            "spec": {
                "ingressClassName": "alb",
                "rules": [{"host": f"app-{number}.example.com", "http": {"paths": paths}}],
            },
        }
    )


def cluster(members: int) -> Snapshot:
    ingresses = [member(number) for number in range(members)]
    services = [
        SERVICES.convert({"metadata": {"name": one.name, "namespace": "bench"}, "spec": {"ports": [{"port": 80}]}})
        for one in ingresses
    ]
    alb = INGRESS_CLASSES.convert({"metadata": {"name": "alb"}, "spec": {"controller": "ingress.k8s.aws/alb"}})
    return Snapshot(
        ingresses={NamespacedName(one.namespace, one.name): one for one in ingresses},
        services={NamespacedName(one.namespace, one.name): one for one in services},
        ingress_classes={NamespacedName("", "alb"): alb},
    )


def edited(snapshot: Snapshot) -> Snapshot:
    name, before = next(iter(snapshot.ingresses.items()))
    annotations = {**before.metadata.annotations, f"{PREFIX}healthcheck-path": "/ok"}
    after = msgspec.structs.replace(before, metadata=msgspec.structs.replace(before.metadata, annotations=annotations))
    return replace(snapshot, ingresses={**snapshot.ingresses, name: after})


def milliseconds(work: Callable[[], object], seconds: float = 1.0) -> float:
    """Median of as many runs as fit, at least three; CPU time, which other processes disturb least."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        gc.collect()
        started = time.process_time()
        work()
        times.append((time.process_time() - started) * 1000)
    return statistics.median(times)


def measure(members: int) -> dict[str, Any]:
    facts, snapshot = account(), cluster(members)
    first: BuiltGroup = build(GROUP, snapshot, facts, SETTINGS)
    if first.problems or first.stack is None:
        raise SystemExit(f"the group is not sound: {first.problems[:1]}")
    changed = edited(snapshot)
    result = {
        "members": members,
        "rules": members * RULES,
        "cold_ms": milliseconds(lambda: build(GROUP, snapshot, facts, SETTINGS)),
        "warm_ms": milliseconds(lambda: build(GROUP, snapshot, facts, SETTINGS, first.in_effect)),
        "edited_ms": milliseconds(lambda: build(GROUP, changed, facts, SETTINGS, first.in_effect)),
    }
    before = sys.getallocatedblocks()
    held = build(GROUP, snapshot, facts, SETTINGS)
    result["blocks"] = sys.getallocatedblocks() - before
    del held
    tracemalloc.start()
    build(GROUP, snapshot, facts, SETTINGS)
    result["peak_mb"] = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", default="1,10,100,1000")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    results = []
    print(f"{'members':>8}{'rules':>8}{'cold ms':>10}{'warm ms':>10}{'edited ms':>11}{'blocks':>9}{'peak MB':>9}")
    for members in map(int, arguments.members.split(",")):
        one = measure(members)
        results.append(one)
        print(
            f"{one['members']:8}{one['rules']:8}{one['cold_ms']:10.2f}{one['warm_ms']:10.2f}"
            f"{one['edited_ms']:11.2f}{one['blocks']:9}{one['peak_mb']:9.2f}"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
