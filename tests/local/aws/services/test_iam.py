import pytest

from albc.local.aws import Account, ApiError

ROLE = {"AWSServiceName": "elasticloadbalancing.amazonaws.com"}


def test_a_service_linked_role_is_made_once(account: Account) -> None:
    assert account.call("iam", "CreateServiceLinkedRole", ROLE)["Role"]["RoleName"].endswith("ElasticLoadBalancing")
    with pytest.raises(ApiError, match=r"^InvalidInput: .*has been taken"):
        account.call("iam", "CreateServiceLinkedRole", ROLE)


def test_there_are_no_server_certificates(account: Account) -> None:
    assert account.call("iam", "ListServerCertificates")["ServerCertificateMetadataList"] == []
    with pytest.raises(ApiError, match=r"^NoSuchEntity"):
        account.call("iam", "GetServerCertificate", {"ServerCertificateName": "old"})
