"""The wire form: requests become botocore's parameters, answers become what botocore (and the AWS CLI) parse.

`wire_of(service)` gives a service's `Wire`, made from botocore's own model at the first call. The server calls it;
nothing here knows what an operation does.
"""

from albc.local.aws.protocol.routing import HttpRequest, route
from albc.local.aws.protocol.wire import HttpAnswer, Wire, wire_of

__all__ = ["HttpAnswer", "HttpRequest", "Wire", "route", "wire_of"]
