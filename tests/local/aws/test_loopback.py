import ipaddress

from albc.local.aws import AccountOptions, instance_id, loopback_layout
from albc.local.aws.loopback import LOAD_BALANCER_CIDR

LAYOUT = loopback_layout(AccountOptions())


def test_every_address_of_the_local_network_is_a_loopback_address() -> None:
    blocks = [subnet["CidrBlock"] for subnet in LAYOUT.subnets] + [LOAD_BALANCER_CIDR]
    assert all(ipaddress.ip_network(block).is_loopback for block in blocks)
    assert all(ipaddress.ip_address(instance["PrivateIpAddress"]).is_loopback for instance in LAYOUT.instances)


def test_subnets_lie_in_the_vpc_and_apart_from_each_other_and_from_load_balancers() -> None:
    vpc = [ipaddress.IPv4Network(each["CidrBlock"]) for each in LAYOUT.vpcs[0]["CidrBlockAssociationSet"]]
    subnets = [ipaddress.IPv4Network(subnet["CidrBlock"]) for subnet in LAYOUT.subnets]
    assert all(any(subnet.subnet_of(block) for block in vpc) for subnet in subnets)
    apart = [*subnets, ipaddress.IPv4Network(LOAD_BALANCER_CIDR)]
    assert not any(one.overlaps(two) for one in apart for two in apart if one is not two)


def test_each_node_is_in_the_private_subnet_of_its_zone() -> None:
    subnets = {subnet["SubnetId"]: subnet for subnet in LAYOUT.subnets}
    assert [instance["InstanceId"] for instance in LAYOUT.instances] == [instance_id(letter) for letter in "abc"]
    for instance in LAYOUT.instances:
        subnet = subnets[instance["SubnetId"]]
        assert subnet["AvailabilityZone"] == instance["Placement"]["AvailabilityZone"]
        assert ipaddress.ip_address(instance["PrivateIpAddress"]) in ipaddress.ip_network(subnet["CidrBlock"])


def test_ids_look_like_those_of_ec2_and_differ_between_accounts() -> None:
    assert instance_id("a") == "i-0000000000000000a"
    ids = {subnet["SubnetId"] for subnet in LAYOUT.subnets}
    assert all(len(each) == len("subnet-") + 17 for each in ids)
    elsewhere = loopback_layout(AccountOptions(account_id="222222222222"))
    assert ids.isdisjoint(subnet["SubnetId"] for subnet in elsewhere.subnets)
