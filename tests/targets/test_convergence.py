"""Whatever happens in whatever order, the registered targets become the wanted ones, and nobody else's are touched."""

import anyio
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from target_world import TargetWorld, node

from albc.errors import AlbcError
from albc.local.aws.faults import Fault, FaultKind

PODS = ("a", "b", "c", "d")
ADDRESSES = {name: f"127.19.0.{number}" for number, name in enumerate(PODS, 1)}
THEIRS = "127.19.9.9:80"
"""A target that another cluster, or a person, has registered."""
FAULTS = [
    Fault(FaultKind.ERROR, operation=operation, code="AccessDenied")
    for operation in ("RegisterTargets", "DeregisterTargets", "DescribeTargetHealth")
] + [Fault(FaultKind.RESET_AFTER, operation=operation) for operation in ("RegisterTargets", "DeregisterTargets")]

ANSWER_LOST_BEFORE_THE_PORT_CHANGES: list[tuple[str, object]] = [
    ("fault", Fault(FaultKind.RESET_AFTER, operation="RegisterTargets")),
    ("start", "a"),
    ("port", 8081),
]

EVENTS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(("start", "go", "end", "unready", "ready", "new")), st.sampled_from(PODS)),
        st.tuples(st.just("port"), st.sampled_from((8080, 8081))),
        st.tuples(st.just("node"), st.sampled_from(("True", "Unknown", "False"))),
        st.tuples(st.just("service"), st.booleans()),
        st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
        st.tuples(st.just("restart"), st.none()),
        st.tuples(st.just("api server"), st.booleans()),
        st.tuples(st.just("time"), st.sampled_from((1, 400))),
    ),
    max_size=25,
)


class Model:
    """What the user and the cluster did, and what is to be wanted after it: the rules once more, in short."""

    def __init__(self, world: TargetWorld) -> None:
        self.world = world
        self.ready: dict[str, bool] = {}
        self.going: set[str] = set()
        self.port = 8080
        self.node = "True"
        self.service = True

    def apply(self, event: str, value: object) -> None:
        match event, value:
            case ("start" | "new", str(name)) if event == "new" or name not in self.ready:
                self.world.pod(name, ADDRESSES[name], gate=name in "ab")
                self.ready[name] = True
                self.going.discard(name)
            case "go", str(name) if name in self.ready:
                self.world.go(name)
                self.going.add(name)
            case "end", str(name) if name in self.ready:
                self.world.cluster.remove("Pod", name)
                del self.ready[name]
                self.going.discard(name)
            case (("ready" | "unready"), str(name)) if name in self.ready:
                self.ready[name] = event == "ready"
                pod = self.world.cluster.read("Pod", name)
                status = "True" if event == "ready" else "False"
                kept = [c for c in pod["status"]["conditions"] if c["type"] != "ContainersReady"]
                pod["status"]["conditions"] = [*kept, {"type": "ContainersReady", "status": status}]
                self.world.cluster.apply("Pod", pod)
            case "port", int(port):
                self.port = port
            case "node", str(ready):
                self.node = ready
                self.world.cluster.apply("Node", node(ready), "")
            case "service", bool(there):
                self.service = there
                if there:
                    self.world.service()
                else:
                    self.world.cluster.remove("Service", "web")
            case "fault", Fault() as fault:
                self.world.account.faults.add(fault)
            case "restart", _:
                self.world.restart()
            case "api server", bool(down):
                self.world.cluster.down = down
            case "time", int(seconds):
                self.world.clock.advance(seconds)
        self._slice()

    def _slice(self) -> None:
        endpoints = [
            {
                "addresses": [ADDRESSES[name]],
                "conditions": {"ready": ready and name not in self.going, "terminating": name in self.going},
                "targetRef": {"kind": "Pod", "name": name},
            }
            for name, ready in self.ready.items()
        ]
        self.world.cluster.apply(
            "EndpointSlice",
            {
                "metadata": {"name": "web-1", "labels": {"kubernetes.io/service-name": "web"}},
                "addressType": "IPv4",
                "ports": [{"name": "http", "port": self.port}],
                "endpoints": endpoints,
            },
        )

    def wanted(self) -> set[str]:
        if not self.service:
            return set()
        serving = [name for name, ready in self.ready.items() if ready and name not in self.going]
        if not serving and self.node == "Unknown":
            serving = [name for name, ready in self.ready.items() if ready]
        return {f"{ADDRESSES[name]}:{self.port}" for name in serving}


async def live_through(world: TargetWorld, events: list[tuple[str, object]]) -> Model:
    model = Model(world)
    for event, value in events:
        model.apply(event, value)
        try:
            await world.reconcile()
        except AlbcError:
            continue  # the queue tries again
    world.account.faults.clear()
    world.cluster.down = False
    # A deferred pass comes in its time: it sees what a call did of which no answer came.
    world.clock.advance(400)
    binding = world.cluster.read("TargetGroupBinding", "web")
    binding["metadata"]["annotations"] = {}
    world.cluster.apply("TargetGroupBinding", binding)
    await world.settle(passes=20)
    return model


def alone(events: list[tuple[str, object]]) -> None:
    """The targets become those that are wanted."""

    async def run() -> None:
        world = TargetWorld()
        model = await live_through(world, events)
        assert world.registered() == model.wanted()

    anyio.run(run)


def beside_others(events: list[tuple[str, object]]) -> None:
    """In a target group that several clusters share, the wanted ones join those of the others."""

    async def run() -> None:
        world = TargetWorld()
        world.binding(multiClusterTargetGroup=True)
        world.by_hand("RegisterTargets", THEIRS)
        model = await live_through(world, events)
        assert world.registered() == model.wanted() | {THEIRS}
        touched = {
            target["Id"]
            for call in world.account.calls
            if call.operation == "DeregisterTargets"
            for target in call.params["Targets"]
        }
        assert THEIRS.split(":")[0] not in touched

    anyio.run(run)


@given(EVENTS)
@settings(max_examples=60, deadline=None)
def test_the_targets_of_a_binding_become_those_that_are_wanted(events: list[tuple[str, object]]) -> None:
    alone(events)


@given(EVENTS)
@example(ANSWER_LOST_BEFORE_THE_PORT_CHANGES)
@settings(max_examples=60, deadline=None)
def test_a_shared_target_group_keeps_what_others_registered(events: list[tuple[str, object]]) -> None:
    beside_others(events)


@pytest.mark.soak
@given(EVENTS)
@settings(max_examples=3000, deadline=None)
def test_the_targets_of_a_binding_become_those_that_are_wanted_for_long(events: list[tuple[str, object]]) -> None:
    alone(events)


@pytest.mark.soak
@given(EVENTS)
@settings(max_examples=3000, deadline=None)
def test_a_shared_target_group_keeps_what_others_registered_for_long(events: list[tuple[str, object]]) -> None:
    beside_others(events)
