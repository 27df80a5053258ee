"""An AWS account on this machine: the operations that a load balancer controller calls, with AWS's rules and errors.

`Account` is the state, `AwsServer` serves it over HTTP on loopback to unmodified AWS clients. Used by `albc local`,
the demo and the tests; `albc.local.dataplane` serves what it holds.
"""

from albc.local.aws.account import Account
from albc.local.aws.calls import Call, CallLog
from albc.local.aws.clock import ManualClock
from albc.local.aws.errors import ApiError, ConnectionDropped
from albc.local.aws.faults import Fault, FaultKind
from albc.local.aws.layout import Layout, recorded_layout
from albc.local.aws.loopback import instance_id, loopback_layout
from albc.local.aws.options import AccountOptions, Quotas
from albc.local.aws.server import AwsServer
from albc.local.dataplane.snapshot import Snapshot

__all__ = [
    "Account",
    "AccountOptions",
    "ApiError",
    "AwsServer",
    "Call",
    "CallLog",
    "ConnectionDropped",
    "Fault",
    "FaultKind",
    "Layout",
    "ManualClock",
    "Quotas",
    "Snapshot",
    "instance_id",
    "loopback_layout",
    "recorded_layout",
]
