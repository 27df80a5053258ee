"""The controller's configuration: flags, feature gates, and the checks that the reference makes at start."""

from albc.settings.deploy import deploy_settings
from albc.settings.flags import Settings, check
from albc.settings.gates import GATES, FeatureGates
from albc.settings.mapping import mapping_settings

__all__ = ["GATES", "FeatureGates", "Settings", "check", "deploy_settings", "mapping_settings"]
