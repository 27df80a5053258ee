"""QUIC server ids of Pods, as the admission webhook wrote them (spec/targets.md §4.6, §16.2). Pure."""

import base64
import binascii

from albc.kube.objects import Pod
from albc.kube.objects.core import QUIC_CONTAINERS, Container

PROTOCOLS = frozenset({"QUIC", "TCP_QUIC"})
"""Protocols of target groups whose targets need a server id."""


def server_id(pod: Pod, port: int, variable: str) -> str:
    """The id of the container that serves `port`, else that of the Pod's first container with one; "" without any.

    `variable`: `--quic-environment-variable-name`. The form is AWS's, `0x` and hexadecimal digits.
    """
    if QUIC_CONTAINERS not in pod.metadata.annotations:
        return ""
    by_container = {c: id_ for c in pod.spec.serving_containers if (id_ := _id_of(c, variable))}
    serving = (id_ for c, id_ in by_container.items() if any(p.container_port == port for p in c.ports))
    return next(serving, next(iter(by_container.values()), ""))


def _id_of(container: Container, variable: str) -> str:
    encoded = next((each.value for each in container.env if each.name == variable), "")
    try:
        return f"0x{base64.b64decode(encoded, validate=True).hex()}" if encoded else ""
    except binascii.Error:
        return ""
