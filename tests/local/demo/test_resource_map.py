"""The resource map shows what there is, in the order in which it counts."""

from io import StringIO

from rich.console import Console

from albc.local.demo.resource_map import Account, draw

BALANCER, LISTENER, GROUP = "arn:lb", "arn:listener", "arn:group"
ACCOUNT = Account(
    load_balancers=[
        {
            "LoadBalancerArn": BALANCER,
            "LoadBalancerName": "k8s-shop-web-1",
            "Type": "application",
            "Scheme": "internal",
            "State": {"Code": "active"},
        }
    ],
    listeners={
        BALANCER: [{"ListenerArn": LISTENER, "Port": 80, "Protocol": "HTTP", "DefaultActions": []}],
    },
    rules={
        LISTENER: [
            {
                "IsDefault": True,
                "Priority": "default",
                "Actions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
            },
            {
                "IsDefault": False,
                "Priority": "10",
                "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/", "/*"]}}],
                "Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": GROUP}]}}],
            },
            {
                "IsDefault": False,
                "Priority": "2",
                "Conditions": [{"Field": "host-header", "HostHeaderConfig": {"Values": ["[a].example.com"]}}],
                "Actions": [
                    {
                        "Type": "redirect",
                        "RedirectConfig": {"StatusCode": "HTTP_301", "Protocol": "HTTPS", "Port": "443"},
                    }
                ],
            },
        ]
    },
    target_groups={
        GROUP: {
            "TargetGroupArn": GROUP,
            "TargetGroupName": "k8s-shop-web-2",
            "TargetType": "ip",
            "Protocol": "HTTP",
            "Port": 80,
        }
    },
    targets={GROUP: [{"Target": {"Id": "127.19.0.20", "Port": 80}, "TargetHealth": {"State": "healthy"}}]},
)


def drawn() -> str:
    text = StringIO()
    Console(width=120, file=text).print(draw(ACCOUNT, {BALANCER: "127.18.0.1"}, {(BALANCER, 80): "127.0.0.1:41000"}))
    return text.getvalue()


def test_a_load_balancer_shows_its_kind_its_state_and_where_it_answers() -> None:
    assert "ALB k8s-shop-web-1  internal, active  at 127.18.0.1" in drawn()


def test_a_listener_that_the_system_put_elsewhere_says_where() -> None:
    assert "HTTP :80  at 127.0.0.1:41000" in drawn()


def test_rules_stand_in_the_order_of_their_priority_and_the_default_last() -> None:
    text = drawn()
    assert text.index("redirect 301 to HTTPS:443") < text.index("path-pattern: /, /*") < text.index("404 by the load")


def test_targets_show_their_health() -> None:
    assert "127.19.0.20:80  healthy" in drawn()


def test_brackets_in_a_host_are_no_markup() -> None:
    assert "[a].example.com" in drawn()
