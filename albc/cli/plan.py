"""`albc plan`: the pure half of the controller, on manifests."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from albc.aws.facts.file import FactsFile
from albc.cli.manifests import load
from albc.cli.usage import UsageError
from albc.errors import Invalid
from albc.mapping.cluster import build, wants
from albc.mapping.settings import MappingSettings
from albc.model.facts import VPC, Facts, FactsRequest
from albc.model.problem import Problem
from albc.settings import Settings, check, mapping_settings


def plan_from_files(files: Sequence[str], facts: str, output: str, settings: Settings) -> int:
    """Prints what the manifests ask for. Returns the exit status."""
    if output != "stack-json":
        raise UsageError(f"--output {output} is unknown; it must be stack-json")
    if not files:
        raise UsageError("name manifests with -f: files, folders, or - for standard input")
    try:
        check(settings)
    except ValueError as error:
        raise UsageError(str(error)) from None
    loaded = load(files)
    mapping = mapping_settings(settings, region=settings.aws_region, vpc_id=settings.aws_vpc_id)
    request = wants(loaded.snapshot, mapping)
    built = build(loaded.snapshot, _facts(facts, request, mapping), mapping)
    document = {
        "stacks": [stack.to_plain() for stack in built.stacks],
        "problems": [_plain(problem) for problem in (*loaded.problems, *built.problems)],
    }
    json.dump(document, sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")
    return 0


def _facts(file: str, request: FactsRequest, settings: MappingSettings) -> Facts:
    """Of the file, or those of an empty VPC."""
    if not file:
        return Facts(vpc=VPC(id=settings.vpc_id))
    try:
        return FactsFile(file).answer(
            request,
            cluster_name=settings.cluster_name,
            vpc_id=settings.vpc_id,
            certificate_tags=settings.enable_certificate_management,
        )
    except Invalid as error:
        raise UsageError(str(error)) from None


def _plain(problem: Problem) -> dict[str, Any]:
    return {
        "kind": problem.object.kind,
        "namespace": problem.object.namespace,
        "name": problem.object.name,
        "reason": problem.reason,
        "message": problem.message,
        "severity": problem.severity,
    }
