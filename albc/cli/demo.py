"""`albc demo`."""

import signal
import sys

import anyio
from rich.console import Console

from albc.cli.usage import UsageError


def run_demo(*, once: bool) -> int:
    """The exit status: 0 if every step worked, 1 if one did not."""
    try:
        from albc.local.demo.show import StepFailed, show
    except ImportError as error:
        raise UsageError(
            f"the local stack is not installed ({error.name} is missing): pip install '.[local]' in a checkout"
        ) from None

    async def until_told() -> None:
        """A kill ends in order, like Ctrl-C: the controller is a process of its own, and must not outlive us."""
        async with anyio.create_task_group() as tasks:

            async def listen() -> None:
                with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
                    async for _ in signals:
                        print("ended")
                        tasks.cancel_scope.cancel()

            tasks.start_soon(listen)
            await show(Console(), once=once)
            tasks.cancel_scope.cancel()

    status = 0
    try:
        anyio.run(until_told)
    except* StepFailed as failures:
        for failure in _leaves(failures):
            print(f"albc: {failure}", file=sys.stderr)
        status = 1
    return status


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    return [
        leaf
        for error in group.exceptions
        for leaf in (_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    ]
