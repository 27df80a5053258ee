from albc.local.aws import recorded_layout


def test_a_recorded_account_can_be_played_again() -> None:
    recorded = recorded_layout(
        {
            "DescribeVpcs": {"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}]},
            "DescribeInstances": {"Reservations": [{"Instances": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]}]},
        }
    )
    assert [vpc["VpcId"] for vpc in recorded.vpcs] == ["vpc-1"]
    assert [instance["InstanceId"] for instance in recorded.instances] == ["i-1", "i-2"]
    assert recorded.subnets == ()
