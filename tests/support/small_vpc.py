"""What is known of a small VPC: a private and a public subnet in each of two zones, all with IPv6."""

from albc.model.facts import VPC, AvailabilityZone, Facts, Subnet


def _subnet(number: int, zone: str, role: str) -> Subnet:
    return Subnet(
        id=f"subnet-{number}",
        vpc_id="vpc-1",
        availability_zone=zone,
        availability_zone_id=f"z-{zone}",
        cidr=f"10.0.{number}.0/24",
        ipv6_cidrs=(f"2001:db8:0:{number}::/64",),
        available_ip_address_count=100,
        tags={"Name": f"{role}-{zone}", f"kubernetes.io/role/{role}": "1"},
    )


SMALL_VPC = Facts(
    vpc=VPC(id="vpc-1", ipv4_cidrs=("10.0.0.0/16",), ipv6_cidrs=("2001:db8::/56",)),
    subnets=(
        _subnet(1, "a", "internal-elb"),
        _subnet(2, "b", "internal-elb"),
        _subnet(3, "a", "elb"),
        _subnet(4, "b", "elb"),
    ),
    availability_zones={
        f"z-{zone}": AvailabilityZone(id=f"z-{zone}", name=zone, zone_type="availability-zone") for zone in "ab"
    },
)
