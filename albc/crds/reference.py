"""docs/crds.md, printed from the models: `python -m albc.crds.reference > docs/crds.md`.

Types and limits are those of the CRD's schema; what a field means is the docstring beneath it in the model.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, get_args

from pydantic import BaseModel

from albc.crds.manifests import DEFINITIONS, Definition, manifest

_HEAD = """\
# Custom resources

The kinds that albc brings, in their stored version. `[]` is each item of a list, `{}` each value of a map; a field with
a star must be given where its object is.
"""

_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} entries",
    "maxProperties": "at most {} entries",
}
_NOT_EMPTY = (("minLength", 1), ("minItems", 1), ("minProperties", 1))


def crds_markdown() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(part for definition in DEFINITIONS for part in _kind(definition))])


def _kind(definition: Definition) -> Iterator[str]:
    resource = definition.resource
    scope = "In a namespace" if resource.namespaced else "Of the whole cluster"
    versions = manifest(definition)["spec"]["versions"]
    schema = versions[0]["schema"]["openAPIV3Schema"]
    also = "".join(f"; `{version['name']}` is served, too" for version in versions[1:])
    yield f"## {resource.kind}\n"
    yield f"`apiVersion: {resource.group}/{resource.version}`. {scope}{also}.\n"
    yield "| Field | Type | Default | Meaning |\n|---|---|---|---|"
    spec = schema["properties"]["spec"]
    model: type[BaseModel] = resource.type.model_fields["spec"].annotation
    yield "\n".join(_rows("", spec, model)) + "\n"
    if rules := list(_cel_rules(spec)):
        yield "The API server also refuses:\n"
        yield "\n".join(f"* {rule}" for rule in rules) + "\n"


def _rows(prefix: str, schema: Mapping[str, Any], model: type[BaseModel]) -> Iterator[str]:
    meanings = _docstrings(model)
    required = schema.get("required", ())
    for name, field in model.model_fields.items():
        alias = field.alias or name
        if (node := schema["properties"].get(alias)) is None:
            continue
        path = f"{prefix}{alias}"
        star = "\\*" if alias in required else ""
        default = _default(node.get("default"))
        inner = _model_within(field.annotation)
        meaning = meanings.get(name) or (_docstring(inner) if inner else "")
        yield _row(f"`{path}`{star}", _type(node), default, " ".join(filter(None, (meaning, _limits(node)))))
        if inner:
            step, below = _into(node)
            yield from _rows(f"{path}{step}.", below, inner)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _into(node: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The object that holds a model's fields, and how the path goes there."""
    if "items" in node:
        return "[]", node["items"]
    if isinstance(node.get("additionalProperties"), Mapping):
        return "{}", node["additionalProperties"]
    return "", node


def _type(node: Mapping[str, Any]) -> str:
    if node.get("x-kubernetes-int-or-string"):
        return "number or text"
    match node.get("type"):
        case "array":
            return f"list of {_type(node['items'])}"
        case "object" if isinstance(node.get("additionalProperties"), Mapping):
            return f"map of {_type(node['additionalProperties'])}"
        case "string" if "enum" in node:
            return ", ".join(f"`{value}`" for value in node["enum"])
        case kind:
            return str(node.get("format", kind))


def _limits(node: Mapping[str, Any]) -> str:
    inner = node.get("items", node)
    said = [
        text.format(node[key]) for key, text in _LIMITS.items() if key in node and (key, node[key]) not in _NOT_EMPTY
    ]
    if any(node.get(key) == least for key, least in _NOT_EMPTY):
        said.insert(0, "not empty")
    if "pattern" in inner and not inner.get("x-kubernetes-int-or-string"):
        # Renderers differ in what a bar in backquotes is to a table.
        said.append(f"matches <code>{escape(inner['pattern']).replace('|', '&#124;')}</code>")
    text = ", ".join(said)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _default(value: Any) -> str:
    """Of a plain value; a block's default is told at its fields."""
    match value:
        case bool():
            return f"`{str(value).lower()}`"
        case int() | str() if value != "":
            return f"`{value}`"
        case _:
            return ""


def _cel_rules(node: Any) -> Iterator[str]:
    """What a schema's own rules say when they refuse, each once."""
    seen: dict[str, None] = {}
    nodes = [node]
    while nodes:
        match nodes.pop(0):
            case Mapping() as mapping:
                seen |= dict.fromkeys(rule["message"] for rule in mapping.get("x-kubernetes-validations", ()))
                nodes.extend(mapping.values())
            case list() as items:
                nodes.extend(items)
    yield from seen


def _model_within(annotation: Any) -> type[BaseModel] | None:
    """The model in `X`, `X | None`, `tuple[X, ...]`, `Mapping[str, X]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_within(part))), None)


def _docstring(model: type[BaseModel]) -> str:
    return " ".join((vars(model).get("__doc__") or "").split())


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """The docstring beneath each field of a model."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(node, ast.ClassDef)  # noqa: S101 - it is the source of a class
    found = {}
    for field, text in zip(node.body, node.body[1:], strict=False):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                found[name] = " ".join(words.split())
            case _:
                pass
    return found


if __name__ == "__main__":
    print(crds_markdown(), end="")  # noqa: T201 - a generator of a page
