"""Certificates that listeners name by `tls.certificateRefs`: Secrets, whose content goes to ACM.

Only with the gate EnableCertificateManagement; without it the references have no effect, as in the reference
(spec/gateway.md §13.3). A Secret of another namespace is looked at only if a ReferenceGrant there allows it, and any
Secret only if it bears `--required-secrets-label`. Called by `resolution`.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from albc.crds.gateway import LoadBalancerConfigurationSpec
from albc.kube.objects import Secret
from albc.kube.objects.gateway import SecretObjectReference
from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.listener_configurations import configuration_for, explicit_certificates
from albc.mapping.gateway.listeners import GatewayListener
from albc.mapping.gateway.reference_grants import permits
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.imported_certificate import ImportedCertificate
from albc.model.reference import SecretText

INVALID = "InvalidCertificateRef"
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_KEY = re.compile(r"-----BEGIN (?:RSA |EC )?PRIVATE KEY-----[A-Za-z0-9+/=\s]+-----END (?:RSA |EC )?PRIVATE KEY-----")


def with_certificates(
    listeners: Iterable[GatewayListener],
    spec: LoadBalancerConfigurationSpec,
    snapshot: Snapshot,
    imported: Mapping[str, str] | None,
    settings: MappingSettings,
) -> tuple[GatewayListener, ...]:
    """The listeners with the certificates of their Secrets. One that has none is no longer valid.

    `spec`: where it gives certificates, those count alone. `imported`: ARNs of what was imported before, by Secret; a
    listener whose Secret is lost goes on with that, and its status says so. None: every Secret counts as imported. Two
    Secrets with one content are one certificate.
    """
    first_of: dict[str, ImportedCertificate] = {}
    result = []
    for listener in listeners:
        if not listener.valid or not uses_secrets(listener, spec, settings):
            result.append(listener)
            continue
        found, fault = _certificates(listener, snapshot, imported, settings)
        certificates = [first_of.setdefault(each.fingerprint or each.id, each) for each in found]
        if certificates:
            result.append(replace(listener, certificates=tuple(certificates), unresolved=fault))
        elif fault is not None:
            result.append(replace(listener, reason=fault.reason, message=fault.message))
    return tuple(result)


def uses_secrets(listener: GatewayListener, spec: LoadBalancerConfigurationSpec, settings: MappingSettings) -> bool:
    """Whether the listener's certificates are those that its references name."""
    return (
        settings.enable_certificate_management
        and bool(listener.certificate_refs)
        and not explicit_certificates(configuration_for(listener.effective_protocol, listener.port, spec))
    )


def secrets_of(listener: GatewayListener, snapshot: Snapshot) -> Sequence[NamespacedName]:
    """Secrets that the listener names and may name."""
    return [
        name
        for reference in listener.certificate_refs
        if _is_secret(reference) and permits(listener.owner, "", "Secret", name := _name(listener, reference), snapshot)
    ]


def _certificates(
    listener: GatewayListener, snapshot: Snapshot, imported: Mapping[str, str] | None, settings: MappingSettings
) -> tuple[list[ImportedCertificate], Fault | None]:
    """What can be served, and the first thing that is wrong."""
    found = []
    fault: Fault | None = None
    for reference in listener.certificate_refs:
        try:
            found.append(_certificate(listener, reference, snapshot, settings))
        except Invalid as invalid:
            fault = fault or Fault.of(invalid)
            earlier = str(_name(listener, reference))
            if imported is None or (invalid.reason == INVALID and earlier in imported):
                found.append(ImportedCertificate(id=earlier, fingerprint=""))
    return found, fault


def _certificate(
    listener: GatewayListener, reference: SecretObjectReference, snapshot: Snapshot, settings: MappingSettings
) -> ImportedCertificate:
    where = f"certificateRef of listener {listener.name}"
    if not _is_secret(reference):
        kind = f"{reference.kind or 'Secret'} of group {reference.group or 'core'}"
        raise Invalid(f"{where} names {reference.name}, a {kind}; it must name a Secret", reason=INVALID)
    name = _name(listener, reference)
    if not permits(listener.owner, "", "Secret", name, snapshot):
        raise Invalid(
            f"{where} names Secret {name}, which no ReferenceGrant allows: create one in namespace {name.namespace} "
            f"from {listener.owner.kind} in {listener.owner.namespace} to Secret {name.name}",
            reason="RefNotPermitted",
        )
    secret = snapshot.secrets.get(name)
    if secret is None:
        raise Invalid(f"{where} names Secret {name}, which does not exist", reason=INVALID)
    label, _, value = settings.required_secrets_label.partition("=")
    if label and secret.metadata.labels.get(label) != value:
        raise Invalid(f"{where}: Secret {name} is missing required label {label}={value}", reason=INVALID)
    certificates = list(_CERTIFICATE.finditer(_text(secret, "tls.crt", where)))
    key = _KEY.search(_text(secret, "tls.key", where))
    if not certificates or key is None:
        missing = "tls.key holds no private key" if certificates else "tls.crt holds no certificate"
        raise Invalid(f"{where}: {missing} in PEM form in Secret {name}", reason=INVALID)
    leaf, *chain = (certificate.group(0) for certificate in certificates)
    return ImportedCertificate(
        id=str(name),
        fingerprint=_fingerprint([certificate.group(1) for certificate in certificates], where, name),
        certificate=leaf,
        chain="\n".join(chain),
        private_key=SecretText(key.group(0)),
        tags=settings.default_tags,
    )


def _is_secret(reference: SecretObjectReference) -> bool:
    return (reference.group or "", reference.kind or "Secret") == ("", "Secret")


def _name(listener: GatewayListener, reference: SecretObjectReference) -> NamespacedName:
    return NamespacedName(reference.namespace or listener.owner.namespace, reference.name)


def _text(secret: Secret, key: str, where: str) -> str:
    """ "" where the key is missing. What is wrong with a value is told without the value."""
    try:
        return base64.b64decode(secret.data.get(key, ""), validate=True).decode()
    except ValueError:
        name = f"{secret.namespace}/{secret.name}"
        raise Invalid(f"{where}: {key} of Secret {name} is not a text in PEM form", reason=INVALID) from None


def _fingerprint(bodies: Iterable[str], where: str, name: NamespacedName) -> str:
    try:
        return hashlib.sha256(
            b"".join(base64.b64decode("".join(body.split()), validate=True) for body in bodies)
        ).hexdigest()
    except ValueError:
        raise Invalid(f"{where}: tls.crt of Secret {name} is not a certificate in PEM form", reason=INVALID) from None
