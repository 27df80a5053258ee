"""With which settings albc would take over."""

import pytest

from albc.cli.preflight import successor
from albc.cli.preflight.installed import Installed
from albc.cli.usage import UsageError
from albc.settings import Settings

RUNNING = Installed("kube-system", "aws-load-balancer-controller", "image", "lbc", ("--cluster-name=prod",), ())


def parse(flags: tuple[str, ...]) -> Settings:
    said = dict(flag.removeprefix("--").split("=") for flag in flags)
    return Settings(
        cluster_name=said["cluster-name"], aws_region=said.get("aws-region", ""), aws_vpc_id=said.get("aws-vpc-id", "")
    )


def test_the_flags_of_the_controller_that_runs_now_count() -> None:
    assert successor(Settings(), RUNNING, parse).cluster_name == "prod"


def test_the_caller_says_where_cluster_and_account_are() -> None:
    there = successor(Settings(aws_region="eu-west-1", aws_vpc_id="vpc-1"), RUNNING, parse)
    assert (there.cluster_name, there.aws_region, there.aws_vpc_id) == ("prod", "eu-west-1", "vpc-1")


def test_the_callers_flags_count_where_he_names_a_cluster() -> None:
    given = Settings(cluster_name="other")
    assert successor(given, RUNNING, parse) is given
    assert successor(given, None, parse) is given


def test_where_nobody_says_the_flag_is_asked_for() -> None:
    with pytest.raises(UsageError, match=r"no controller runs here .* --cluster-name=NAME"):
        successor(Settings(), None, parse)
