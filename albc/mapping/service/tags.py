"""Tags that a Service gives its load balancer, listeners, target groups and managed security group
(spec/service.md A8.8). Called by `build`: all of them get the same.
"""

from albc.mapping import tags
from albc.mapping.service.parsed import TAGS, ServiceAnnotations, full_name
from albc.mapping.settings import MappingSettings


def resource_tags(annotations: ServiceAnnotations, settings: MappingSettings) -> dict[str, str]:
    additional = annotations[TAGS] or {}
    tags.check(additional, settings, f"Service ({full_name(TAGS)})")
    return tags.merge(additional, settings)
