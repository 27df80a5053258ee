"""What the models of all custom resources share."""

from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, PlainSerializer, PlainValidator
from pydantic.alias_generators import to_camel

from albc.kube.objects.meta import ObjectMeta


def _metadata(value: Any) -> ObjectMeta:
    return value if isinstance(value, ObjectMeta) else msgspec.convert(value, ObjectMeta)


Metadata = Annotated[ObjectMeta, PlainValidator(_metadata), PlainSerializer(msgspec.to_builtins)]
"""The same frozen struct as built-in kinds carry, inside a Pydantic model."""


class CRDModel(BaseModel):
    """A part of a custom resource: frozen, camelCase on the wire, unknown fields dropped as the API server does."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        arbitrary_types_allowed=True,
    )


class CustomResource(CRDModel):
    """A whole custom resource. Subclasses add `spec` and `status`."""

    api_version: str = ""
    kind: str = ""
    metadata: Metadata = ObjectMeta()

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def namespace(self) -> str:
        return self.metadata.namespace
