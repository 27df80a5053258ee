"""ACM: certificates, issued by the account's own authority or imported."""

from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from albc.local.aws.errors import ApiError
from albc.local.aws.ids import hex_id, uuid_id
from albc.local.aws.services.operation import Answer, Operations, Params, page, present
from albc.local.aws.state import State
from albc.local.aws.state.certificates import Certificate, describe
from albc.local.aws.state.network import tag_dict, tag_list

DEFAULT_KEY_TYPES = ("RSA_1024", "RSA_2048")
"""Key algorithms that ListCertificates shows when no others are asked for."""


def request_certificate(state: State, params: Params) -> Answer:
    domain = params["DomainName"].lower()
    names = tuple(dict.fromkeys((domain, *(name.lower() for name in params.get("SubjectAlternativeNames") or ()))))
    if len(names) > state.options.quotas.names_per_certificate:
        raise ApiError(
            "LimitExceededException",
            f"A certificate cannot have more than {state.options.quotas.names_per_certificate} names",
        )
    store = state.certificates
    if len(store.by_arn) >= state.options.quotas.certificates:
        raise ApiError("LimitExceededException", "The maximum number of certificates has been reached")
    token = params.get("IdempotencyToken")
    if token and (known := store.by_token.get((token, names))) in store.by_arn:
        return {"CertificateArn": known}
    authority = params.get("CertificateAuthorityArn")
    certificate = Certificate(
        arn=_new_arn(state, domain),
        domain_name=domain,
        alternative_names=names,
        status="PENDING_VALIDATION",
        kind="PRIVATE" if authority else "AMAZON_ISSUED",
        key_algorithm=params.get("KeyAlgorithm", "RSA_2048"),
        created_at=state.clock(),
        validation_method=None if authority else params.get("ValidationMethod", "EMAIL"),
        authority_arn=authority,
        tags=_merged(state, {}, params.get("Tags") or ()),
    )
    store.by_arn[certificate.arn] = certificate
    if token:
        store.by_token[token, names] = certificate.arn
    return {"CertificateArn": certificate.arn}


def import_certificate(state: State, params: Params) -> Answer:
    leaf, names = _checked_import(params)
    arn = params.get("CertificateArn")
    if arn:
        certificate = _find(state, arn)
        if certificate.kind != "IMPORTED":
            raise ApiError("ValidationException", f"{arn} was not imported")
    else:
        certificate = Certificate(
            arn=_new_arn(state, names[0]),
            domain_name=names[0],
            alternative_names=names,
            status="ISSUED",
            kind="IMPORTED",
            key_algorithm=_algorithm(leaf),
            created_at=state.clock(),
            tags=_merged(state, {}, params.get("Tags") or ()),
        )
    certificate.domain_name, certificate.alternative_names = names[0], names
    certificate.leaf = leaf.public_bytes(Encoding.PEM)
    certificate.chain = certificate.leaf + params.get("CertificateChain", b"")
    certificate.key = params["PrivateKey"]
    describe(certificate, leaf)
    state.certificates.by_arn[certificate.arn] = certificate
    return {"CertificateArn": certificate.arn}


def describe_certificate(state: State, params: Params) -> Answer:
    certificate = _find(state, params["CertificateArn"])
    issued = certificate.status == "ISSUED"
    detail: dict[str, Any] = {
        "CertificateArn": certificate.arn,
        "DomainName": certificate.domain_name,
        "SubjectAlternativeNames": list(certificate.alternative_names),
        "Subject": f"CN={certificate.domain_name}",
        "Status": certificate.status,
        "Type": certificate.kind,
        "KeyAlgorithm": certificate.key_algorithm,
        "CreatedAt": certificate.created_at,
        "InUseBy": _users(state, certificate.arn),
        "RenewalEligibility": "INELIGIBLE",
        "Options": {"CertificateTransparencyLoggingPreference": "ENABLED", "Export": "DISABLED"},
        "CertificateAuthorityArn": certificate.authority_arn,
    }
    if certificate.validation_method:
        detail["DomainValidationOptions"] = [_validation(certificate, name) for name in certificate.alternative_names]
    if issued:
        detail |= {
            "Issuer": "albc local CA",
            "Serial": certificate.serial,
            "SignatureAlgorithm": "SHA256WITHECDSA",
            "NotBefore": certificate.not_before,
            "NotAfter": certificate.not_after,
            "ImportedAt" if certificate.kind == "IMPORTED" else "IssuedAt": certificate.not_before,
        }
    return {"Certificate": present(detail)}


def list_certificates(state: State, params: Params) -> Answer:
    statuses = params.get("CertificateStatuses")
    key_types = (params.get("Includes") or {}).get("keyTypes") or DEFAULT_KEY_TYPES
    chosen = [
        certificate
        for certificate in state.certificates.all()
        if (not statuses or certificate.status in statuses)
        and certificate.key_algorithm in key_types
        and state.visible(certificate.created_at)
    ]
    shown, token = page(
        chosen, lambda each: each.arn, params.get("MaxItems", 1000), params.get("NextToken"), code="ValidationException"
    )
    return {"CertificateSummaryList": [_summary(state, each) for each in shown], "NextToken": token}


def get_certificate(state: State, params: Params) -> Answer:
    certificate = _find(state, params["CertificateArn"])
    if certificate.status != "ISSUED":
        raise ApiError("RequestInProgressException", f"{certificate.arn} is {certificate.status}")
    chain = certificate.chain[len(certificate.leaf) :] or state.certificates.ca_pem
    return {"Certificate": certificate.leaf.decode(), "CertificateChain": chain.decode()}


def delete_certificate(state: State, params: Params) -> Answer:
    certificate = _find(state, params["CertificateArn"])
    if _users(state, certificate.arn):
        raise ApiError("ResourceInUseException", f"Certificate {certificate.arn} in account is in use.")
    del state.certificates.by_arn[certificate.arn]
    return {}


def add_tags_to_certificate(state: State, params: Params) -> Answer:
    certificate = _find(state, params["CertificateArn"])
    certificate.tags = _merged(state, certificate.tags, params["Tags"])
    return {}


def remove_tags_from_certificate(state: State, params: Params) -> Answer:
    certificate = _find(state, params["CertificateArn"])
    for tag in params["Tags"]:
        if "Value" not in tag or certificate.tags.get(tag["Key"]) == tag["Value"]:
            certificate.tags.pop(tag["Key"], None)
    return {}


def list_tags_for_certificate(state: State, params: Params) -> Answer:
    return {"Tags": tag_list(_find(state, params["CertificateArn"]).tags)}


def _find(state: State, arn: str) -> Certificate:
    if certificate := state.certificates.find(arn):
        return certificate
    raise ApiError("ResourceNotFoundException", f"Could not find certificate {arn}.")


def _new_arn(state: State, domain: str) -> str:
    return state.options.arn("acm", f"certificate/{uuid_id('certificate', domain, state.next_serial())}")


def _users(state: State, arn: str) -> list[str]:
    """ARNs of the load balancers with a listener that has the certificate."""
    users = {
        listener.load_balancer_arn
        for listener in state.load_balancing.listeners.values()
        if arn == listener.certificate or arn in listener.extra_certificates
    }
    for balancer in state.classic.values():
        if any(listener.certificate == arn for listener in balancer.listeners.values()):
            users.add(balancer.arn)
    return sorted(users)


def _merged(state: State, current: Mapping[str, str], added: Any) -> dict[str, str]:
    tags = {**current, **tag_dict(added)}
    if any(key.lower().startswith("aws:") for key in tags):
        raise ApiError("InvalidTagException", "Tag keys that begin with aws: are reserved")
    if len(tags) > state.options.quotas.tags_per_resource:
        raise ApiError("TooManyTagsException", "A certificate has too many tags")
    return tags


def _summary(state: State, certificate: Certificate) -> dict[str, Any]:
    issued = certificate.status == "ISSUED"
    summary = {
        "CertificateArn": certificate.arn,
        "DomainName": certificate.domain_name,
        "SubjectAlternativeNameSummaries": list(certificate.alternative_names),
        "HasAdditionalSubjectAlternativeNames": False,
        "Status": certificate.status,
        "Type": certificate.kind,
        "KeyAlgorithm": certificate.key_algorithm,
        "InUse": bool(_users(state, certificate.arn)),
        "RenewalEligibility": "INELIGIBLE",
        "CreatedAt": certificate.created_at,
        "NotBefore": certificate.not_before if issued else None,
        "NotAfter": certificate.not_after if issued else None,
    }
    return present(summary)


def _validation(certificate: Certificate, name: str) -> dict[str, Any]:
    status = "SUCCESS" if certificate.status == "ISSUED" else certificate.status
    option: dict[str, Any] = {
        "DomainName": name,
        "ValidationDomain": name,
        "ValidationStatus": status,
        "ValidationMethod": certificate.validation_method,
    }
    if certificate.validation_method == "DNS":
        bare = name.removeprefix("*.")
        option["ResourceRecord"] = {
            "Name": f"_{hex_id('record-name', bare, digits=32)}.{bare}.",
            "Type": "CNAME",
            "Value": f"_{hex_id('record-value', bare, digits=32)}.acm-validations.aws.",
        }
    return option


def _checked_import(params: Params) -> tuple[x509.Certificate, tuple[str, ...]]:
    """The certificate of an import request and its names; refuses what ACM refuses."""
    try:
        leaf = x509.load_pem_x509_certificate(params["Certificate"])
        key = load_pem_private_key(params["PrivateKey"], password=None)
        if chain := params.get("CertificateChain"):
            x509.load_pem_x509_certificates(chain)
    except (ValueError, TypeError) as error:
        raise ApiError("ValidationException", "The certificate, its chain or its key is not valid PEM") from error
    ours = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    theirs = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if ours != theirs:
        raise ApiError("ValidationException", "The private key does not match the certificate")
    return leaf, _names_in(leaf)


def _names_in(leaf: x509.Certificate) -> tuple[str, ...]:
    common = [str(attribute.value) for attribute in leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    try:
        extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        alternative = extension.value.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        alternative = []
    return tuple(dict.fromkeys((*common, *alternative))) or ("",)


def _algorithm(leaf: x509.Certificate) -> str:
    match leaf.public_key():
        case rsa.RSAPublicKey() as key:
            return f"RSA_{key.key_size}"
        case ec.EllipticCurvePublicKey() as key:
            return {"secp256r1": "EC_prime256v1"}.get(key.curve.name, f"EC_{key.curve.name}")
        case _:
            raise ApiError("ValidationException", "The key algorithm of the certificate is not supported")


OPERATIONS: Operations = {
    "RequestCertificate": request_certificate,
    "ImportCertificate": import_certificate,
    "DescribeCertificate": describe_certificate,
    "ListCertificates": list_certificates,
    "GetCertificate": get_certificate,
    "DeleteCertificate": delete_certificate,
    "AddTagsToCertificate": add_tags_to_certificate,
    "RemoveTagsFromCertificate": remove_tags_from_certificate,
    "ListTagsForCertificate": list_tags_for_certificate,
}
