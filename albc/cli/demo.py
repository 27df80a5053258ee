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
            f"the local stack is not installed ({error.name} is missing): pip install 'albc[local]'"
        ) from None
    # A kill ends the controller's process, too, like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    status = 0
    try:
        anyio.run(lambda: show(Console(), once=once))
    except* StepFailed as failures:
        for failure in _leaves(failures):
            print(f"albc: {failure}", file=sys.stderr)
        status = 1
    except* KeyboardInterrupt:
        print("ended")
    return status


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    return [
        leaf
        for error in group.exceptions
        for leaf in (_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    ]
