"""IngressClassParams hold what a user writes, under the names that the API has for it (spec/ingress.md §3)."""

from typing import Any

import pytest
from pydantic import ValidationError

from albc.crds.ingress_class_params import IngressClassParams


def params(**spec: Any) -> IngressClassParams:
    return IngressClassParams.model_validate({"metadata": {"name": "params"}, "spec": spec})


def test_fields_with_capitals_inside_are_read() -> None:
    spec = params(
        inboundCIDRs=["10.0.0.0/8"],
        ipamConfiguration={"ipv4IPAMPoolId": "ipam-1"},
        wafv2AclArn="arn",
        wafv2AclName="name",
    ).spec

    assert spec.inbound_cidrs == ("10.0.0.0/8",)
    assert spec.ipam_configuration is not None
    assert spec.ipam_configuration.ipv4_ipam_pool_id == "ipam-1"
    assert (spec.wafv2_acl_arn, spec.wafv2_acl_name) == ("arn", "name")


def test_the_older_spelling_of_prefix_lists_counts_where_the_newer_is_absent() -> None:
    assert params(PrefixListsIDs=["pl-1"]).spec.prefix_lists == ("pl-1",)
    assert params(prefixListsIDs=["pl-2"]).spec.prefix_lists == ("pl-2",)


@pytest.mark.parametrize(
    "spec",
    [
        {"scheme": "public"},
        {"ipAddressType": "ipv6"},
        {"targetType": "lambda"},
        {"subnets": {"ids": []}},
        {"subnets": {"ids": ["nowhere"]}},
        {"group": {}},
        {"minimumLoadBalancerCapacity": {}},
    ],
)
def test_what_the_schema_forbids_is_refused(spec: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        params(**spec)
