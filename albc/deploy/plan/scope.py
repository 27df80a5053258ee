"""What every module of a plan needs to know: whose plan it is, and which references are known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from albc.deploy.plan.keep import NOTHING_KEPT, Kept
from albc.deploy.settings import DeploySettings
from albc.deploy.values import resolved
from albc.model.quotas import NOTHING_TOLD, VpcQuotas
from albc.model.reference import Ref
from albc.model.stack import StackID

CLUSTER_TAG = "elbv2.k8s.aws/cluster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    stack: StackID
    tag_prefix: str
    settings: DeploySettings
    known: Mapping[Ref, str]
    kept: Kept = NOTHING_KEPT
    quotas: VpcQuotas = NOTHING_TOLD

    def resolve(self, value: Any) -> Any:
        """With the references to what exists already filled in."""
        return resolved(value, self.known)

    def tags(self, resource_id: str, tags: Mapping[str, str]) -> dict[str, str]:
        """A resource's tags with those by which it is found again, which win (spec/aws.md §3.1)."""
        return {
            **tags,
            CLUSTER_TAG: self.settings.cluster_name,
            f"{self.tag_prefix}/stack": str(self.stack),
            f"{self.tag_prefix}/resource": resource_id,
        }

    def labels(self) -> dict[str, str]:
        """Of the stack's TargetGroupBindings."""
        if not self.stack.namespace:
            return {f"{self.tag_prefix}/stack": self.stack.name}
        return {
            f"{self.tag_prefix}/stack-namespace": self.stack.namespace,
            f"{self.tag_prefix}/stack-name": self.stack.name,
        }
