from collections.abc import Callable
from typing import Any

import pytest

from albc.local.aws import Account, ApiError

Make = Callable[..., str]


def described(account: Account, arn: str) -> dict[str, Any]:
    return dict(account.call("elbv2", "DescribeListeners", {"ListenerArns": [arn]})["Listeners"][0])


def test_https_needs_one_issued_certificate_that_exists(alb: Make, listener: Make, certificate: Make) -> None:
    arn, known = alb(), {"CertificateArn": certificate()}
    with pytest.raises(ApiError, match=r"^ValidationError: A certificate must be specified"):
        listener(arn, 443, Protocol="HTTPS")
    with pytest.raises(ApiError, match=r"^CertificateNotFound"):
        listener(arn, 443, Protocol="HTTPS", Certificates=[{"CertificateArn": "arn:aws:acm:typo"}])
    with pytest.raises(ApiError, match=r"^ValidationError: You can specify only one"):
        listener(arn, 443, Protocol="HTTPS", Certificates=[known, known])
    assert listener(arn, 443, Protocol="HTTPS", Certificates=[known])


def test_further_certificates_are_added_listed_and_removed(
    account: Account, alb: Make, listener: Make, certificate: Make
) -> None:
    default, extra = certificate("a.example.com"), certificate("b.example.com")
    front = listener(alb(), 443, Protocol="HTTPS", Certificates=[{"CertificateArn": default}])

    def listed() -> dict[str, bool]:
        answer = account.call("elbv2", "DescribeListenerCertificates", {"ListenerArn": front})
        return {each["CertificateArn"]: each["IsDefault"] for each in answer["Certificates"]}

    add = {"ListenerArn": front, "Certificates": [{"CertificateArn": extra}]}
    account.call("elbv2", "AddListenerCertificates", add)
    account.call("elbv2", "AddListenerCertificates", add)
    assert listed() == {default: True, extra: False}
    assert [each["CertificateArn"] for each in described(account, front)["Certificates"]] == [default]
    account.call("elbv2", "RemoveListenerCertificates", add)
    assert listed() == {default: True}
    with pytest.raises(ApiError, match=r"^OperationNotPermitted"):
        account.call(
            "elbv2",
            "RemoveListenerCertificates",
            {"ListenerArn": front, "Certificates": [{"CertificateArn": default}]},
        )


def test_the_default_certificate_may_be_an_sni_certificate_too(
    account: Account, alb: Make, listener: Make, certificate: Make
) -> None:
    default = {"CertificateArn": certificate()}
    front = listener(alb(), 443, Protocol="HTTPS", Certificates=[default])
    account.call("elbv2", "AddListenerCertificates", {"ListenerArn": front, "Certificates": [default]})
    answer = account.call("elbv2", "DescribeListenerCertificates", {"ListenerArn": front})
    assert [each["IsDefault"] for each in answer["Certificates"]] == [True, False]
