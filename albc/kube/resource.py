"""What a kind of Kubernetes object is called, where it lives in the API, and what it decodes into."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final, Generic, TypeVar

import msgspec
from pydantic import BaseModel, ValidationError

from albc.errors import NotFound

T = TypeVar("T")

UNREADABLE: Final = (msgspec.MsgspecError, ValidationError, UnicodeDecodeError, RecursionError)
"""What decoding JSON that is not of the type, or no JSON, may raise."""


def can_name(name: str) -> bool:
    """Whether an object may be called so: names from annotations are any text, and become a part of a URL's path.

    The rule is the API server's for all kinds (`IsValidPathSegmentName`); a comma would end a field selector.
    """
    return name not in ("", ".", "..") and not any(char in "/%," or not char.isprintable() for char in name)


@cache
def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_)


@dataclass(frozen=True)
class Resource(Generic[T]):
    """One row of the API's discovery, and the type that albc decodes its objects into.

    `type` is a msgspec Struct for kinds that are held in bulk, a Pydantic model for our custom resources, or
    `dict[str, Any]` (which is no class, and Python 3.12 minds).
    """

    group: str
    """API group; empty for the core group."""
    version: str
    kind: str
    plural: str
    namespaced: bool
    type: type[T]

    @property
    def api_version(self) -> str:
        """`v1`, `networking.k8s.io/v1`: as objects carry it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @cached_property
    def base_path(self) -> str:
        """`/api/v1` or `/apis/GROUP/VERSION`."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """URL path of one object, or of the collection when `name` is absent (all namespaces without `namespace`).

        Raises `NotFound` for what can be nobody's name: `../../other/secrets/key` must not lead elsewhere.
        """
        for text in (namespace or None, name):
            if text is not None and not can_name(text):
                raise NotFound(f"there can be no {self.plural} named {text!a}", "NotFound")
        parts = [self.base_path]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        if name is not None:
            parts.append(name)
        if subresource:
            parts.append(subresource)
        return "/".join(parts)

    def decode(self, data: bytes | str | msgspec.Raw) -> T:
        """One object from its JSON. Raises one of `UNREADABLE`."""
        return self._decode(data)

    @cached_property
    def _decode(self) -> Callable[[Any], T]:
        if isinstance(self.type, type) and issubclass(self.type, BaseModel):
            validate = self.type.model_validate_json
            return lambda data: validate(bytes(data) if isinstance(data, msgspec.Raw) else data)
        struct: Any = self.type
        return _decoder(struct).decode

    def convert(self, value: Any) -> T:
        """One object from plain dictionaries and lists, such as parsed YAML. Raises as `decode`."""
        if isinstance(self.type, type) and issubclass(self.type, BaseModel):
            return self.type.model_validate(value)
        return msgspec.convert(value, self.type)

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural
