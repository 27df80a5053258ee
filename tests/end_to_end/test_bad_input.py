"""What is wrong is told on the object that has it, and nothing else stops."""

import pytest
from world import KINDS, World

pytestmark = pytest.mark.anyio

CLASSES = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: alb}
spec: {controllerName: gateway.k8s.aws/alb}
---
apiVersion: v1
kind: Namespace
metadata: {name: bad}
"""


async def told(world: World, of: tuple[str, str, str], type_: str, status: str, words: str) -> None:
    """Waits until the condition of an object says so, and checks that it says why."""

    async def says() -> bool:
        condition = await world.condition(*of, type_)
        return bool(condition) and condition["status"] == status and words in condition["message"]

    await world.until(says, f"{of} {type_}={status} with {words!r}, got {await world.condition(*of, type_)}")


async def test_a_gateway_that_names_a_missing_configuration_says_which(world: World) -> None:
    await world.apply_yaml(
        CLASSES
        + """
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: lost, namespace: bad}
spec:
  gatewayClassName: alb
  infrastructure:
    parametersRef: {group: gateway.k8s.aws, kind: LoadBalancerConfiguration, name: nowhere}
  listeners: [{name: http, protocol: HTTP, port: 80}]
"""
    )
    await told(world, ("Gateway", "bad", "lost"), "Accepted", "False", "nowhere")


async def test_a_route_to_a_missing_service_says_which_and_the_other_rules_serve(world: World) -> None:
    await world.apply_example("gateway-hands-on")
    route = await world.get("HTTPRoute", "hands-on", "web")
    rules = route["spec"]["rules"]
    broken = {
        "matches": [{"path": {"type": "PathPrefix", "value": "/broken"}}],
        "backendRefs": [{"name": "nobody", "port": 80}],
    }
    await world.edit("HTTPRoute", "hands-on", "web", {"spec": {"rules": [*rules, broken]}})
    await told(world, ("HTTPRoute", "hands-on", "web"), "ResolvedRefs", "False", "nobody")

    async def serves() -> bool:
        answer = await world.ask("http://web.example.com/", ("Gateway", "hands-on", "edge"))
        return answer is not None and answer.status == 200

    await world.until(serves, "the other rules serve")


async def test_a_listener_without_certificate_says_so_and_the_other_one_serves(world: World) -> None:
    await world.apply_example("gateway-hands-on")
    await world.apply_yaml(
        """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: bare, namespace: hands-on}
spec:
  gatewayClassName: alb
  listeners:
    - {name: http, protocol: HTTP, port: 80}
    - {name: https, protocol: HTTPS, port: 443, hostname: uncovered.example.net}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: bare, namespace: hands-on}
spec:
  parentRefs: [{name: bare}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
"""
    )

    async def says() -> bool:
        gateway = await world.get("Gateway", "hands-on", "bare")
        listeners = (gateway.get("status") or {}).get("listeners") or []
        by_name = {listener["name"]: {c["type"]: c for c in listener["conditions"]} for listener in listeners}
        return (
            by_name.get("http", {}).get("Programmed", {}).get("status") == "True"
            and by_name.get("https", {}).get("Programmed", {}).get("status") == "False"
            and "uncovered.example.net" in by_name["https"]["Programmed"]["message"]
        )

    await world.until(says, "the HTTPS listener names the host, the HTTP listener is programmed")


async def test_one_bad_ingress_does_not_stop_its_group(world: World) -> None:
    await world.apply_example("ingress")
    member = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {name}
  namespace: shop
  annotations:
    alb.ingress.kubernetes.io/group.name: together
    alb.ingress.kubernetes.io/target-type: {target_type}
spec:
  ingressClassName: alb
  rules:
    - host: {name}.example.com
      http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: catalogue, port: {{number: 80}}}}}}}}]}}
"""
    await world.apply_yaml(
        member.format(name="good", target_type="ip") + "---" + member.format(name="bad", target_type="pod")
    )

    async def serves() -> bool:
        answer = await world.ask("http://good.example.com/", ("Ingress", "shop", "good"))
        return answer is not None and answer.status == 200

    await world.until(serves, "the good member serves")

    async def is_told() -> bool:
        events = (await world.client.list(KINDS["Event"])).items
        return any(
            event["involvedObject"]["name"] == "bad"
            and event["type"] == "Warning"
            and "target-type" in event["message"]
            for event in events
        )

    await world.until(is_told, "the bad member is told which annotation")
