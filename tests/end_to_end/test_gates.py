"""A controller that is turned off by its feature gate touches nothing, and the others go on (spec/runtime.md §4)."""

from collections.abc import AsyncIterator

import pytest
from installed import Installed, Replica, installed_world

pytestmark = pytest.mark.anyio

APP = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: lines, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: classic, namespace: shop}
spec:
  type: LoadBalancer
  loadBalancerClass: service.k8s.aws/clb
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: nlb}
spec: {controllerName: gateway.k8s.aws/nlb}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: alb}
spec: {controllerName: gateway.k8s.aws/alb}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: lines, namespace: shop}
spec: {gatewayClassName: nlb, listeners: [{name: tcp, protocol: TCP, port: 9000}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: TCPRoute
metadata: {name: lines, namespace: shop}
spec: {parentRefs: [{name: lines}], rules: [{backendRefs: [{name: web, port: 80}]}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: pages, namespace: shop}
spec: {gatewayClassName: alb, listeners: [{name: http, protocol: HTTP, port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: pages, namespace: shop}
spec: {parentRefs: [{name: pages}], rules: [{backendRefs: [{name: web, port: 80}]}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  annotations: {alb.ingress.kubernetes.io/target-type: ip}
spec:
  ingressClassName: alb
  defaultBackend: {service: {name: web, port: {number: 80}}}
"""


@pytest.fixture(scope="module")
async def installed(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installed]:
    async with installed_world(tmp_path_factory.mktemp("gates")) as world:
        yield world


@pytest.fixture(scope="module")
async def replica(installed: Installed) -> Replica:
    """With everything in place that the controllers which are off would act on, and the others done."""
    replica = await installed.start_replica("--feature-gates=EnableServiceController=false,NLBGatewayAPI=false")
    await installed.apply_yaml(APP)
    await installed.reconciled("Ingress", "shop", "web")
    await installed.reconciled("Gateway", "shop", "pages")
    return replica


def kinds_of_load_balancer(world: Installed) -> list[str]:
    account = world.stack.account
    balancers = account.call("elbv2", "DescribeLoadBalancers", {})["LoadBalancers"]
    classic = account.call("elb", "DescribeLoadBalancers", {})["LoadBalancerDescriptions"]
    return sorted([*(one["Type"] for one in balancers), *("classic" for _ in classic)])


async def test_controllers_that_are_off_make_nothing_while_the_others_go_on(
    installed: Installed, replica: Replica
) -> None:
    assert kinds_of_load_balancer(installed) == ["application", "application"]
    for kind, name in (("Service", "lines"), ("Service", "classic"), ("Gateway", "lines")):
        assert "finalizers" not in (await installed.get(kind, "shop", name))["metadata"]
        assert await installed.events(kind, name) == []


async def test_controllers_that_are_off_do_not_run_at_all(installed: Installed, replica: Replica) -> None:
    assert await replica.metric("controller_runtime_reconcile_total", controller="ingress") > 0
    for controller in ("service", "gateway.k8s.aws/nlb"):
        assert f'controller="{controller}"' not in await replica.metrics()


async def test_the_webhook_goes_on_giving_services_our_class(installed: Installed, replica: Replica) -> None:
    spec = (await installed.get("Service", "shop", "lines"))["spec"]

    assert spec["loadBalancerClass"] == "service.k8s.aws/nlb"
