"""Manifests and recorded answers of AWS, and `albc plan` in this process."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from albc.cli.plan import show_plan
from albc.settings import Settings

FACTS = Path(__file__).parents[2] / "golden" / "facts.json"
VPC = json.loads(FACTS.read_text(encoding="utf-8"))["vpc"]

SHOP = """
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: alb}
spec: {controller: ingress.k8s.aws/alb}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{port: 80}]
---
apiVersion: v1
kind: Secret
metadata: {name: oidc, namespace: shop}
stringData: {}
data: {clientID: bXktY2xpZW50, clientSecret: dG9wLXNlY3JldA==}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  annotations:
    alb.ingress.kubernetes.io/target-type: ip
    alb.ingress.kubernetes.io/listen-ports: '[{"HTTPS": 443}]'
    alb.ingress.kubernetes.io/auth-type: oidc
    alb.ingress.kubernetes.io/auth-idp-oidc: >-
      {"issuer": "https://id.example.com", "authorizationEndpoint": "https://id.example.com/authorize",
       "tokenEndpoint": "https://id.example.com/token", "userInfoEndpoint": "https://id.example.com/me",
       "secretName": "oidc"}
spec:
  ingressClassName: alb
  rules:
    - host: web.example.com
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""

BAD = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: bad
  namespace: shop
  annotations: {alb.ingress.kubernetes.io/target-type: "pod\\x1b[2J"}
spec:
  ingressClassName: alb
  defaultBackend: {service: {name: web, port: {number: 80}}}
"""

Plan = Callable[..., tuple[int, str]]


@pytest.fixture
def shop() -> str:
    """An Ingress with OIDC, all of it sound."""
    return SHOP


@pytest.fixture
def bad() -> str:
    """An Ingress to add, whose fault holds an escape sequence."""
    return BAD


@pytest.fixture
def plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Plan:
    """Manifests → exit status and what was printed."""

    def run(manifests: str, output: str = "tree", *, facts: Path = FACTS, **settings: Any) -> tuple[int, str]:
        file = tmp_path / "manifests.yaml"
        file.write_text(manifests, encoding="utf-8")
        given = {"cluster_name": "prod", "aws_region": "us-west-2", "aws_vpc_id": VPC, **settings}
        status = show_plan([str(file)], str(facts), output, Settings(**given), detailed_exitcode=True)
        return status, capsys.readouterr().out

    return run


@pytest.fixture
def fresh_account(tmp_path: Path) -> Path:
    """The recorded answers, but without a security group that albc has made."""
    recorded = json.loads(FACTS.read_text(encoding="utf-8"))
    groups = recorded["api"]["ec2"]["DescribeSecurityGroups"]["SecurityGroups"]
    foreign = [group for group in groups if "backend-sg" not in [tag["Value"] for tag in group.get("Tags", ())]]
    recorded["api"]["ec2"]["DescribeSecurityGroups"]["SecurityGroups"] = foreign
    file = tmp_path / "facts.json"
    file.write_text(json.dumps(recorded), encoding="utf-8")
    return file
