"""Bindings and stacks find each other by labels."""

from hypothesis import given
from hypothesis import strategies as st

from albc.controllers.deployer import binding_labels, stack_of
from albc.model.stack import StackID

NAMES = st.text(st.sampled_from("abc-1"), min_size=1)


@given(st.one_of(st.just(""), NAMES), NAMES)
def test_a_bindings_labels_lead_back_to_its_stack(namespace: str, name: str) -> None:
    labels = binding_labels(StackID(namespace, name), "ingress.k8s.aws")
    assert stack_of(labels, "ingress.k8s.aws") == (namespace, name)


def test_labels_of_another_family_lead_nowhere() -> None:
    assert stack_of(binding_labels(StackID("shop", "web"), "service.k8s.aws"), "ingress.k8s.aws") is None
