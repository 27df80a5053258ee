"""The controllers that make a cluster of an API server, played in process: one module each.

They see changes in the store and write by the API's own rules; nobody else calls them.
"""

from __future__ import annotations

from typing import Any

from anyio.abc import TaskGroup

from albc.local.kubernetes.controllers.custom_resources import CustomResources
from albc.local.kubernetes.controllers.deployments import Deployments
from albc.local.kubernetes.controllers.endpoint_slices import EndpointSlices
from albc.local.kubernetes.controllers.garbage import GarbageCollector
from albc.local.kubernetes.controllers.kubelet import Kubelet
from albc.local.kubernetes.controllers.loop import Loop
from albc.local.kubernetes.controllers.namespaces import Namespaces
from albc.local.kubernetes.controllers.recorder import Recorder
from albc.local.kubernetes.controllers.replicasets import ReplicaSets
from albc.local.kubernetes.controllers.world import World
from albc.local.kubernetes.options import ClusterOptions
from albc.local.kubernetes.runtime import PodRuntime


class Controllers:
    """All of them. To be made before the first object, so that none goes unseen."""

    def __init__(self, world: World, options: ClusterOptions, runtime: PodRuntime | None) -> None:
        self._recorder = Recorder(world.named("kube-controller-manager"))
        self._loops: list[Loop[Any]] = [
            Loop(controller, world.store)
            for controller in (
                Namespaces(world),
                CustomResources(world),
                Deployments(world, self._recorder),
                ReplicaSets(world, self._recorder),
                Kubelet(world, options, runtime, self._recorder),
                EndpointSlices(world),
                GarbageCollector(world),
            )
        ]

    def start(self, tasks: TaskGroup) -> None:
        """Begins to work, in tasks of the group."""
        tasks.start_soon(self._recorder.run)
        for loop in self._loops:
            loop.start(tasks)
