from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from self_signed import self_signed

from albc.local.aws import Account, AccountOptions, ApiError, ManualClock

Make = Callable[..., str]


def brought_along(host: str) -> tuple[bytes, bytes]:
    return self_signed(host, "www." + host, since=datetime(2027, 1, 1, tzinfo=UTC))


def detail(account: Account, arn: str) -> dict[str, Any]:
    return dict(account.call("acm", "DescribeCertificate", {"CertificateArn": arn})["Certificate"])


def test_a_requested_certificate_is_issued_for_all_its_names_by_the_accounts_authority(account: Account) -> None:
    wanted = {"DomainName": "*.example.com", "SubjectAlternativeNames": ["example.com"], "ValidationMethod": "DNS"}
    arn = account.call("acm", "RequestCertificate", wanted)["CertificateArn"]
    assert detail(account, arn)["Status"] == "ISSUED"
    pem = account.call("acm", "GetCertificate", {"CertificateArn": arn})["Certificate"]
    leaf, authority = x509.load_pem_x509_certificate(pem.encode()), x509.load_pem_x509_certificate(account.ca_pem)
    leaf.verify_directly_issued_by(authority)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["*.example.com", "example.com"]


def test_validation_may_take_its_time(clock: ManualClock) -> None:
    account = Account(AccountOptions(issue_seconds=300), clock=clock)
    wanted = {"DomainName": "shop.example.com", "ValidationMethod": "DNS"}
    arn = account.call("acm", "RequestCertificate", wanted)["CertificateArn"]
    waiting = detail(account, arn)
    assert waiting["Status"] == "PENDING_VALIDATION"
    assert "ResourceRecord" in waiting["DomainValidationOptions"][0]
    assert account.snapshot().certificates == {}
    with pytest.raises(ApiError, match=r"^RequestInProgressException"):
        account.call("acm", "GetCertificate", {"CertificateArn": arn})
    clock.advance(300)
    assert detail(account, arn)["Status"] == "ISSUED"


def test_a_listener_does_not_take_a_certificate_that_is_not_issued(clock: ManualClock) -> None:
    account = Account(AccountOptions(issue_seconds=300), clock=clock)
    public = {"Filters": [{"Name": "map-public-ip-on-launch", "Values": ["true"]}]}
    places = [subnet["SubnetId"] for subnet in account.call("ec2", "DescribeSubnets", public)["Subnets"]]
    answer = account.call("elbv2", "CreateLoadBalancer", {"Name": "shop", "Subnets": places})
    arn = account.call("acm", "RequestCertificate", {"DomainName": "shop.example.com"})["CertificateArn"]
    wanted = {
        "LoadBalancerArn": answer["LoadBalancers"][0]["LoadBalancerArn"],
        "Port": 443,
        "Protocol": "HTTPS",
        "Certificates": [{"CertificateArn": arn}],
        "DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    }
    with pytest.raises(ApiError, match=r"^UnsupportedCertificate"):
        account.call("elbv2", "CreateListener", wanted)


def test_the_same_token_and_names_give_the_same_certificate(account: Account) -> None:
    wanted = {"DomainName": "a.example.com", "IdempotencyToken": "once"}
    first = account.call("acm", "RequestCertificate", wanted)
    assert account.call("acm", "RequestCertificate", wanted) == first
    assert account.call("acm", "RequestCertificate", {**wanted, "IdempotencyToken": "twice"}) != first


def test_a_certificate_in_use_cannot_be_deleted(account: Account, alb: Make, listener: Make, certificate: Make) -> None:
    arn, balancer = certificate(), alb()
    front = listener(balancer, 443, Protocol="HTTPS", Certificates=[{"CertificateArn": arn}])
    assert detail(account, arn)["InUseBy"] == [balancer]
    with pytest.raises(ApiError, match=r"^ResourceInUseException"):
        account.call("acm", "DeleteCertificate", {"CertificateArn": arn})
    account.call("elbv2", "DeleteListener", {"ListenerArn": front})
    account.call("acm", "DeleteCertificate", {"CertificateArn": arn})
    with pytest.raises(ApiError, match=r"^ResourceNotFoundException"):
        detail(account, arn)


def test_an_imported_certificate_is_served_as_it_came(account: Account) -> None:
    certificate, key = brought_along("own.example.org")
    arn = account.call("acm", "ImportCertificate", {"Certificate": certificate, "PrivateKey": key})["CertificateArn"]
    assert account.snapshot().certificates[arn] == (certificate, key)
    imported = detail(account, arn)
    assert imported["SubjectAlternativeNames"] == ["own.example.org", "www.own.example.org"]
    assert (imported["Type"], imported["KeyAlgorithm"]) == ("IMPORTED", "EC_prime256v1")


def test_a_key_that_does_not_fit_is_refused(account: Account) -> None:
    certificate, _ = brought_along("own.example.org")
    _, other = brought_along("own.example.org")
    for key, why in ((other, "does not match"), (b"no key", "not valid PEM")):
        with pytest.raises(ApiError, match=rf"^ValidationException: .*{why}"):
            account.call("acm", "ImportCertificate", {"Certificate": certificate, "PrivateKey": key})


def test_listings_show_rsa_certificates_unless_others_are_asked_for(account: Account, certificate: Make) -> None:
    requested = certificate()
    pem, key = brought_along("own.example.org")
    imported = account.call("acm", "ImportCertificate", {"Certificate": pem, "PrivateKey": key})["CertificateArn"]

    def listed(**params: object) -> set[str]:
        found = account.call("acm", "ListCertificates", params)["CertificateSummaryList"]
        return {each["CertificateArn"] for each in found}

    assert listed() == {requested}
    assert listed(Includes={"keyTypes": ["RSA_2048", "EC_prime256v1"]}) == {requested, imported}
    assert listed(CertificateStatuses=["PENDING_VALIDATION"]) == set()


def test_certificates_are_tagged(account: Account, certificate: Make) -> None:
    arn = {"CertificateArn": certificate()}
    account.call(
        "acm", "AddTagsToCertificate", {**arn, "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}
    )
    account.call("acm", "RemoveTagsFromCertificate", {**arn, "Tags": [{"Key": "a"}, {"Key": "b", "Value": "other"}]})
    assert account.call("acm", "ListTagsForCertificate", arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_too_many_names_are_refused(account: Account) -> None:
    names = [f"h{number}.example.com" for number in range(10)]
    with pytest.raises(ApiError, match=r"^LimitExceededException"):
        account.call("acm", "RequestCertificate", {"DomainName": "a.example.com", "SubjectAlternativeNames": names})
