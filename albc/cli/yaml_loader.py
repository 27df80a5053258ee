"""YAML as kubectl reads it, by PyYAML's safe loader: keys stand once, and dates and times are texts.

PyYAML follows YAML 1.1 to the letter, where `2026-01-01` is a date and `12:30` a number to the base of 60. kubectl's
library does not, and annotations are texts. Called by `manifest_files`, only when there is YAML to read.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any, Final

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

_TAG = "tag:yaml.org,2002:"
MOST_NODES: Final = 1_000_000
"""That a document with aliases may stand for: nine lines of ten aliases each would stand for a thousand million."""
_NUMBERS = (f"{_TAG}int", f"{_TAG}float")


@cache
def loader() -> type[Any]:
    """A loader class, on libyaml where PyYAML was built with it."""
    base: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    def construct_document(self: Any, node: Node) -> Any:
        _refuse_repeated_keys(node)
        return base.construct_document(self, node)

    resolvers = {
        first: [_without_base_60(tag, pattern) for tag, pattern in found if tag != f"{_TAG}timestamp"]
        for first, found in base.yaml_implicit_resolvers.items()
    }
    return type("Loader", (base,), {"construct_document": construct_document, "yaml_implicit_resolvers": resolvers})


def _without_base_60(tag: str, pattern: re.Pattern[str]) -> tuple[str, re.Pattern[str]]:
    return tag, re.compile(f"(?!.*:){pattern.pattern}", re.VERBOSE) if tag in _NUMBERS else pattern


def _refuse_repeated_keys(root: Node) -> None:
    """Every mapping below the node, anchored ones once. Aliases must not multiply beyond `MOST_NODES`, nor go round."""
    aliases = False
    waiting, seen = [root], {id(root)}
    while waiting:
        node = waiting.pop()
        below = node.value if not isinstance(node, ScalarNode) else ()
        if isinstance(node, MappingNode):
            _check(node)
            below = [each for pair in node.value for each in pair]
        for each in below:
            if id(each) not in seen:
                seen.add(id(each))
                waiting.append(each)
            else:
                aliases = True
    if aliases and next(islice(_spelt_out(root), MOST_NODES, None), None):
        raise yaml.constructor.ConstructorError(None, None, "its aliases stand for too much", root.start_mark)


def _spelt_out(root: Node) -> Iterator[Node]:
    """Every node as often as aliases repeat it; without end if one holds itself."""
    waiting = [root]
    while waiting:
        yield (node := waiting.pop())
        if isinstance(node, MappingNode):
            waiting += [each for pair in node.value for each in pair]
        elif not isinstance(node, ScalarNode):
            waiting += node.value


def _check(node: MappingNode) -> None:
    keys: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, ScalarNode) or key.tag == f"{_TAG}merge":
            continue
        if key.value in keys:
            raise yaml.constructor.ConstructorError(None, None, f'the key "{key.value}" stands twice', key.start_mark)
        keys.add(key.value)
