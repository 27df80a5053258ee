"""The configuration is checked before anything starts."""

from dataclasses import replace

import pytest

from albc.settings import Settings, check, mapping_settings

GOOD = Settings(cluster_name="prod")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cluster_name": ""}, "cluster name must be specified"),
        ({"default_tags": (("elbv2.k8s.aws/cluster", "x"),)}, "cannot be specified in default-tags flag"),
        ({"external_managed_tags": ("ingress.k8s.aws/stack",)}, "cannot be specified in external-managed-tags flag"),
        ({"default_tags": (("a", "b"),), "external_managed_tags": ("a",)}, "in both default-tags and"),
        ({"default_target_type": "pod"}, "invalid value pod for default target type; it must be instance or ip"),
        ({"default_load_balancer_scheme": "public"}, "it must be internal or internet-facing"),
        ({"backend_security_group": "web"}, "it must begin with sg-"),
        (
            {"enable_backend_security_group": False, "enable_manage_backend_security_group_rules": True},
            "backend security group must be enabled",
        ),
        ({"required_secrets_label": "team="}, "must be in key=value format"),
    ],
)
def test_a_wrong_setting_is_told_in_one_sentence(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check(replace(GOOD, **change))  # type: ignore[arg-type]  # a table of fields of different types


def test_a_good_configuration_passes() -> None:
    check(GOOD)


def test_gates_and_flags_reach_mapping() -> None:
    settings = Settings(
        cluster_name="prod", feature_gates=(("ALBSingleSubnet", True),), default_tags=(("team", "web"),)
    )
    found = mapping_settings(settings, region="us-west-2", vpc_id="vpc-1")
    assert (found.alb_single_subnet, found.default_tags, found.vpc_id) == (True, {"team": "web"}, "vpc-1")
