"""Fields of a listener (spec/aws.md §5.4). Further certificates and attributes have calls of their own."""

from collections.abc import Mapping
from typing import Any

from albc.deploy.fields.actions import aws_actions, same_actions, with_secret
from albc.deploy.fields.field import Field, told
from albc.deploy.settings import DeploySettings
from albc.deploy.values import given
from albc.model.inventory import ActualListener
from albc.model.listener import Listener, MutualAuthentication

OFF = "off"
NO_ALPN = "None"


def _certificate(listener: Listener, _: DeploySettings) -> Any:
    """AWS takes one certificate here, the default; it answers it without a flag."""
    return [{"CertificateArn": listener.certificates[0]}] if listener.certificates else None


def _default_certificates(listener: ActualListener) -> list[Any]:
    return [{"CertificateArn": one["CertificateArn"]} for one in listener.aws.get("Certificates") or ()]


def _alpn(listener: Listener, settings: DeploySettings) -> Any:
    if listener.alpn_policy:
        return list(listener.alpn_policy)
    # AWS is told "None" only where it has a policy that must go; what it has is compared in `_same_alpn`.
    return [NO_ALPN] if settings.enhanced_default_behavior and listener.protocol == "TLS" else None


def _same_alpn(wanted: list[str], actual: list[str] | None) -> bool:
    return (wanted if wanted != [NO_ALPN] else []) == ([] if not actual or actual[0] == NO_ALPN else actual)


def aws_mutual_authentication(mutual: MutualAuthentication) -> dict[str, Any]:
    """`AdvertiseTrustStoreCaNames` goes with `verify` only, and is `off` when the model is silent."""
    shape: dict[str, Any] = {"Mode": mutual.mode}
    if mutual.trust_store_arn is not None:
        shape["TrustStoreArn"] = mutual.trust_store_arn
    if mutual.ignore_client_certificate_expiry is not None:
        shape["IgnoreClientCertificateExpiry"] = mutual.ignore_client_certificate_expiry
    if mutual.mode == "verify":
        shape["AdvertiseTrustStoreCaNames"] = mutual.advertise_trust_store_ca_names or OFF
    return shape


def _mutual_authentication(listener: Listener, settings: DeploySettings) -> Any:
    if listener.mutual_authentication:
        return aws_mutual_authentication(listener.mutual_authentication)
    return {"Mode": OFF} if settings.enhanced_default_behavior and listener.protocol == "HTTPS" else None


def _same_mutual_authentication(wanted: Mapping[str, Any], actual: Mapping[str, Any] | None) -> bool:
    mode = (actual or {}).get("Mode") or OFF
    if wanted["Mode"] == OFF or mode == OFF:
        return bool(wanted["Mode"] == mode)
    theirs = {key: value for key, value in (actual or {}).items() if key != "TrustStoreAssociationStatus"}
    return _mutual_members(wanted) == _mutual_members(theirs)


def _mutual_members(shape: Mapping[str, Any]) -> dict[str, Any]:
    """A flag that is not set is false."""
    defaults = {"IgnoreClientCertificateExpiry": False, "AdvertiseTrustStoreCaNames": OFF}
    return {**defaults, **given(**shape)}


LISTENER: tuple[Field[Listener, ActualListener], ...] = (
    Field(
        name="Port",
        wanted=lambda listener, _: listener.port,
        actual=told("Port"),
        modified_by="modify_listener",
    ),
    Field(
        name="Protocol",
        wanted=lambda listener, _: listener.protocol,
        actual=told("Protocol"),
        modified_by="modify_listener",
    ),
    Field(
        name="DefaultActions",
        wanted=lambda listener, settings: aws_actions(listener.default_actions, settings),
        actual=lambda listener: with_secret(listener.aws.get("DefaultActions"), listener.secret),
        same=same_actions,
        modified_by="modify_listener",
    ),
    Field(
        name="Certificates",
        wanted=_certificate,
        actual=_default_certificates,
        same=lambda wanted, actual: (wanted or []) == actual,
        modified_by="modify_listener",
        none_is_a_value=True,
    ),
    Field(
        name="SslPolicy",
        wanted=lambda listener, _: listener.ssl_policy,
        actual=told("SslPolicy"),
        modified_by="modify_listener",
    ),
    Field(
        name="AlpnPolicy",
        wanted=_alpn,
        actual=told("AlpnPolicy"),
        same=_same_alpn,
        modified_by="modify_listener",
    ),
    Field(
        name="MutualAuthentication",
        wanted=_mutual_authentication,
        actual=told("MutualAuthentication"),
        same=_same_mutual_authentication,
        modified_by="modify_listener",
    ),
)
