"""Names of AWS resources are the reference's, byte for byte."""

from albc.mapping.resource_names import resource_name


def test_a_name_holds_the_first_letters_of_namespace_and_name_and_a_hash() -> None:
    uid = "0f0e0d0c-0b0a-4908-8706-050403020100"

    assert resource_name("web-apps", "edge-proxy-1", "demo", uid, "internal") == "k8s-webapps-edgeprox-bd495dd8bb"


def test_short_names_stay_whole() -> None:
    assert resource_name("foo", "bar", "", "", "internet-facing") == "k8s-foo-bar-e053368fb2"
