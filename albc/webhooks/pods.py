"""A Pod on its way in, as far as our webhooks read it. Everything else of it stays as it was sent."""

from albc.kube.objects.meta import ObjectMeta, Struct


class EnvironmentVariable(Struct, frozen=True, kw_only=True):
    name: str = ""


class NewContainer(Struct, frozen=True, kw_only=True):
    name: str = ""
    env: tuple[EnvironmentVariable, ...] | None = None


class ReadinessGate(Struct, frozen=True, kw_only=True):
    condition_type: str = ""


class NewPodSpec(Struct, frozen=True, kw_only=True):
    containers: tuple[NewContainer, ...] = ()
    init_containers: tuple[NewContainer, ...] | None = None
    readiness_gates: tuple[ReadinessGate, ...] | None = None


class NewPod(Struct, frozen=True, kw_only=True):
    metadata: ObjectMeta = ObjectMeta()
    spec: NewPodSpec = NewPodSpec()
