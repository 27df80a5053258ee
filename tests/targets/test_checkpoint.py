"""Checkpoints are byte for byte those of the reference."""

from albc.crds.target_group_binding import TargetGroupBindingSpec
from albc.targets.checkpoint import checkpoint
from albc.targets.registration import Target

SPEC = TargetGroupBindingSpec.model_validate(
    {
        "targetGroupARN": "arn:aws:elasticloadbalancing:us-west-2:111122223333:targetgroup/demo/0123456789abcdef",
        "targetType": "ip",
        "targetGroupProtocol": "HTTP",
        "serviceRef": {"name": "web", "port": 80},
        "ipAddressType": "ipv4",
        "vpcID": "vpc-0123456789abcdef0",
    }
)


def test_the_recorded_checkpoint_is_reproduced() -> None:
    endpoints = [
        (Target("10.0.2.9", 8080), "2023-11-14T22:14:20Z"),
        (Target("10.0.1.7", 8080), "2023-11-14T22:13:20Z"),
    ]
    assert checkpoint(endpoints, SPEC) == (
        "7qfaEEwOWH62dfvTPnnPvjBybYGFfUYFkS3mCi-bWJ4/F6Z0V5O0sPRJJigdYq1x_7JZtZoy2hf-gVIArZo-ZSs"
    )


def test_no_endpoints_is_the_hash_of_nothing() -> None:
    assert checkpoint([], SPEC).startswith("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU/")


def test_the_order_of_endpoints_does_not_matter() -> None:
    one, two = (Target("10.0.0.1", 1), None), (Target("10.0.0.2", 1), None)
    assert checkpoint([one, two], SPEC) == checkpoint([two, one], SPEC)


def test_a_pod_that_was_made_anew_on_the_same_address_changes_it() -> None:
    target = Target("10.0.0.1", 80)
    assert checkpoint([(target, "2026-01-01T00:00:00Z")], SPEC) != checkpoint([(target, "2026-01-01T00:00:01Z")], SPEC)
