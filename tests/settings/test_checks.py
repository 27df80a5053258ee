"""What no controller can work with is refused at the start."""

import pytest

from albc.settings import Settings, check


def test_network_and_classic_load_balancers_have_classes_of_their_own() -> None:
    check(Settings(cluster_name="prod"))

    with pytest.raises(ValueError, match=r"^load-balancer-class and classic-load-balancer-class must differ$"):
        check(Settings(cluster_name="prod", classic_load_balancer_class="service.k8s.aws/nlb"))


@pytest.mark.parametrize(
    "url", ["nonsense", "file:///etc/passwd", "http://h:99999", "http://user:hush@host", "http://a b"]
)
def test_an_endpoint_that_is_no_server_is_told_without_showing_it(url: str) -> None:
    with pytest.raises(ValueError, match="--aws-api-endpoints: the address of ec2 must be a URL") as raised:
        check(Settings(cluster_name="prod", aws_api_endpoints=(("ec2", url),)))
    assert url not in str(raised.value)
