"""Every flag of the controller, by the reference's names, forms and defaults (spec/runtime.md §2), and few of our own.

`Settings` is what `albc run`, `albc plan` and the tests share; the command line, `--help` and docs/flags.md all come
from the annotations here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Group, Parameter

from albc.aws.throttle import DEFAULT_LIMITS, Limit, parse_limits
from albc.settings.gates import FeatureGates, gate_choices
from albc.settings.values import Pairs, boolean, converter, duration, pairs, strings
from albc.urls import has_credentials, is_server

GENERAL = Group("General", sort_key=1)
AWS = Group("AWS", sort_key=2)
KUBERNETES = Group("Kubernetes", sort_key=3)
DEFAULTS = Group("Defaults for load balancers", sort_key=4)
SECURITY_GROUPS = Group("Security groups and targets", sort_key=5)
INGRESS = Group("Ingress", sort_key=6)
WORKERS = Group("Workers and timing", sort_key=7)
SERVERS = Group("Servers", sort_key=8)
ELECTION = Group("Leader election", sort_key=9)


def _text(group: Group, help: str) -> Parameter:
    """A flag that may be repeated, as all may; the last use counts."""
    return Parameter(group=group, help=help, allow_repeating=True)


def _flag(group: Group, help: str) -> Parameter:
    return Parameter(group=group, help=help, converter=converter(boolean), negative=(), allow_repeating=True)


def _duration(group: Group, help: str) -> Parameter:
    return Parameter(
        group=group, help=help, converter=converter(duration), show_default=_show_duration, allow_repeating=True
    )


def _many(group: Group, help: str, parse: Any) -> Parameter:
    """A flag that may be repeated and adds up."""
    return Parameter(
        group=group,
        help=help,
        converter=converter(parse, add_up=True),
        n_tokens=1,
        negative=(),
        show_default=lambda value: ",".join(value) if value else "none",
    )


def _show_duration(seconds: float) -> str:
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{left}s"


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Settings:
    """Durations are seconds."""

    config: Annotated[
        str, _text(GENERAL, "YAML file with further settings: flag names without dashes in front, and their values.")
    ] = ""
    cluster_name: Annotated[
        str, _text(GENERAL, "Required. Name of the cluster, used in tags, resource names and subnet discovery.")
    ] = ""
    feature_gates: Annotated[
        tuple[tuple[str, bool], ...],
        _many(GENERAL, "Name=true|false, comma-separated; `albc gates` lists them.", gate_choices),
    ] = ()
    log_level: Annotated[str, _text(GENERAL, "info or debug.")] = "info"
    log_format: Annotated[str, _text(GENERAL, "json, or console for people.")] = "json"

    aws_region: Annotated[str, _text(AWS, "Region; empty means discovery.")] = ""
    aws_vpc_id: Annotated[str, _text(AWS, "VPC of the cluster; empty means discovery.")] = ""
    aws_vpc_tags: Annotated[
        Pairs, _many(AWS, "Find the VPC by these tags (k=v,…); ignored with --aws-vpc-id.", pairs)
    ] = ()
    aws_vpc_tag_key: Annotated[str, _text(AWS, "Deprecated and ignored.")] = "Name"
    aws_max_retries: Annotated[int, _text(AWS, "Attempts per AWS call, the first included; 0 means 3.")] = 10
    aws_api_throttle: Annotated[
        tuple[Limit, ...],
        Parameter(
            group=AWS,
            help="Client-side rates, serviceID:operationRegex=rate:burst,… "
            "They replace the defaults of the services that are named.",
            converter=converter(parse_limits, joined=True),
            n_tokens=1,
            negative=(),
            show_default=False,
        ),
    ] = DEFAULT_LIMITS
    aws_api_endpoints: Annotated[
        Pairs, _many(AWS, "Own endpoints, serviceID=URL,…; `*=URL` stands for every service.", pairs)
    ] = ()
    default_tags: Annotated[Pairs, _many(AWS, "Tags on every AWS resource that albc manages (k=v,…).", pairs)] = ()
    external_managed_tags: Annotated[tuple[str, ...], _many(AWS, "Tag keys that albc leaves alone.", strings)] = ()

    kubeconfig: Annotated[
        str, _text(KUBERNETES, "Path of a kubeconfig; empty means in-cluster, else $KUBECONFIG, else ~/.kube/config.")
    ] = ""
    watch_namespace: Annotated[str, _text(KUBERNETES, "Only this namespace; empty means all.")] = ""
    required_secrets_label: Annotated[
        str, _text(KUBERNETES, "key=value that Secrets used by Ingresses must carry.")
    ] = ""

    default_target_type: Annotated[str, _text(DEFAULTS, "instance or ip.")] = "instance"
    default_load_balancer_scheme: Annotated[str, _text(DEFAULTS, "internal or internet-facing.")] = "internal"
    default_ssl_policy: Annotated[str, _text(DEFAULTS, "Security policy of TLS listeners that name none.")] = (
        "ELBSecurityPolicy-2016-08"
    )
    load_balancer_class: Annotated[
        str, _text(DEFAULTS, "spec.loadBalancerClass of the Services that albc handles.")
    ] = "service.k8s.aws/nlb"
    classic_load_balancer_class: Annotated[
        str, _text(DEFAULTS, "spec.loadBalancerClass of the Services that get a Classic Load Balancer.")
    ] = "service.k8s.aws/clb"
    classic_elb_security_group: Annotated[
        str, _text(DEFAULTS, "Id of a security group for all Classic Load Balancers; empty: each gets its own.")
    ] = ""
    classic_shared_health_probe: Annotated[
        bool, _flag(DEFAULTS, "Classic Load Balancers ask kube-proxy for the health of a node, not each node port.")
    ] = False
    classic_shared_health_probe_port: Annotated[int, _text(DEFAULTS, "Port on which kube-proxy tells it.")] = 10256
    classic_shared_health_probe_path: Annotated[str, _text(DEFAULTS, "Path on which kube-proxy tells it.")] = "/healthz"
    enable_waf: Annotated[bool, _flag(DEFAULTS, "Associate WAF Classic web ACLs.")] = True
    enable_wafv2: Annotated[bool, _flag(DEFAULTS, "Associate WAFv2 web ACLs.")] = True
    enable_shield: Annotated[bool, _flag(DEFAULTS, "Keep Shield Advanced protections.")] = True

    enable_backend_security_group: Annotated[
        bool, _flag(SECURITY_GROUPS, "One shared security group as the source of traffic to targets.")
    ] = True
    enable_manage_backend_security_group_rules: Annotated[
        bool, _flag(SECURITY_GROUPS, "Manage rules on targets also where the user gave the load balancer's groups.")
    ] = False
    backend_security_group: Annotated[
        str, _text(SECURITY_GROUPS, "Id of an existing group to use as the shared one.")
    ] = ""
    disable_restricted_sg_rules: Annotated[
        bool, _flag(SECURITY_GROUPS, "Open all ports on targets instead of those in use.")
    ] = False
    service_target_eni_security_group_tags: Annotated[
        Pairs, _many(SECURITY_GROUPS, "Further tags that choose the security group of a target's ENI.", pairs)
    ] = ()
    enable_endpoint_slices: Annotated[
        bool, _flag(SECURITY_GROUPS, "Find ip targets by EndpointSlices; Endpoints are no longer supported.")
    ] = True
    max_targets_per_target_group: Annotated[int, _text(SECURITY_GROUPS, "0 means no limit.")] = 0
    enable_pod_readiness_gate_inject: Annotated[bool, _flag(SECURITY_GROUPS, "Let the webhook add gates.")] = True
    quic_environment_variable_name: Annotated[
        str, _text(SECURITY_GROUPS, "Variable that holds a container's QUIC server id.")
    ] = "AWS_LBC_QUIC_SERVER_ID"

    ingress_class: Annotated[
        str, _text(INGRESS, "kubernetes.io/ingress.class to act on; empty: also Ingresses without a class.")
    ] = "alb"
    disable_ingress_class_annotation: Annotated[bool, _flag(INGRESS, "Refuse new use of that annotation.")] = False
    disable_ingress_group_name_annotation: Annotated[bool, _flag(INGRESS, "Refuse new use of group.name.")] = False
    tolerate_non_existent_backend_service: Annotated[
        bool, _flag(INGRESS, "A missing Service answers 503 instead of being an error.")
    ] = True
    tolerate_non_existent_backend_action: Annotated[
        bool, _flag(INGRESS, "A missing action annotation answers 503 instead of being an error.")
    ] = True
    allowed_certificate_authority_arns: Annotated[
        tuple[str, ...], _many(INGRESS, "Authorities whose certificates may be discovered; none means all.", strings)
    ] = ()
    default_pca_arn: Annotated[str, _text(INGRESS, "Private CA of certificates that albc requests.")] = ""

    ingress_max_concurrent_reconciles: Annotated[int, _text(WORKERS, "Workers for Ingress groups.")] = 3
    service_max_concurrent_reconciles: Annotated[int, _text(WORKERS, "Workers for Services.")] = 3
    targetgroupbinding_max_concurrent_reconciles: Annotated[int, _text(WORKERS, "Workers for bindings.")] = 3
    gateway_class_max_concurrent_reconciles: Annotated[
        int, _text(WORKERS, "Workers for GatewayClasses and each kind of configuration.")
    ] = 3
    alb_gateway_max_concurrent_reconciles: Annotated[int, _text(WORKERS, "Workers for Gateways on ALBs.")] = 3
    nlb_gateway_max_concurrent_reconciles: Annotated[int, _text(WORKERS, "Workers for Gateways on NLBs.")] = 3
    globalaccelerator_max_concurrent_reconciles: Annotated[
        int, _text(WORKERS, "No effect: albc has no Global Accelerator yet.")
    ] = 1
    globalaccelerator_max_exponential_backoff_delay: Annotated[
        float, _duration(WORKERS, "No effect: albc has no Global Accelerator yet.")
    ] = 1000.0
    targetgroupbinding_max_exponential_backoff_delay: Annotated[
        float, _duration(WORKERS, "Longest pause between tries of a binding.")
    ] = 1000.0
    targetgroupbinding_requeue_duration: Annotated[
        float, _duration(WORKERS, "Pause before a binding that waits for AWS is looked at again.")
    ] = 15.0
    lb_stabilization_monitor_interval: Annotated[
        float, _duration(WORKERS, "Pause before a load balancer in provisioning is looked at again.")
    ] = 120.0
    lb_replacement_health_timeout: Annotated[
        float,
        _duration(
            WORKERS, "How long a replaced load balancer or target group stays until its successor has healthy targets."
        ),
    ] = 300.0
    sync_period: Annotated[float, _duration(WORKERS, "Everything is looked at again after this time.")] = 36000.0

    metrics_bind_addr: Annotated[str, _text(SERVERS, "Address of /metrics; 0 turns it off.")] = ":8080"
    health_probe_bind_addr: Annotated[str, _text(SERVERS, "Address of /healthz and /readyz; 0 turns it off.")] = (
        ":61779"
    )
    webhook_bind_port: Annotated[int, _text(SERVERS, "Port of the admission webhooks.")] = 9443
    webhook_cert_dir: Annotated[str, _text(SERVERS, "Folder of the webhook's certificate.")] = ""
    webhook_cert_file: Annotated[str, _text(SERVERS, "File name of the certificate; empty means tls.crt.")] = ""
    webhook_key_file: Annotated[str, _text(SERVERS, "File name of the key; empty means tls.key.")] = ""
    webhook_certificates: Annotated[
        str,
        _text(
            SERVERS,
            "files: from --webhook-cert-dir; managed: made by albc, kept in a Secret; none: no webhooks are served.",
        ),
    ] = "files"
    webhook_bind_host: Annotated[str, _text(SERVERS, "Address of the admission webhooks; empty means all.")] = ""
    webhook_name_prefix: Annotated[
        str, _text(SERVERS, "Begins the names of the webhooks' Service, Secret and configurations.")
    ] = "aws-load-balancer"
    kube_ca_pem_filepath: Annotated[str, _text(SERVERS, "CA whose clients alone may call the webhooks.")] = ""

    enable_leader_election: Annotated[bool, _flag(ELECTION, "Only the holder of the lease reconciles.")] = True
    leader_election_id: Annotated[str, _text(ELECTION, "Name of the lease.")] = "aws-load-balancer-controller-leader"
    leader_election_namespace: Annotated[str, _text(ELECTION, "Namespace of the lease; empty means the pod's own.")] = (
        ""
    )

    @property
    def gates(self) -> FeatureGates:
        return FeatureGates(self.feature_gates)


TRACKING_KEYS = frozenset(
    {"elbv2.k8s.aws/cluster", "elbv2.k8s.aws/resource"}
    | {
        f"{prefix}/{key}"
        for prefix in ("ingress.k8s.aws", "service.k8s.aws", "gateway.k8s.aws.nlb", "gateway.k8s.aws.alb")
        for key in ("stack", "resource")
    }
)
"""Tag keys by which albc finds its resources; nobody may set them by flag (spec/runtime.md §3)."""


def check(settings: Settings) -> None:
    """Raises `ValueError` with the first thing that is wrong, in the order of spec/runtime.md §3."""
    default_keys = [key for key, _ in settings.default_tags]
    problems: Mapping[str, bool] = {
        "--cluster-name must be given: kubernetes cluster name must be specified": not settings.cluster_name,
        **{f"tag key {k} cannot be specified in default-tags flag": k in TRACKING_KEYS for k in default_keys},
        **{
            f"tag key {k} cannot be specified in external-managed-tags flag": k in TRACKING_KEYS
            for k in settings.external_managed_tags
        },
        **{
            f"tag key {k} cannot be specified in both default-tags and external-managed-tags flag": k
            in settings.external_managed_tags
            for k in default_keys
        },
        f"invalid value {settings.default_target_type} for default target type; it must be instance or ip": (
            settings.default_target_type not in ("instance", "ip")
        ),
        f"invalid value {settings.default_load_balancer_scheme} for default scheme; "
        "it must be internal or internet-facing": (
            settings.default_load_balancer_scheme not in ("internal", "internet-facing")
        ),
        "load-balancer-class and classic-load-balancer-class must differ": (
            settings.load_balancer_class == settings.classic_load_balancer_class
        ),
        f"invalid value {settings.backend_security_group} for backend security group id; it must begin with sg-": (
            bool(settings.backend_security_group) and not settings.backend_security_group.startswith("sg-")
        ),
        "backend security group must be enabled when manage backend security group rule is enabled": (
            settings.enable_manage_backend_security_group_rules and not settings.enable_backend_security_group
        ),
        f'invalid value "{settings.required_secrets_label}" for --required-secrets-label: '
        "must be in key=value format": (
            bool(settings.required_secrets_label) and not all(settings.required_secrets_label.partition("="))
        ),
        **{
            f"--aws-api-endpoints: the address of {service} must be a URL like https://host:port, without a password": (
                not is_server(url) or has_credentials(url)
            )
            for service, url in settings.aws_api_endpoints
        },
        f"invalid value {settings.webhook_certificates} for webhook certificates; it must be files, managed or none": (
            settings.webhook_certificates not in ("files", "managed", "none")
        ),
    }
    for message, wrong in problems.items():
        if wrong:
            raise ValueError(message)
