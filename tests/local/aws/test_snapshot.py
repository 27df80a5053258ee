from collections.abc import Callable

from albc.local.aws import Account

Make = Callable[..., str]


def test_a_data_plane_sees_what_it_has_to_serve(
    account: Account, alb: Make, group: Make, listener: Make, rule: Make, certificate: Make
) -> None:
    default, extra, web, balancer = certificate("a.example.com"), certificate("b.example.com"), group(), alb()
    front = listener(balancer, 443, Protocol="HTTPS", Certificates=[{"CertificateArn": default}])
    account.call(
        "elbv2", "AddListenerCertificates", {"ListenerArn": front, "Certificates": [{"CertificateArn": extra}]}
    )
    path = rule(front, 5, to=web)
    account.call("elbv2", "RegisterTargets", {"TargetGroupArn": web, "Targets": [{"Id": "127.19.64.20", "Port": 8080}]})

    seen = account.snapshot()

    assert seen.load_balancers[0]["Attributes"]["idle_timeout.timeout_seconds"] == "60"
    (port,) = seen.listeners[balancer]
    assert [(each["CertificateArn"], each["IsDefault"]) for each in port["Certificates"]] == [
        (default, True),
        (extra, False),
    ]
    assert set(seen.certificates) == {default, extra}
    assert (seen.rules[front][0]["RuleArn"], seen.rules[front][0]["Priority"]) == (path, "5")
    assert seen.rules[front][-1]["IsDefault"]
    assert seen.target_groups[web]["LoadBalancerArns"] == [balancer]
    assert seen.targets[web] == (
        {
            "Id": "127.19.64.20",
            "Port": 8080,
            "AvailabilityZone": "us-west-2b",
            "State": "registered",
            "Address": "127.19.64.20",
        },
    )
    assert seen.load_balancers[0]["SecurityGroups"][0] in seen.security_groups


def test_a_snapshot_stays_as_it_was(account: Account, alb: Make, group: Make, listener: Make) -> None:
    balancer, web = alb(), group()
    listener(balancer, to=web)
    before = account.snapshot()
    change = [{"Key": "idle_timeout.timeout_seconds", "Value": "75"}]
    account.call("elbv2", "ModifyLoadBalancerAttributes", {"LoadBalancerArn": balancer, "Attributes": change})
    account.call("elbv2", "RegisterTargets", {"TargetGroupArn": web, "Targets": [{"Id": "127.19.0.20"}]})
    assert before.load_balancers[0]["Attributes"]["idle_timeout.timeout_seconds"] == "60"
    assert before.targets[web] == ()


def test_keys_do_not_show_when_a_snapshot_is_printed(account: Account, certificate: Make) -> None:
    certificate()
    assert "PRIVATE KEY" not in repr(account.snapshot())
