"""Certificates are found by host (spec/targets.md §15)."""

import pytest

from albc.mapping.certificates import covers, discover
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.model.facts import VPC, CertificateFact, Facts

SETTINGS = MappingSettings(cluster_name="demo")


def facts(*certificates: CertificateFact) -> Facts:
    return Facts(vpc=VPC(id="vpc-1"), certificates=certificates)


def certificate(arn: str, *domains: str, authority: str = "", **tags: str) -> CertificateFact:
    return CertificateFact(arn=arn, domains=domains, certificate_authority_arn=authority, tags=tags)


@pytest.mark.parametrize(
    ("domain", "host", "covered"),
    [
        ("a.com", "a.com", True),
        ("a.com", "b.a.com", False),
        ("*.a.com", "b.a.com", True),
        ("*.a.com", "a.com", False),
        ("*.a.com", "c.b.a.com", False),
        ("*.a.com", "*.a.com", True),
        ("A.com", "a.com", False),
    ],
)
def test_a_wildcard_is_good_for_one_label(domain: str, host: str, covered: bool) -> None:
    assert covers(domain, host) is covered


def test_all_certificates_of_all_hosts_are_found_by_arn() -> None:
    known = facts(certificate("2", "a.com"), certificate("1", "a.com", "b.com"), certificate("3", "c.com"))

    assert discover(["b.com", "a.com"], known, SETTINGS) == ("1", "2")


def test_the_first_host_without_certificate_is_named() -> None:
    with pytest.raises(Invalid, match=r"no certificate found for host: b\.com"):
        discover(["a.com", "b.com", "c.com"], facts(certificate("1", "a.com")), SETTINGS)


def test_no_hosts_need_no_certificates() -> None:
    assert discover([], facts(), SETTINGS) == ()


def test_only_allowed_authorities_count() -> None:
    known = facts(certificate("1", "a.com", authority="x"), certificate("2", "a.com", authority="y"))
    settings = MappingSettings(cluster_name="demo", allowed_certificate_authority_arns=("y",))

    assert discover(["a.com"], known, settings) == ("2",)


def test_a_certificate_with_all_tags_of_a_mark_is_somebody_elses() -> None:
    known = facts(
        certificate("1", "a.com", cluster="x", stack="y"),
        certificate("2", "a.com", cluster="x"),
        certificate("3", "a.com", imported="z"),
    )

    assert discover(["a.com"], known, SETTINGS, [("cluster", "stack"), ("imported",)]) == ("2",)
    assert discover(["a.com"], known, SETTINGS) == ("1", "2", "3")
