"""The instance metadata service, version 2: region and VPC of the instance that we run on (spec/aws.md §8.1).

Called by `albc.aws.discovery` at start only. Credentials from the instance are the SDK's business.
"""

import os
import socket
from collections.abc import Mapping
from typing import Final

import aiohttp

from albc.errors import Unavailable

IPV4_ENDPOINT: Final = "http://169.254.169.254"
IPV6_ENDPOINT: Final = "http://[fd00:ec2::254]"
_TIMEOUT: Final = aiohttp.ClientTimeout(total=3, connect=1)
_SESSION_SECONDS: Final = "300"


class InstanceMetadata:
    """Asks `endpoint`; the default one is chosen by whether this machine has IPv4."""

    def __init__(self, endpoint: str = "", *, environ: Mapping[str, str] = os.environ) -> None:
        self._endpoint = (
            endpoint or environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or default_endpoint(_has_ipv4())
        ).rstrip("/")

    async def region(self) -> str:
        return await self._get("placement/region")

    async def vpc_id(self) -> str:
        """Of the first network interface."""
        mac = (await self._get("mac")).strip("/")
        return await self._get(f"network/interfaces/macs/{mac}/vpc-id")

    async def _get(self, path: str) -> str:
        try:
            async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
                headers = {"X-aws-ec2-metadata-token-ttl-seconds": _SESSION_SECONDS}
                async with session.put(f"{self._endpoint}/latest/api/token", headers=headers) as answer:
                    answer.raise_for_status()
                    token = await answer.text()
                headers = {"X-aws-ec2-metadata-token": token}
                async with session.get(f"{self._endpoint}/latest/meta-data/{path}", headers=headers) as answer:
                    answer.raise_for_status()
                    return (await answer.text()).strip()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Unavailable(
                f"the instance metadata service at {self._endpoint} does not answer for {path}: "
                f"{error or type(error).__name__}"
            ) from error


def default_endpoint(has_ipv4: bool) -> str:
    return IPV4_ENDPOINT if has_ipv4 else IPV6_ENDPOINT


def _has_ipv4() -> bool:
    """Whether there is a way out over IPv4; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("169.254.169.254", 80))
        except OSError:
            return False
        return not probe.getsockname()[0].startswith("127.")
