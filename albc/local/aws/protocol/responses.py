"""Answers → bodies, by the operation's output shape. Each shape is compiled once into a function that appends text.

Compiling matters: a page of load balancers is hundreds of elements, and one description is written thousands of times.
Timestamps are seconds since the epoch, or ISO text that is passed on. A member that is None is left out.
"""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import ListShape, MapShape, Shape, StructureShape

Writer = Callable[[Any, list[str]], None]
"""Appends the XML of one value, without the element around it."""

Converter = Callable[[Any], Any]
"""Turns one value into what `json.dumps` takes."""


def compile_xml(shape: Shape | None) -> Writer:
    """A writer for the members of a shape, in the wire form of the query, ec2 and rest-xml protocols."""
    return _XmlCompiler().writer(shape) if shape is not None else _nothing


def compile_json(shape: Shape | None) -> Converter:
    """A converter for a shape, in the wire form of the json protocol."""
    return _JsonCompiler().converter(shape) if shape is not None else lambda _: {}


def iso_time(value: float | str) -> str:
    """A timestamp as AWS prints it, in milliseconds and UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value, UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def epoch_time(value: float | str) -> float:
    """A timestamp as the json protocol sends it."""
    return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else value


def _nothing(_value: Any, _out: list[str]) -> None:
    """The writer of an operation that answers nothing."""


class _XmlCompiler:
    def __init__(self) -> None:
        self._made: dict[str, Writer] = {}

    def writer(self, shape: Shape) -> Writer:
        """One writer for each shape name; a shape that holds itself finds its writer when it runs."""
        if shape.name in self._made:
            return self._made[shape.name]
        self._made[shape.name] = lambda value, out: self._made[shape.name](value, out)
        self._made[shape.name] = self._compile(shape)
        return self._made[shape.name]

    def _compile(self, shape: Shape) -> Writer:
        if isinstance(shape, StructureShape):
            return self._structure(shape)
        if isinstance(shape, ListShape):
            return self._list(shape, shape.member.serialization.get("name", "member"))
        if isinstance(shape, MapShape):
            return self._map(shape)
        text = _text_of(shape)
        return lambda value, out: out.append(text(value))

    def _structure(self, shape: StructureShape) -> Writer:
        members = [self._member(name, member) for name, member in shape.members.items() if _in_body(member)]

        def write(value: Mapping[str, Any], out: list[str]) -> None:
            for name, write_member in members:
                item = value.get(name)
                if item is not None:
                    write_member(item, out)

        return write

    def _member(self, name: str, member: Shape) -> tuple[str, Writer]:
        wire_name = member.serialization.get("name", name)
        if isinstance(member, ListShape) and member.serialization.get("flattened"):
            return name, self._list(member, member.member.serialization.get("name", wire_name))
        opened, closed = f"<{wire_name}>", f"</{wire_name}>"
        if not isinstance(member, StructureShape | ListShape | MapShape):
            text = _text_of(member)
            return name, lambda value, out: out.append(f"{opened}{text(value)}{closed}")
        write_value = self.writer(member)

        def write(value: Any, out: list[str]) -> None:
            out.append(opened)
            write_value(value, out)
            out.append(closed)

        return name, write

    def _list(self, shape: ListShape, wire_name: str) -> Writer:
        write_item = self.writer(shape.member)
        opened, closed = f"<{wire_name}>", f"</{wire_name}>"

        def write(value: Any, out: list[str]) -> None:
            for item in value:
                out.append(opened)
                write_item(item, out)
                out.append(closed)

        return write

    def _map(self, shape: MapShape) -> Writer:
        write_value = self.writer(shape.value)
        key = shape.key.serialization.get("name", "key")
        value_name = shape.value.serialization.get("name", "value")

        def write(value: Mapping[str, Any], out: list[str]) -> None:
            for name, item in value.items():
                out.append(f"<entry><{key}>{escape(name)}</{key}><{value_name}>")
                write_value(item, out)
                out.append(f"</{value_name}></entry>")

        return write


def _in_body(member: Shape) -> bool:
    return "location" not in member.serialization


def _text_of(shape: Shape) -> Callable[[Any], str]:
    match shape.type_name:
        case "boolean":
            return lambda value: "true" if value else "false"
        case "timestamp":
            return iso_time
        case "blob":
            return lambda value: base64.b64encode(value).decode()
        case "integer" | "long" | "float" | "double":
            return str
        case _:
            return lambda value: escape(str(value))


class _JsonCompiler:
    def __init__(self) -> None:
        self._made: dict[str, Converter] = {}

    def converter(self, shape: Shape) -> Converter:
        if shape.name in self._made:
            return self._made[shape.name]
        self._made[shape.name] = lambda value: self._made[shape.name](value)
        self._made[shape.name] = self._compile(shape)
        return self._made[shape.name]

    def _compile(self, shape: Shape) -> Converter:
        if isinstance(shape, StructureShape):
            members = {name: self.converter(member) for name, member in shape.members.items()}
            return lambda value: {
                name: members[name](item) for name, item in value.items() if item is not None and name in members
            }
        if isinstance(shape, ListShape):
            convert = self.converter(shape.member)
            return lambda value: [convert(item) for item in value]
        if isinstance(shape, MapShape):
            convert_value = self.converter(shape.value)
            return lambda value: {name: convert_value(item) for name, item in value.items()}
        match shape.type_name:
            case "timestamp":
                return epoch_time
            case "blob":
                return lambda value: base64.b64encode(value).decode()
            case _:
                return lambda value: value


def json_body(document: Any) -> bytes:
    """A JSON document as bytes."""
    return json.dumps(document, separators=(",", ":")).encode()
