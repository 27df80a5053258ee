"""The predefined security policies, which load balancers of every type name."""

_TLS13 = ("TLS13-1-3", "TLS13-1-2-Res", "TLS13-1-2", "TLS13-1-2-Ext1", "TLS13-1-2-Ext2", "TLS13-1-1", "TLS13-1-0")
_FIPS = ("TLS13-1-3", "TLS13-1-2-Res", "TLS13-1-2", "TLS13-1-2-Ext0", "TLS13-1-2-Ext1", "TLS13-1-2-Ext2", "TLS13-1-1")
_OLD = ("TLS-1-2-Ext-2018-06", "TLS-1-2-2017-01", "TLS-1-1-2017-01", "2016-08", "2015-05", "TLS-1-0-2015-04")
_FORWARD_SECRECY = ("FS-1-2-Res-2020-10", "FS-1-2-Res-2019-08", "FS-1-2-2019-08", "FS-1-1-2019-08", "FS-2018-06")

SSL_POLICIES = (
    *(f"ELBSecurityPolicy-{name}-2021-06" for name in _TLS13),
    *(f"ELBSecurityPolicy-{name}-PQ-2025-09" for name in _TLS13),
    *(f"ELBSecurityPolicy-{name}-FIPS-2023-04" for name in (*_FIPS, "TLS13-1-0")),
    *(f"ELBSecurityPolicy-{name}-FIPS-PQ-2025-09" for name in (*_FIPS, "TLS13-1-0")),
    *(f"ELBSecurityPolicy-{name}" for name in (*_OLD, *_FORWARD_SECRECY)),
)
"""Names of the predefined policies (user guides, "Security policies")."""


def protocols_of(policy: str) -> list[str]:
    """TLS versions of a policy; its name says the oldest one."""
    if "TLS13-1-3" in policy:
        return ["TLSv1.3"]
    versions = ["TLSv1.3", "TLSv1.2"] if "TLS13" in policy else ["TLSv1.2"]
    if "-1-2-" in policy:
        return versions
    return [*versions, "TLSv1.1"] if "-1-1-" in policy else [*versions, "TLSv1.1", "TLSv1"]
