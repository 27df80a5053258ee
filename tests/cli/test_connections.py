"""Whoever starts albc without a way to AWS hears of it soon."""

from typing import Any

import anyio
import pytest
from structlog.testing import capture_logs
from virtual_time import VirtualTimeLoop

from albc.cli.connections import AWS_PATIENCE, SAY_EVERY, reaching_aws
from albc.cli.usage import UsageError
from albc.errors import NotFound

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


async def test_a_start_that_aws_does_not_answer_says_so_meanwhile_and_ends_with_what_to_check() -> None:
    started = anyio.current_time()
    with capture_logs() as lines, pytest.raises(UsageError, match="AWS did not answer within 15 s; check the network"):
        async with reaching_aws("eu-west-1"):
            await anyio.sleep_forever()
    assert anyio.current_time() - started == pytest.approx(AWS_PATIENCE)
    assert [line["event"] for line in lines][:4] == ["waiting for AWS to answer"] * 4, SAY_EVERY


async def test_an_answer_in_time_is_no_news() -> None:
    with capture_logs() as lines:
        async with reaching_aws("eu-west-1"):
            await anyio.sleep(1.0)
    assert lines == []


async def test_what_aws_refuses_is_told_as_it_is() -> None:
    with pytest.RaisesGroup(pytest.RaisesExc(UsageError, match="cannot use the AWS account in eu-west-1: no VPC")):
        async with reaching_aws("eu-west-1"):
            raise NotFound("no VPC")
