"""Names of operations, as policies have them."""

import pytest
from botocore.loaders import Loader

from albc.cli.preflight.look import PROBES, operation_name


@pytest.mark.parametrize(("service", "method"), [(service, method) for service, method, _ in PROBES])
def test_a_probe_is_an_operation_of_aws(service: str, method: str) -> None:
    assert operation_name(method) in Loader().load_service_model(service, "service-2")["operations"]
