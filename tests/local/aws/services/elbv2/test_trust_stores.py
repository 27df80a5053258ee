import pytest

from albc.local.aws import Account, ApiError

BUNDLE = {"CaCertificatesBundleS3Bucket": "b", "CaCertificatesBundleS3Key": "k"}


def test_trust_stores_are_found_by_name_and_one_unknown_name_is_an_error(account: Account) -> None:
    made = account.call("elbv2", "CreateTrustStore", {"Name": "clients", **BUNDLE})["TrustStores"]
    assert account.call("elbv2", "DescribeTrustStores", {"Names": ["clients"]})["TrustStores"] == made
    with pytest.raises(ApiError, match=r"^TrustStoreNotFound: .*nobody"):
        account.call("elbv2", "DescribeTrustStores", {"Names": ["clients", "nobody"]})


def test_a_name_is_used_once_and_free_again_after_deletion(account: Account) -> None:
    (made,) = account.call("elbv2", "CreateTrustStore", {"Name": "clients", **BUNDLE})["TrustStores"]
    with pytest.raises(ApiError, match=r"^DuplicateTrustStoreName"):
        account.call("elbv2", "CreateTrustStore", {"Name": "clients", **BUNDLE})
    account.call("elbv2", "DeleteTrustStore", {"TrustStoreArn": made["TrustStoreArn"]})
    assert account.call("elbv2", "CreateTrustStore", {"Name": "clients", **BUNDLE})
