"""Pods that are killed while their load balancer still lets requests run on.

A Pod has `terminationGracePeriodSeconds` from its deletion to its end; its target group gives requests that are under
way `deregistration_delay.timeout_seconds`. When the first is shorter, such requests are cut off, and nothing that a
controller does can help: it must be told (AWS: "Deregistration delay", Elastic Load Balancing user guides).
Called by `albc.targets.reconciler`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Final

from albc.aws.calls import Aws
from albc.errors import Refused, Unavailable
from albc.kube.objects import Pod
from albc.targets.remembered import Remembered

ATTRIBUTE: Final = "deregistration_delay.timeout_seconds"
DEFAULT_GRACE: Final = 30
"""Seconds, Kubernetes' own."""
REASON: Final = "GracePeriodTooShort"


@dataclass(frozen=True, slots=True)
class ShortGrace:
    """A Pod is killed `delay - grace` seconds too early."""

    pod: str
    """Namespace and name."""
    grace: int
    delay: int

    @property
    def numbers(self) -> tuple[int, int]:
        return self.grace, self.delay

    def __str__(self) -> str:
        return (
            f"pod {self.pod} is killed {self.grace} s after its deletion (terminationGracePeriodSeconds), but its "
            f"target group lets requests run on for {self.delay} s ({ATTRIBUTE}); "
            f"give the pod at least {self.delay} s, or the target group at most {self.grace} s"
        )


def shortest_grace(pods: Iterable[Pod], delay: int) -> ShortGrace | None:
    """The Pod with the least time to end, if that is less than `delay` seconds."""
    grace, name = min(((_grace(pod), f"{pod.namespace}/{pod.name}") for pod in pods), default=(delay, ""))
    return ShortGrace(name, grace, delay) if grace < delay else None


def _grace(pod: Pod) -> int:
    seconds = pod.spec.termination_grace_period_seconds
    return DEFAULT_GRACE if seconds is None else seconds


class DeregistrationDelays:
    """Read from AWS, and kept for a while."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._known: Remembered[int] = Remembered(clock)

    async def of(self, aws: Aws, target_group_arn: str) -> int:
        """Seconds; 0 if AWS does not tell: a role may not have the right to ask, and this is advice only."""
        known = self._known.get(target_group_arn)
        if known is not None:
            return known
        try:
            answer = await aws.call("elbv2", "describe_target_group_attributes", TargetGroupArn=target_group_arn)
        except Unavailable:
            return 0
        except Refused:
            attributes = {}
        else:
            attributes = {each["Key"]: each["Value"] for each in answer["Attributes"]}
        delay = int(attributes.get(ATTRIBUTE, 0))
        self._known.keep(target_group_arn, delay)
        return delay

    def forget(self, target_group_arn: str) -> None:
        self._known.forget(target_group_arn)
