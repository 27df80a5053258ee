"""An Ingress group of three in two namespaces, judged by the traffic that its load balancer serves."""

import json
from collections.abc import Mapping

import aiohttp
import pytest
from world import World

from albc.local.demo.account import load_balancer
from albc.local.demo.kinds import hostname_of
from albc.local.demo.traffic import Answer, Ask, send

pytestmark = pytest.mark.anyio

WEB = ("Ingress", "front", "web")

APP = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: echo, image: "http-echo:1", ports: [{{containerPort: 5678}}]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  selector: {{app: {name}}}
  ports: [{{port: 80, targetPort: 5678}}]
"""

GROUP = """
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: alb}
spec: {controller: ingress.k8s.aws/alb}
---
apiVersion: v1
kind: Namespace
metadata: {name: front}
---
apiVersion: v1
kind: Namespace
metadata: {name: back}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: front
  annotations:
    alb.ingress.kubernetes.io/group.name: three
    alb.ingress.kubernetes.io/group.order: "1"
    alb.ingress.kubernetes.io/target-type: ip
    alb.ingress.kubernetes.io/scheme: internet-facing
    alb.ingress.kubernetes.io/listen-ports: '[{"HTTP": 80}, {"HTTPS": 443}]'
    alb.ingress.kubernetes.io/actions.split: >-
      {"type": "forward", "forwardConfig": {"targetGroups": [
        {"serviceName": "old", "servicePort": 80, "weight": 1},
        {"serviceName": "new", "servicePort": 80, "weight": 1}]}}
    alb.ingress.kubernetes.io/actions.moved: >-
      {"type": "redirect", "redirectConfig": {"host": "new.example.com", "path": "/here", "protocol": "HTTPS",
       "port": "443", "statusCode": "HTTP_302"}}
spec:
  ingressClassName: alb
  tls: [{hosts: [web.example.com]}]
  rules:
    - host: web.example.com
      http:
        paths:
          - {path: /moved, pathType: Exact, backend: {service: {name: moved, port: {name: use-annotation}}}}
          - {path: /, pathType: Prefix, backend: {service: {name: split, port: {name: use-annotation}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: api
  namespace: back
  annotations:
    alb.ingress.kubernetes.io/group.name: three
    alb.ingress.kubernetes.io/group.order: "2"
    alb.ingress.kubernetes.io/target-type: ip
    alb.ingress.kubernetes.io/listen-ports: '[{"HTTP": 80}, {"HTTPS": 443}]'
    alb.ingress.kubernetes.io/conditions.by-header: >-
      [{"field": "http-header", "httpHeaderConfig": {"httpHeaderName": "X-Beta", "values": ["yes*"]}}]
    alb.ingress.kubernetes.io/conditions.by-query: >-
      [{"field": "query-string", "queryStringConfig": {"values": [{"key": "version", "value": "2"}]}}]
    alb.ingress.kubernetes.io/conditions.by-source: >-
      [{"field": "source-ip", "sourceIpConfig": {"values": ["192.0.2.0/24"]}}]
    alb.ingress.kubernetes.io/conditions.from-here: >-
      [{"field": "source-ip", "sourceIpConfig": {"values": ["127.0.0.0/8"]}}]
    alb.ingress.kubernetes.io/actions.from-here: >-
      {"type": "fixed-response", "fixedResponseConfig": {"contentType": "text/plain", "statusCode": "200",
       "messageBody": "from here"}}
    alb.ingress.kubernetes.io/actions.by-header: >-
      {"type": "fixed-response", "fixedResponseConfig": {"contentType": "text/plain", "statusCode": "200",
       "messageBody": "by header"}}
    alb.ingress.kubernetes.io/actions.by-query: >-
      {"type": "fixed-response", "fixedResponseConfig": {"contentType": "text/plain", "statusCode": "200",
       "messageBody": "by query"}}
    alb.ingress.kubernetes.io/actions.by-source: >-
      {"type": "fixed-response", "fixedResponseConfig": {"contentType": "text/plain", "statusCode": "200",
       "messageBody": "by source"}}
    alb.ingress.kubernetes.io/transforms.api: >-
      [{"type": "url-rewrite", "urlRewriteConfig": {"rewrites": [{"regex": "^/v1/(.*)$", "replace": "/inner/$1"}]}}]
spec:
  ingressClassName: alb
  tls: [{hosts: [api.example.com]}]
  rules:
    - host: api.example.com
      http:
        paths:
          - {path: /c, pathType: Exact, backend: {service: {name: by-source, port: {name: use-annotation}}}}
          - {path: /c, pathType: Exact, backend: {service: {name: by-header, port: {name: use-annotation}}}}
          - {path: /c, pathType: Exact, backend: {service: {name: by-query, port: {name: use-annotation}}}}
          - {path: /d, pathType: Exact, backend: {service: {name: from-here, port: {name: use-annotation}}}}
          - {path: /, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: inside
  namespace: back
  annotations:
    alb.ingress.kubernetes.io/group.name: three
    alb.ingress.kubernetes.io/group.order: "3"
    alb.ingress.kubernetes.io/target-type: ip
    alb.ingress.kubernetes.io/listen-ports: '[{"HTTP": 80}, {"HTTPS": 443}]'
    alb.ingress.kubernetes.io/auth-type: cognito
    alb.ingress.kubernetes.io/auth-on-unauthenticated-request: deny
    alb.ingress.kubernetes.io/auth-idp-cognito: >-
      {"userPoolARN": "arn:aws:cognito-idp:us-west-2:123456789012:userpool/us-west-2_abc", "userPoolClientID": "client",
       "userPoolDomain": "pool"}
spec:
  ingressClassName: alb
  tls: [{hosts: [inside.example.com]}]
  rules:
    - host: inside.example.com
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}]}
"""


async def ask(world: World, url: str, headers: Mapping[str, str] | None = None) -> Answer | None:
    """What the group's load balancer answers; None while nobody does. The certificate must fit the host."""
    try:
        arn = load_balancer(world.stack.account, hostname_of(await world.get(*WEB)))
        listeners = world.stack.data_plane.addresses()[arn].listeners
        places = {each.port: (each.real_host, each.real_port) for each in listeners}
        asked = Ask(about="", load_balancer="", url=url, status=0, headers=headers or {})
        return await send(asked, lambda port: places[port], world.stack.account.ca_pem)
    except (OSError, KeyError, StopIteration, aiohttp.ClientError):
        return None


def pod(answer: Answer) -> str:
    """Of the echo that answered."""
    return str(json.loads(answer.body)["pod"])


@pytest.fixture(scope="module")
async def three(world: World) -> World:
    for host in ("web", "api", "inside"):
        world.certificate(f"{host}.example.com")
    await world.apply_yaml(GROUP)
    for namespace, name in (("front", "old"), ("front", "new"), ("back", "api")):
        await world.apply_yaml(APP.format(namespace=namespace, name=name))
    for host in ("http://web", "http://api", "https://web", "https://api"):

        async def serves(url: str = f"{host}.example.com/") -> bool:
            answer = await ask(world, url)
            return answer is not None and answer.status == 200

        await world.until(serves, f"{host} serves")
    return world


async def answered(world: World, url: str, headers: Mapping[str, str] | None = None) -> Answer:
    answer = await ask(world, url, headers)
    assert answer is not None
    return answer


async def test_members_of_two_namespaces_share_one_load_balancer(three: World) -> None:
    names = {hostname_of(await three.get("Ingress", *member)) for member in (("front", "web"), ("back", "api"))}
    assert len(names) == 1


@pytest.mark.parametrize("host", ["web", "api"])
async def test_each_host_is_served_with_its_own_certificate(three: World, host: str) -> None:
    assert (await answered(three, f"https://{host}.example.com/")).status == 200


async def test_a_weighted_action_reaches_all_its_services(three: World) -> None:
    seen: set[str] = set()

    async def both() -> bool:
        seen.add(pod(await answered(three, "http://web.example.com/")).partition("-")[0])
        return seen == {"old", "new"}

    await three.until(both, f"both services answer, got {seen}")


async def test_a_redirect_names_the_new_place(three: World) -> None:
    answer = await answered(three, "http://web.example.com/moved")
    assert (answer.status, answer.location) == (302, "https://new.example.com:443/here")


async def test_a_header_decides(three: World) -> None:
    assert (await answered(three, "http://api.example.com/c", {"X-Beta": "yes please"})).body == "by header"


async def test_a_query_decides(three: World) -> None:
    assert (await answered(three, "http://api.example.com/c?version=2")).body == "by query"


async def test_a_source_address_from_elsewhere_does_not_decide(three: World) -> None:
    answer = await answered(three, "http://api.example.com/c")
    assert pod(answer).startswith("api-")


async def test_a_source_address_from_here_decides(three: World) -> None:
    assert (await answered(three, "http://api.example.com/d")).body == "from here"


async def test_a_rewrite_reaches_the_pod(three: World) -> None:
    answer = await answered(three, "http://api.example.com/v1/things")
    assert json.loads(answer.body)["path"] == "/inner/things"


async def test_authentication_is_asked_for_over_https_only(three: World) -> None:
    guarded = await answered(three, "https://inside.example.com/")
    assert "authentication by Amazon Cognito" in guarded.body, "the local data plane says so, for it has no Cognito"
    assert (await answered(three, "http://inside.example.com/")).status == 200


async def test_live_rules_outlast_a_bad_edit_and_a_restart(three: World) -> None:
    annotation = "alb.ingress.kubernetes.io/scheme"
    await three.stop_controller()
    await three.edit("Ingress", "back", "api", {"metadata": {"annotations": {annotation: "outside"}}})
    before = await three.successes(*WEB)
    three.forget_calls()
    await three.start_controller()
    await three.edit(*WEB, {"metadata": {"annotations": {"alb.ingress.kubernetes.io/healthcheck-path": "/ok"}}})
    await three.reconciled(*WEB, before=before)

    assert "ModifyTargetGroup" in three.writes(), "the good member's edit went through"
    assert not [name for name in three.writes() if name.startswith("Delete")]
    for scheme in ("http", "https"):
        assert (await answered(three, f"{scheme}://api.example.com/v1/x")).status == 200
