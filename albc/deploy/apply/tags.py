"""Tags of ELBv2 resources; those of security groups are with them."""

from collections.abc import Mapping

from albc.deploy.apply.step import Handler, just_call

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("elbv2", "add_tags"): just_call,
    ("elbv2", "remove_tags"): just_call,
}
