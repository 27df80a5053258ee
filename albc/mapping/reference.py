"""docs/annotations.md, made of the registers; `make references` writes it."""

from collections.abc import Iterator

from albc.mapping.annotations import Register
from albc.mapping.ingress.annotations import REGISTER as INGRESS
from albc.mapping.service.annotations import REGISTER as NETWORK
from albc.mapping.service.classic.annotations import REGISTER as CLASSIC
from albc.mapping.service.parsed import PREFIX as SERVICE_PREFIX

_HEAD = """\
# Annotations

Every annotation that albc reads, with the reference's names and values. Of any other name under these prefixes an event
tells, with the name that was probably meant; `albc plan` tells it before.

| Written as | Means |
|---|---|
| string | the text as it stands |
| bool | `true` or `false` |
| int32, int64 | a whole number |
| list | `a,b,c`; blanks around a piece do not count |
| map | `key=value,key=value`; a comma inside a value is written `\\,` |
| JSON | one JSON document |

YAML takes `true` and `80` for other things than text; in a manifest put values between quotes.
"""

_INGRESS = """
## Ingress

The prefix is `alb.ingress.kubernetes.io/`. The annotations of target groups, from `target-type` to `success-codes`, and
those of authentication may stand on the Service as well; where both have one, the Service's counts. `tags` are joined.

Members of a group may leave out what concerns the load balancer or a listener. Where several say it they must say the
same. [Rules beyond host and path](guides/rules.md) has the JSON of actions, conditions and transforms. A field of the
class's [IngressClassParams](crds.md#ingressclassparams) wins over the annotation.
"""

_NETWORK = f"""
## Service, Network Load Balancer

The prefix is `{SERVICE_PREFIX}`. They count on Services with `spec.loadBalancerClass: service.k8s.aws/nlb`, or with the
annotation `aws-load-balancer-type`.
"""

_CLASSIC = f"""
## Service, Classic Load Balancer

The prefix is `{SERVICE_PREFIX}`. They count on Services with `spec.loadBalancerClass: service.k8s.aws/clb`; see
[Classic Load Balancers](classic.md). Annotations of Network Load Balancers that stand not here are refused.
"""


def annotations_markdown() -> str:
    """The whole page."""
    parts = (_HEAD, _INGRESS, *_table(INGRESS), _NETWORK, *_table(NETWORK), _CLASSIC, *_table(CLASSIC))
    return "\n".join(part.rstrip("\n") for part in parts) + "\n"


def _table(register: Register) -> Iterator[str]:
    yield "\n| Annotation | Value | Meaning |\n|---|---|---|"
    for row in register.rows:
        yield f"| `{row.name}` | {row.type} | {row.help} |"
