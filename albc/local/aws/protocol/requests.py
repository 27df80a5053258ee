"""Requests → parameters in botocore's form, by the operation's input shape. One function for each protocol."""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from albc.local.aws.errors import ApiError
from albc.local.aws.protocol.routing import HttpRequest

Tree = dict[str, Any]
"""The fields of a form, nested at their dots: `A.member.1.B=x` is `{"A": {"member": {"1": {"B": "x"}}}}`."""


def parse_query(request: HttpRequest, operation: OperationModel) -> dict[str, Any]:
    """Parameters of a request of the `query` protocol."""
    return _structure(_tree(request.form), operation.input_shape, ec2=False)


def parse_ec2(request: HttpRequest, operation: OperationModel) -> dict[str, Any]:
    """Parameters of a request of the `ec2` protocol: other names, and lists without `member`."""
    return _structure(_tree(request.form), operation.input_shape, ec2=True)


def parse_json(request: HttpRequest, operation: OperationModel) -> dict[str, Any]:
    """Parameters of a request of the `json` protocol."""
    try:
        document = json.loads(request.body or b"{}")
    except ValueError as error:
        raise ApiError("SerializationException", f"the body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ApiError("SerializationException", "the body is not a JSON object")
    value: dict[str, Any] = _binary_values(document, operation.input_shape)
    return value


def parse_rest_xml(request: HttpRequest, operation: OperationModel) -> dict[str, Any]:
    """Parameters of a request of the `rest-xml` protocol: from path, query string and XML body."""
    shape = operation.input_shape
    if shape is None:
        return {}
    in_path = uri_pattern(operation).fullmatch(request.path)
    in_query = dict(parse_qsl(request.query, keep_blank_values=True))
    root = _document(request.body) if request.body else None
    params: dict[str, Any] = {}
    for name, member in shape.members.items():
        wire_name = member.serialization.get("name", name)
        match member.serialization.get("location"):
            case "uri" if in_path:
                params[name] = unquote(in_path[_group(wire_name)])
            case "querystring" if wire_name in in_query:
                params[name] = _scalar(in_query[wire_name], member)
            case None if root is not None:
                element = root.find(f"{{*}}{wire_name}")
                if element is not None:
                    params[name] = _from_element(element, member)
    return params


def _document(body: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(body)  # noqa: S314 – only clients on this machine can send it
    except ElementTree.ParseError as error:
        raise ApiError("InvalidInput", f"the body is not XML: {error}") from error


def uri_pattern(operation: OperationModel) -> re.Pattern[str]:
    """A pattern for the paths of an operation, with a group for each label."""
    path = operation.http["requestUri"].partition("?")[0].rstrip("/")
    pieces = re.split(r"(\{[^}]+\})", path)
    text = "".join(
        f"(?P<{_group(piece[1:-1])}>[^/]+)" if piece.startswith("{") else re.escape(piece) for piece in pieces
    )
    return re.compile(text + "/?")


def _group(label: str) -> str:
    return "label_" + label.rstrip("+")


def _tree(form: Mapping[str, str]) -> Tree:
    tree: Tree = {}
    for key, value in form.items():
        node = tree
        *parents, last = key.split(".")
        for name in parents:
            below = node.get(name)
            if not isinstance(below, dict):
                below = node[name] = {}
            node = below
        node.setdefault(last, value)
    return tree


def _structure(tree: Tree, shape: StructureShape | None, *, ec2: bool) -> dict[str, Any]:
    if shape is None:
        return {}
    params: dict[str, Any] = {}
    for name, member in shape.members.items():
        node = tree.get(_wire_name(member, name, ec2=ec2))
        if node is not None:
            params[name] = _value(node, member, ec2=ec2)
    return params


def _wire_name(member: Shape, name: str, *, ec2: bool) -> str:
    serialization = member.serialization
    if not ec2:
        if isinstance(member, ListShape) and serialization.get("flattened"):
            return str(member.member.serialization.get("name", serialization.get("name", name)))
        return str(serialization.get("name", name))
    if "queryName" in serialization:
        return str(serialization["queryName"])
    wire_name = str(serialization.get("name", name))
    return wire_name[:1].upper() + wire_name[1:]


def _value(node: Any, shape: Shape, *, ec2: bool) -> Any:
    if isinstance(shape, StructureShape):
        return _structure(node if isinstance(node, dict) else {}, shape, ec2=ec2)
    if isinstance(shape, ListShape):
        if not ec2 and not shape.serialization.get("flattened") and isinstance(node, dict):
            node = node.get(shape.member.serialization.get("name", "member"))
        return [_value(item, shape.member, ec2=ec2) for item in _numbered(node)]
    if isinstance(shape, MapShape):
        if isinstance(node, dict) and not shape.serialization.get("flattened"):
            node = node.get("entry")
        key = shape.key.serialization.get("name", "key")
        value = shape.value.serialization.get("name", "value")
        return {item[key]: _value(item.get(value, ""), shape.value, ec2=ec2) for item in _numbered(node)}
    if isinstance(node, dict):
        raise ApiError("MalformedInput", f"a {shape.type_name} was expected, a structure was sent")
    return _scalar(node, shape)


def _numbered(node: Any) -> list[Any]:
    if not isinstance(node, dict):
        return []
    try:
        return [node[index] for index in sorted(node, key=int)]
    except ValueError as error:
        raise ApiError("MalformedInput", f"not a list index: {error}") from error


def _scalar(text: str, shape: Shape) -> Any:
    try:
        match shape.type_name:
            case "integer" | "long":
                return int(text)
            case "float" | "double":
                return float(text)
            case "boolean":
                return {"true": True, "false": False}[text.lower()]
            case "blob":
                return base64.b64decode(text)
    except (ValueError, KeyError) as error:
        raise ApiError("MalformedInput", f"{text!r} is not a {shape.type_name}") from error
    return text


def _binary_values(value: Any, shape: Shape | None) -> Any:
    """The same JSON value with blobs decoded; names that the model lacks are dropped, as AWS does."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {
            k: _binary_values(v, shape.members[k]) for k, v in value.items() if k in shape.members and v is not None
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_binary_values(item, shape.member) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {k: _binary_values(v, shape.value) for k, v in value.items()}
    if shape is not None and shape.type_name == "blob" and isinstance(value, str):
        return base64.b64decode(value)
    return {} if shape is None else value


def _from_element(element: ElementTree.Element, shape: Shape) -> Any:
    if isinstance(shape, StructureShape):
        values: dict[str, Any] = {}
        for name, member in shape.members.items():
            child = element.find(f"{{*}}{member.serialization.get('name', name)}")
            if child is not None:
                values[name] = _from_element(child, member)
        return values
    if isinstance(shape, ListShape):
        return [_from_element(child, shape.member) for child in element]
    return _scalar(element.text or "", shape)
