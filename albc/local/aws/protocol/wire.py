"""One service's wire form: parse a request, serialise an answer or an error, each by the service's protocol."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import OperationModel, ServiceModel

from albc.local.aws.errors import ApiError
from albc.local.aws.protocol import constraints, requests, responses
from albc.local.aws.protocol.models import load_model
from albc.local.aws.protocol.routing import HttpRequest
from albc.local.aws.services import SERVICES

PARSERS: Mapping[str, Callable[[HttpRequest, OperationModel], dict[str, Any]]] = {
    "query": requests.parse_query,
    "ec2": requests.parse_ec2,
    "json": requests.parse_json,
    "rest-xml": requests.parse_rest_xml,
}


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What the server sends back."""

    status: int
    content_type: str
    body: bytes


class Wire:
    """The wire form of one service. Operations are compiled at their first call."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self.protocol = str(model.metadata["protocol"])
        self._namespace = model.metadata.get("xmlNamespace", "")
        self._writers: dict[str, Callable[[Mapping[str, Any], str], HttpAnswer]] = {}

    def operation_of(self, request: HttpRequest) -> str:
        """The operation of a REST request, by method and path."""
        for name in self._model.operation_names:
            operation = self._model.operation_model(name)
            if operation.http["method"] == request.method and requests.uri_pattern(operation).fullmatch(request.path):
                return str(name)
        return ""

    def parse(self, request: HttpRequest, operation: str) -> dict[str, Any]:
        """Parameters of a request in botocore's form, checked against the model. Raises `ApiError`."""
        model = self._model.operation_model(operation)
        params = PARSERS[self.protocol](request, model)
        constraints.check(params, model.input_shape, self.protocol)
        return params

    def answer(self, operation: str, answer: Mapping[str, Any], request_id: str) -> HttpAnswer:
        """A successful answer."""
        if operation not in self._writers:
            self._writers[operation] = self._compile(self._model.operation_model(operation))
        return self._writers[operation](answer, request_id)

    def error(self, error: ApiError, request_id: str) -> HttpAnswer:
        """An error answer."""
        if self.protocol == "json":
            body = responses.json_body({"__type": error.code, "message": error.message})
            return HttpAnswer(error.status, "application/x-amz-json-1.1", body)
        details = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
        if self.protocol == "ec2":
            text = f"<Response><Errors><Error>{details}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
        else:
            at_fault = "Sender" if error.status < 500 else "Receiver"
            text = (
                f'<ErrorResponse xmlns="{self._namespace}"><Error><Type>{at_fault}</Type>{details}</Error>'
                f"<RequestId>{request_id}</RequestId></ErrorResponse>"
            )
        return HttpAnswer(error.status, "text/xml", text.encode())

    def _compile(self, operation: OperationModel) -> Callable[[Mapping[str, Any], str], HttpAnswer]:
        shape = operation.output_shape
        if self.protocol == "json":
            convert = responses.compile_json(shape)
            return lambda answer, _: HttpAnswer(200, "application/x-amz-json-1.1", responses.json_body(convert(answer)))
        write = responses.compile_xml(shape)
        before, after = self._frame(operation)

        def serialise(answer: Mapping[str, Any], request_id: str) -> HttpAnswer:
            out = [before.replace("{request_id}", request_id)]
            write(answer, out)
            out.append(after.replace("{request_id}", request_id))
            return HttpAnswer(200, "text/xml", "".join(out).encode())

        return serialise

    def _frame(self, operation: OperationModel) -> tuple[str, str]:
        """The XML around the members of an answer."""
        shape, root = operation.output_shape, f"{operation.name}Response"
        if self.protocol == "ec2":
            return f'<{root} xmlns="{self._namespace}"><requestId>{{request_id}}</requestId>', f"</{root}>"
        if self.protocol == "rest-xml":
            return f'<{root} xmlns="{self._namespace}">', f"</{root}>"
        wrapper = shape.serialization.get("resultWrapper", "") if shape is not None else ""
        opened, closed = (f"<{wrapper}>", f"</{wrapper}>") if wrapper else ("", "")
        metadata = "<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        return f'<{root} xmlns="{self._namespace}">{opened}', f"{closed}{metadata}</{root}>"


@lru_cache
def wire_of(service: str) -> Wire:
    """The wire form of a service that the account has (botocore's name)."""
    return Wire(load_model(service, SERVICES[service]))


def plain_error(error: ApiError) -> HttpAnswer:
    """The answer to a request of which not even the service is known."""
    return HttpAnswer(error.status, "text/plain", f"{error.code}: {error.message}\n".encode())
