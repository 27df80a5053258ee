"""Rules and backends of one Ingress with their annotations, before any Service is read (spec/ingress.md §14.1, §16.1).

The controller's index "which Services does this Ingress use" comes from here, and so does what `contribution` makes
rules of.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from albc.kube.objects.networking import HTTPIngressPath, IngressBackend
from albc.mapping.ingress import actions, conditions, transforms
from albc.mapping.ingress.actions import Action
from albc.mapping.ingress.member import Member
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.model.conditions import Condition, PathPattern
from albc.model.listener import RewriteTransform

USE_ANNOTATION = "use-annotation"
"""Port name that makes the backend's name that of an action."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """An Ingress backend with its annotations."""

    action: Action
    conditions: tuple[Condition, ...]
    """Those that its annotation adds."""
    transforms: tuple[RewriteTransform, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRule:
    """One path of one rule of the Ingress."""

    host: str
    path: str
    conditions: tuple[Condition, ...]
    """All of them."""
    backend: Backend


@dataclass(frozen=True, slots=True, kw_only=True)
class Backends:
    rules: tuple[PathRule, ...]
    """In the order in which the listener tries them."""
    default: Backend | None

    def all(self) -> Iterator[Backend]:
        yield from (rule.backend for rule in self.rules)
        if self.default:
            yield self.default


def read(member: Member, settings: MappingSettings) -> Backends:
    spec = member.ingress.spec
    known: dict[tuple[str, int | str], Backend] = {}

    def backend(given: IngressBackend) -> Backend:
        """Each (name, port) is read once."""
        if given.service is None:
            kind = given.resource.kind if given.resource else "nothing"
            raise Invalid(f'missing required "service" field: a backend that refers to {kind} is not supported')
        key = (given.service.name, given.service.port.name or given.service.port.number)
        if key not in known:
            known[key] = _read_backend(member, *key, settings)
        return known[key]

    rules = []
    for rule in spec.rules:
        for path in _in_order(rule.http.paths if rule.http else ()):
            of_path = backend(path.backend)
            pattern = _path_pattern(member, path)
            joined = conditions.join(rule.host, pattern, of_path.conditions)
            rules.append(PathRule(host=rule.host, path=path.path, conditions=joined, backend=of_path))
    return Backends(rules=tuple(rules), default=backend(spec.default_backend) if spec.default_backend else None)


def _read_backend(member: Member, name: str, port: int | str, settings: MappingSettings) -> Backend:
    return Backend(
        conditions=conditions.read(member, name),
        transforms=transforms.read(member, name),
        action=actions.read(member, name, settings) if port == USE_ANNOTATION else actions.forward(name, port),
    )


def _in_order(paths: tuple[HTTPIngressPath, ...]) -> list[HTTPIngressPath]:
    """`Exact` paths, then `Prefix` ones by falling length in bytes, then the rest; equals as written."""

    def rank(path: HTTPIngressPath) -> tuple[int, int]:
        match path.path_type:
            case "Exact":
                return 0, 0
            case "Prefix":
                return 1, -len(path.path.encode())
            case "ImplementationSpecific" | None:
                return 2, 0
        raise Invalid(
            f"unknown pathType {path.path_type} for path {path.path}: must be Exact, Prefix or ImplementationSpecific"
        )

    return sorted(paths, key=rank)


def _path_pattern(member: Member, path: HTTPIngressPath) -> PathPattern | None:
    text = path.path
    if path.path_type not in ("Exact", "Prefix"):
        by_regex = member.annotations.bool("use-regex-path-match")
        if not text:
            return None
        return PathPattern(regex_values=(text[1:],)) if by_regex else PathPattern(values=(text,))
    if not text:
        return None
    if "*" in text or "?" in text:
        kind = path.path_type.lower()
        raise Invalid(f"{kind} path shouldn't contain wildcards: {text}; use pathType ImplementationSpecific")
    if path.path_type == "Exact":
        return PathPattern(values=(text,))
    if text == "/":
        return PathPattern(values=("/*",))
    stem = text.removesuffix("/")
    return PathPattern(values=(stem, f"{stem}/*"))
