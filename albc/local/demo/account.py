"""Questions to the local account that the demo and end-to-end tests ask."""

from albc.local.aws import Account


def certificate(account: Account, name: str) -> str:
    """ARN of the certificate for this name, requested if there is none yet."""
    for summary in account.call("acm", "ListCertificates", {})["CertificateSummaryList"]:
        if summary["DomainName"] == name:
            return str(summary["CertificateArn"])
    asked = {"DomainName": name, "ValidationMethod": "DNS"}
    return str(account.call("acm", "RequestCertificate", asked)["CertificateArn"])


def web_acl(account: Account) -> str:
    """ARN of a regional web ACL."""
    return str(account.call("wafv2", "ListWebACLs", {"Scope": "REGIONAL"})["WebACLs"][0]["ARN"])


def load_balancer(account: Account, hostname: str) -> str:
    """ARN of the load balancer with this DNS name; "" if there is none."""
    for balancer in account.call("elbv2", "DescribeLoadBalancers", {})["LoadBalancers"]:
        if balancer["DNSName"].lower() == hostname.lower():
            return str(balancer["LoadBalancerArn"])
    for classic in account.call("elb", "DescribeLoadBalancers", {})["LoadBalancerDescriptions"]:
        if classic["DNSName"].lower() == hostname.lower():
            return account.options.arn("elasticloadbalancing", f"loadbalancer/{classic['LoadBalancerName']}")
    return ""


def inventory(account: Account) -> frozenset[str]:
    """Everything that a controller makes or changes, in words: equal before and after means that nothing is left."""
    groups = account.call("ec2", "DescribeSecurityGroups", {})["SecurityGroups"]
    return frozenset(
        [
            *(b["LoadBalancerName"] for b in account.call("elbv2", "DescribeLoadBalancers", {})["LoadBalancers"]),
            *(
                b["LoadBalancerName"]
                for b in account.call("elb", "DescribeLoadBalancers", {})["LoadBalancerDescriptions"]
            ),
            *(g["TargetGroupName"] for g in account.call("elbv2", "DescribeTargetGroups", {})["TargetGroups"]),
            *(f"{group['GroupName']} with {len(group['IpPermissions'])} rules" for group in groups),
        ]
    )
