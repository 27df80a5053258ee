"""Certificates of listeners: the default one and those chosen by SNI."""

from albc.local.aws.errors import ApiError
from albc.local.aws.services.elbv2 import lookup
from albc.local.aws.services.operation import Answer, Operations, Params, page
from albc.local.aws.state import State
from albc.local.aws.state.load_balancing import Listener

SECURE = ("HTTPS", "TLS")


def default_of(state: State, params: Params, protocol: str, current: Listener | None) -> str:
    """The default certificate that a create or modify request leads to."""
    wanted = params.get("Certificates")
    if wanted is None and current and current.certificate:
        return current.certificate
    if not wanted:
        raise ApiError("ValidationError", f"A certificate must be specified for {protocol} listeners")
    if len(wanted) > 1:
        raise ApiError("ValidationError", "You can specify only one default certificate")
    arn = wanted[0].get("CertificateArn", "")
    _check(state, arn)
    return str(arn)


def add_listener_certificates(state: State, params: Params) -> Answer:
    listener = _secure(lookup.listener(state, params["ListenerArn"]))
    arns = [each.get("CertificateArn", "") for each in params["Certificates"]]
    for arn in arns:
        _check(state, arn)
    held = tuple(dict.fromkeys((*listener.extra_certificates, *arns)))
    on_balancer = [
        arn
        for each in state.load_balancing.listeners_of(listener.load_balancer_arn)
        for arn in (held if each is listener else each.extra_certificates)
    ]
    limit = state.options.quotas.certificates_per_load_balancer
    if len(on_balancer) > limit:
        raise ApiError("TooManyCertificates", f"The load balancer cannot have more than {limit} certificates")
    listener.extra_certificates = held
    return {"Certificates": [{"CertificateArn": arn, "IsDefault": False} for arn in arns]}


def remove_listener_certificates(state: State, params: Params) -> Answer:
    listener = _secure(lookup.listener(state, params["ListenerArn"]))
    gone = {each.get("CertificateArn") for each in params["Certificates"]}
    if listener.certificate in gone and listener.certificate not in listener.extra_certificates:
        raise ApiError("OperationNotPermitted", "The default certificate cannot be removed")
    listener.extra_certificates = tuple(arn for arn in listener.extra_certificates if arn not in gone)
    return {}


def describe_listener_certificates(state: State, params: Params) -> Answer:
    listener = lookup.listener(state, params["ListenerArn"])
    shown, marker = page(
        listener.extra_certificates, lambda arn: arn, params.get("PageSize", 400), params.get("Marker")
    )
    items = [{"CertificateArn": arn, "IsDefault": False} for arn in shown]
    if listener.certificate and not params.get("Marker"):
        items.insert(0, {"CertificateArn": listener.certificate, "IsDefault": True})
    return {"Certificates": items, "NextMarker": marker}


def _secure(listener: Listener) -> Listener:
    if listener.protocol not in SECURE:
        raise ApiError("InvalidConfigurationRequest", f"{listener.protocol} listeners have no certificates")
    return listener


def _check(state: State, arn: str) -> None:
    certificate = state.certificates.find(arn)
    if certificate is None:
        raise ApiError("CertificateNotFound", f"Certificate '{arn}' not found")
    if certificate.status != "ISSUED":
        raise ApiError(
            "UnsupportedCertificate",
            f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a supported "
            f"key size; it is {certificate.status}",
        )


OPERATIONS: Operations = {
    "AddListenerCertificates": add_listener_certificates,
    "RemoveListenerCertificates": remove_listener_certificates,
    "DescribeListenerCertificates": describe_listener_certificates,
}
