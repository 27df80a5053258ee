"""albc as the chart installs it: its ServiceAccount's rights and no others, its webhooks asked by the API server."""

from collections.abc import AsyncIterator
from itertools import count

import anyio
import pytest
from installed import BIN, Installed, installed_world

pytestmark = pytest.mark.anyio

APP = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {elbv2.k8s.aws/pod-readiness-gate-inject: enabled}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
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
    async with installed_world(tmp_path_factory.mktemp("installed")) as world:
        await world.start_replica()
        yield world


async def test_an_ingress_gets_its_load_balancer_with_these_rights(installed: Installed) -> None:
    await installed.apply_yaml(APP)

    await installed.reconciled("Ingress", "shop", "web")


async def test_a_pod_behind_it_waits_for_the_load_balancer(installed: Installed) -> None:
    await installed.apply_yaml(APP)
    await installed.reconciled("Ingress", "shop", "web")

    async def gates_of_a_new_pod() -> list[str]:
        name = f"web-{next(numbers)}"
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "shop", "labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "echo"}]},
        }
        await installed.apply(pod)
        gates = (await installed.get("Pod", "shop", name))["spec"].get("readinessGates", ())
        return [gate["conditionType"].partition("/")[0] for gate in gates]

    numbers = count()
    await installed.until(gates_of_a_new_pod, "the webhook knows the binding")
    assert await gates_of_a_new_pod() == ["target-health.elbv2.k8s.aws"]


async def test_a_service_of_type_load_balancer_gets_our_class(installed: Installed) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "lines", "namespace": "default"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    }
    await installed.apply(service)

    assert (await installed.get("Service", "default", "lines"))["spec"]["loadBalancerClass"] == "service.k8s.aws/nlb"


async def test_bad_class_parameters_are_refused_by_field(installed: Installed) -> None:
    said = await installed.refused(
        "{apiVersion: elbv2.k8s.aws/v1beta1, kind: IngressClassParams, metadata: {name: bad},"
        " spec: {inboundCIDRs: [10.0.0.1/8]}}"
    )

    assert 'admission webhook "vingressclassparams.elbv2.k8s.aws" denied the request' in said
    assert "spec.inboundCIDRs[0]" in said


async def test_a_binding_without_target_group_is_refused(installed: Installed) -> None:
    said = await installed.refused(
        "{apiVersion: elbv2.k8s.aws/v1beta1, kind: TargetGroupBinding, metadata: {name: bad, namespace: default},"
        " spec: {serviceRef: {name: web, port: 80}}}"
    )

    assert "must provide either TargetGroupARN or TargetGroupName" in said


async def test_an_ingress_with_a_bad_condition_is_refused(installed: Installed) -> None:
    said = await installed.refused(
        """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: bad
  namespace: default
  annotations: {alb.ingress.kubernetes.io/conditions.web: "["}
spec:
  ingressClassName: alb
  rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
"""
    )

    assert "alb.ingress.kubernetes.io/conditions.web" in said


async def test_the_account_may_not_read_secrets(installed: Installed) -> None:
    line = [str(BIN / "kubectl"), f"--kubeconfig={installed.account_kubeconfig}", "get", "secrets", "--all-namespaces"]

    done = await anyio.run_process(line, check=False)

    assert done.returncode != 0
    assert b"secrets is forbidden: User" in done.stderr


async def test_a_load_balancer_goes_with_its_ingress(installed: Installed) -> None:
    await installed.apply_yaml(APP)
    await installed.reconciled("Ingress", "shop", "web")

    await installed.delete({"kind": "Ingress", "metadata": {"name": "web", "namespace": "shop"}})

    assert not any("k8s-shop-web" in resource for resource in installed.inventory())
