"""From files alone: manifests for the cluster, recorded answers for AWS, an account in which nothing of ours exists.

Imports no SDK and no event loop, so that it takes no time to start.
"""

from collections.abc import Sequence
from functools import reduce

from albc.aws.facts.file import FactsFile
from albc.aws.facts.questions import backend_security_group_name
from albc.cli import node_ports
from albc.cli.manifests import load
from albc.cli.plan.outlook import Outlook, nothing_there, outlook
from albc.cli.plan.served import served
from albc.cli.usage import UsageError
from albc.errors import Invalid
from albc.mapping.cluster import build, ordered, units, wants
from albc.mapping.ingress.groups import load_problems
from albc.mapping.settings import MappingSettings
from albc.model.facts import Facts, FactsRequest
from albc.settings import Settings, deploy_settings, mapping_settings


def look_at_files(files: Sequence[str], facts_file: str, settings: Settings) -> Outlook:
    """Raises `UsageError` for a file that is no good."""
    loaded = load(files, settings.watch_namespace)
    recorded = open_facts(facts_file)
    mapping = mapping_settings(settings, region=settings.aws_region, vpc_id=vpc_of(recorded, settings))
    loaded = loaded.admitted(mapping)
    found = served(units(loaded.snapshot, mapping), settings)
    request = reduce(FactsRequest.__or__, (wants(unit, loaded.snapshot, mapping) for unit in found), FactsRequest())
    facts = recorded_facts(recorded, request, mapping)
    made = [(unit, build(unit, loaded.snapshot, facts, mapping)) for unit in found]
    problems = [
        *loaded.problems,
        *load_problems(loaded.snapshot, mapping),
        *(problem for _, one in made for problem in one.built.problems),
        *node_ports.warnings(loaded.assumed, (one.built.stack for _, one in made)),
    ]
    missing = missing_group(facts, mapping.cluster_name)
    return outlook(made, nothing_there, ordered(problems), missing, deploy_settings(settings, mapping))


def open_facts(file: str) -> FactsFile:
    """Raises `UsageError`."""
    try:
        return FactsFile(file)
    except Invalid as error:
        raise UsageError(str(error)) from None


def recorded_facts(recorded: FactsFile, request: FactsRequest, mapping: MappingSettings) -> Facts:
    """Raises `UsageError`."""
    try:
        return recorded.answer(
            request,
            cluster_name=mapping.cluster_name,
            vpc_id=mapping.vpc_id,
            certificate_tags=mapping.enable_certificate_management,
        )
    except Invalid as error:
        raise UsageError(str(error)) from None


def vpc_of(recorded: FactsFile, settings: Settings) -> str:
    """The flag's, or the only one in the file that bears the flag's tags. Raises `UsageError`."""
    if settings.aws_vpc_id:
        return settings.aws_vpc_id
    try:
        found = recorded.vpc_ids(dict(settings.aws_vpc_tags))
    except Invalid as error:
        raise UsageError(str(error)) from None
    if len(found) != 1:
        which = f" ({', '.join(found)})" if found else ""
        raise UsageError(f"the facts file has {len(found)} VPCs that could be meant{which}; name one with --aws-vpc-id")
    return found[0]


def missing_group(facts: Facts, cluster_name: str) -> str:
    """The shared backend security group's name if facts have that in place of an id: it does not exist yet."""
    name = backend_security_group_name(cluster_name)
    return name if facts.backend_security_group == name else ""
