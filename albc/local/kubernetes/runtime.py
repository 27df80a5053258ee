"""Who runs the pods' containers: the seam between the played kubelet and whatever serves on a pod's address.

Called by `controllers.kubelet`; implemented outside this package. Without a runtime pods are Ready as soon as they have
an address, and nothing listens there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class ImageUnknown(Exception):
    """The runtime cannot play this image; the pod waits with ErrImagePull."""

    def __init__(self, image: str) -> None:
        super().__init__(f"no such image here: {image}")
        self.image = image


class PodRuntime(Protocol):
    """Starts and stops what a pod's containers would do."""

    async def start(self, pod: Mapping[str, Any]) -> None:
        """Serves the pod's ports on `pod["status"]["podIP"]`; returns when they listen. Raises ImageUnknown."""

    async def stop(self, pod_uid: str) -> None:
        """Ends what `start` began; a pod that never started is none of its business and no error."""
