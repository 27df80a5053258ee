"""The controller that runs in the cluster now: the reference's Deployment, or ours. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

from albc.cli.preflight.findings import Finding, Level
from albc.kube.objects.meta import KubeObject, Struct
from albc.settings import Settings

AREA = "The controller that runs now"
NAME_LABEL = "app.kubernetes.io/name"
NAME = "aws-load-balancer-controller"
_KNOWN = frozenset(field.name.replace("_", "-") for field in fields(Settings))
_SWITCHES = frozenset(field.name.replace("_", "-") for field in fields(Settings) if isinstance(field.default, bool))
"""Flags that take no value but after `=`."""


class Container(Struct, frozen=True, kw_only=True):
    name: str = ""
    image: str = ""
    args: tuple[str, ...] = ()


class PodSpec(Struct, frozen=True, kw_only=True):
    service_account_name: str = "default"
    containers: tuple[Container, ...] = ()


class PodTemplate(Struct, frozen=True, kw_only=True):
    spec: PodSpec = PodSpec()


class DeploymentSpec(Struct, frozen=True, kw_only=True):
    replicas: int = 1
    template: PodTemplate = PodTemplate()


class Deployment(KubeObject, frozen=True, kw_only=True):
    spec: DeploymentSpec = DeploymentSpec()


@dataclass(frozen=True, slots=True)
class Installed:
    """What of it matters to its successor."""

    namespace: str
    name: str
    image: str
    service_account: str
    flags: tuple[str, ...]
    """Those that albc knows, as they stand there."""
    unknown: tuple[str, ...]

    @property
    def user(self) -> str:
        """As the API server knows it."""
        return f"system:serviceaccount:{self.namespace}:{self.service_account}"


def find(deployments: Iterable[Deployment]) -> Installed | None:
    """The first by namespace and name that bears the controller's label."""
    ours = [
        each
        for each in deployments
        if each.metadata.labels.get(NAME_LABEL) == NAME and each.spec.template.spec.containers
    ]
    if not ours:
        return None
    found = min(ours, key=lambda each: (each.namespace, each.name))
    pod = found.spec.template.spec
    container = next((each for each in pod.containers if NAME in (each.name, each.image)), pod.containers[0])
    kept, unknown = _sorted(container.args)
    return Installed(found.namespace, found.name, container.image, pod.service_account_name, kept, unknown)


def _sorted(arguments: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Go's flags: one or two dashes, the value after `=` or as the next argument; known and unknown ones."""
    flags: list[str] = []
    for each in arguments:
        if each.startswith("-"):
            flags.append(f"--{each.lstrip('-')}")
        elif flags and "=" not in flags[-1] and flags[-1][2:] not in _SWITCHES:
            flags[-1] += f"={each}"
    known = tuple(flag for flag in flags if flag[2:].partition("=")[0] in _KNOWN)
    return known, tuple(flag for flag in flags if flag not in known)


def judge(found: Installed | None) -> Iterator[Finding]:
    """Its flags are what albc must be started with."""
    if found is None:
        yield Finding(AREA, Level.OK, f"there is none: no Deployment bears {NAME_LABEL}={NAME}")
        return
    yield Finding(AREA, Level.OK, f"Deployment {found.namespace}/{found.name}, image {found.image}")
    for flag in found.flags:
        yield Finding(AREA, Level.OK, f"carry over {flag}")
    if any("GlobalAcceleratorController=true" in flag.replace(" ", "") for flag in found.flags):
        yield Finding(
            AREA,
            Level.WARNING,
            "albc has no Global Accelerator: accelerators stay as they are, whatever becomes of their objects",
            "keep the other controller until they are looked after elsewhere",
        )
    for flag in found.unknown:
        yield Finding(AREA, Level.WARNING, f"albc does not know {flag}", "leave it out; docs/flags.md has all flags")
