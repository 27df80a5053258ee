"""Certificates of Secrets in ACM, on the local account: imported once, renewed in place, gone with their last use."""

from dataclasses import replace
from typing import Any

import pytest
from tls_secrets import Pem, pem

from albc.deploy.plan import Plan
from albc.model.imported_certificate import ImportedCertificate
from albc.model.listener import Listener
from albc.model.reference import SecretText
from albc.model.stack import Stack

pytestmark = pytest.mark.anyio

Controller = Any
WebSite = Any


@pytest.fixture
def importing(controller: Controller) -> Controller:
    """With the gate EnableCertificateManagement."""
    controller.settings = replace(controller.settings, enable_certificate_management=True)
    controller.restart()
    return controller


def certificate(content: Pem, secret: str = "shop/web") -> ImportedCertificate:
    return ImportedCertificate(
        id=secret,
        fingerprint=str(hash(content)),
        certificate=content.certificate,
        private_key=SecretText(content.key),
    )


def serving(web: WebSite, *certificates: ImportedCertificate) -> Stack:
    """The site over HTTPS with these certificates; without any over HTTP."""
    stack: Stack = web.stack("shop.example.com")
    if not certificates:
        return stack
    resources = [
        replace(
            resource,
            protocol="HTTPS",
            ssl_policy="ELBSecurityPolicy-2016-08",
            certificates=tuple(one.arn for one in certificates),
        )
        if isinstance(resource, Listener)
        else resource
        for resource in stack.resources
    ]
    return Stack.of(stack.id, [*certificates, *resources])


def imported(controller: Controller) -> list[str]:
    """ARNs of what ACM has."""
    answer = controller.account.call("acm", "ListCertificates", {"Includes": {"keyTypes": ["EC_prime256v1"]}})
    return [one["CertificateArn"] for one in answer["CertificateSummaryList"] if one["Type"] == "IMPORTED"]


async def test_a_certificate_is_imported_before_its_listener_and_only_once(importing: Controller, web: WebSite) -> None:
    stack = serving(web, certificate(pem("shop.example.com")))
    await importing.settle(stack)
    importing.restart()

    assert (await importing.plan(stack)).is_empty
    [arn] = imported(importing)
    tags = importing.account.call("acm", "ListTagsForCertificate", {"CertificateArn": arn})["Tags"]
    assert {tag["Key"] for tag in tags} >= {"elbv2.k8s.aws/cluster", "elbv2.k8s.aws/certificate-fingerprint"}


async def test_a_renewed_certificate_keeps_its_arn(importing: Controller, web: WebSite) -> None:
    await importing.settle(serving(web, certificate(pem("shop.example.com"))))
    before = imported(importing)
    importing.account.calls.clear()

    renewed = serving(web, certificate(pem("shop.example.com", serial=2)))
    await importing.settle(renewed)

    assert imported(importing) == before
    assert importing.writes() == ["ImportCertificate", "AddTagsToCertificate"]
    importing.restart()
    assert (await importing.plan(renewed)).is_empty


async def test_a_secret_of_another_name_with_the_same_content_is_not_imported_again(
    importing: Controller, web: WebSite
) -> None:
    content = pem("shop.example.com")
    await importing.settle(serving(web, certificate(content)))
    before = imported(importing)

    await importing.settle(serving(web, certificate(content, secret="shop/other")))

    assert imported(importing) == before


async def test_a_lost_secret_leaves_what_was_imported_of_it(importing: Controller, web: WebSite) -> None:
    await importing.settle(serving(web, certificate(pem("shop.example.com"))))

    lost = ImportedCertificate(id="shop/web", fingerprint="")

    assert (await importing.plan(serving(web, lost))).is_empty


async def test_a_certificate_goes_after_its_last_listener(importing: Controller, web: WebSite) -> None:
    await importing.settle(serving(web, certificate(pem("shop.example.com"))))

    await importing.settle(Stack(web.stack("shop.example.com").id))

    assert imported(importing) == []


async def test_a_private_key_is_in_no_plan(importing: Controller, web: WebSite) -> None:
    content = pem("shop.example.com")
    stack = serving(web, certificate(content))

    plan: Plan = await importing.plan(stack)

    body = content.key.splitlines()[1]
    assert [one.action for one in plan.operations].count("import_certificate") == 1
    assert body not in repr(plan)
    assert body not in repr(stack)
    assert body not in stack.to_json()
