"""TargetGroupBindings in memory: a `BindingStore` without a cluster."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from albc.deploy.apply import WantedBinding
from albc.model.inventory import ActualBinding


@dataclass
class Bindings:
    """`finalizers` says whether deleted ones stay until somebody finalizes them."""

    items: dict[tuple[str, str], ActualBinding] = field(default_factory=dict)
    writes: int = 0
    finalizers: bool = False

    def of_stack(self, labels: Mapping[str, str]) -> tuple[ActualBinding, ...]:
        return tuple(one for one in self.items.values() if labels.items() <= one.labels.items())

    async def create(self, binding: WantedBinding) -> None:
        self.writes += 1
        self.items[binding.namespace, binding.name] = ActualBinding(
            namespace=binding.namespace,
            name=binding.name,
            labels=binding.labels,
            annotations=binding.annotations,
            spec=binding.spec,
        )

    async def patch(self, binding: WantedBinding) -> None:
        await self.create(binding)

    async def mark(self, namespace: str, name: str, annotation: str, value: str) -> None:
        binding = self.items[namespace, name]
        self.items[namespace, name] = replace(binding, annotations={**binding.annotations, annotation: value})

    async def delete(self, namespace: str, name: str) -> None:
        self.writes += 1
        if self.finalizers:
            self.items[namespace, name] = replace(self.items[namespace, name], deleting=True)
        else:
            self.items.pop((namespace, name), None)
