"""What a LoadBalancerConfiguration says of the listener of a port (spec/gateway.md §13.1)."""

from albc.crds.gateway import ListenerConfiguration, LoadBalancerConfigurationSpec


def configuration_for(protocol: str, port: int, spec: LoadBalancerConfigurationSpec) -> ListenerConfiguration | None:
    """The last one for protocol and port, whatever the case of its letters."""
    key = f"{protocol}:{port}".lower()
    matching = [each for each in spec.listener_configurations or () if each.protocol_port.lower() == key]
    return matching[-1] if matching else None


def explicit_certificates(configuration: ListenerConfiguration | None) -> tuple[str, ...]:
    """ARNs, the default certificate first."""
    if configuration is None:
        return ()
    default = configuration.default_certificate
    return (*((default,) if default else ()), *(configuration.certificates or ()))
