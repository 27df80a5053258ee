"""Metrics of our own kinds (spec/runtime.md §15), read from what the informers have; `albc.engine.metrics` has those of
any controller.

Made once by `albc.cli.run`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from opentelemetry.metrics import Meter, Observation

from albc.crds.target_group_binding import TargetGroupBinding
from albc.engine.store import Store

OF_A_STACK: Final = ("/stack", "/stack-name")
"""How the labels end that say which stack made a binding."""


def show_target_groups(meter: Meter, bindings: Store[TargetGroupBinding]) -> None:
    """`aws_target_group_info`: 1 for each binding that a controller made."""
    meter.create_observable_gauge(
        "aws_target_group_info",
        [lambda _: _of_bindings(bindings)],
        description="Target groups that belong to a Service's binding",
    )


def show_headroom(meter: Meter, headroom: Callable[[], Mapping[str, int]]) -> None:
    """`awslbc_quota_headroom`: what each quota of AWS leaves; of those for one load balancer, on the fullest."""
    meter.create_observable_gauge(
        "awslbc_quota_headroom",
        [lambda _: [Observation(left, {"quota": quota}) for quota, left in headroom().items()]],
        description="What a quota of AWS leaves",
    )


def show_drift(meter: Meter, found: Callable[[], int]) -> None:
    """`awslbc_drift_total`: resources that were found changed or deleted by others."""
    meter.create_observable_counter(
        "awslbc_drift",
        [lambda _: [Observation(found())]],
        description="Resources found changed or deleted in AWS by others",
    )


def _of_bindings(bindings: Store[TargetGroupBinding]) -> Iterator[Observation]:
    """Called in the thread that renders metrics, so it walks over a copy."""
    for binding in list(bindings.objects.values()):
        if any(label.endswith(OF_A_STACK) for label in binding.metadata.labels):
            labels = {
                "namespace": binding.namespace,
                "service": binding.spec.service_ref.name,
                "target_group": binding.spec.target_group_arn.rpartition(":")[2],
            }
            yield Observation(1, labels)
