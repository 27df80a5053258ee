from collections.abc import Callable
from typing import Any

import pytest

from albc.local.aws import Account, ApiError

Make = Callable[..., str]


def order(account: Account, listener: str) -> dict[str, str]:
    answer = account.call("elbv2", "DescribeRules", {"ListenerArn": listener})
    return {item["RuleArn"]: item["Priority"] for item in answer["Rules"]}


@pytest.fixture
def front(alb: Make, listener: Make) -> str:
    return listener(alb())


def test_rules_are_listed_by_priority_with_the_default_last(account: Account, front: str, rule: Make) -> None:
    third, first, second = rule(front, 300), rule(front, 2), rule(front, 10)
    arns = list(order(account, front))
    assert arns[:3] == [first, second, third]
    assert list(order(account, front).values()) == ["2", "10", "300", "default"]


def test_a_priority_belongs_to_one_rule(front: str, rule: Make) -> None:
    rule(front, 7)
    with pytest.raises(ApiError, match=r"^PriorityInUse: Priority '7'"):
        rule(front, 7)


def test_priorities_are_swapped_in_one_call(account: Account, front: str, rule: Make) -> None:
    one, two = rule(front, 1), rule(front, 2)
    swap = [{"RuleArn": one, "Priority": 2}, {"RuleArn": two, "Priority": 1}]
    account.call("elbv2", "SetRulePriorities", {"RulePriorities": swap})
    assert (order(account, front)[one], order(account, front)[two]) == ("2", "1")


def test_a_clash_of_priorities_changes_nothing(account: Account, front: str, rule: Make) -> None:
    one, two, three = rule(front, 1), rule(front, 2), rule(front, 3)
    before = order(account, front)
    clash = [{"RuleArn": one, "Priority": 9}, {"RuleArn": two, "Priority": 3}]
    with pytest.raises(ApiError, match=r"^PriorityInUse: Priority '3'"):
        account.call("elbv2", "SetRulePriorities", {"RulePriorities": clash})
    assert order(account, front) == before
    assert three in before


def test_the_default_rule_stays(account: Account, front: str) -> None:
    (default,) = order(account, front)
    for operation, params in (
        ("DeleteRule", {"RuleArn": default}),
        ("ModifyRule", {"RuleArn": default, "Conditions": []}),
        ("SetRulePriorities", {"RulePriorities": [{"RuleArn": default, "Priority": 1}]}),
    ):
        with pytest.raises(ApiError, match=r"^OperationNotPermitted: Default rule"):
            account.call("elbv2", operation, params)


def test_values_of_paths_and_hosts_are_mirrored_as_aws_does(account: Account, front: str, rule: Make) -> None:
    host = {"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example.com"]}}
    method = {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}}
    arn = rule(front, Conditions=[host, {"Field": "path-pattern", "Values": ["/x"]}, method])
    (item,) = account.call("elbv2", "DescribeRules", {"RuleArns": [arn]})["Rules"]
    assert item["Conditions"] == [
        {**host, "Values": ["a.example.com"]},
        {"Field": "path-pattern", "Values": ["/x"], "PathPatternConfig": {"Values": ["/x"]}},
        method,
    ]


@pytest.mark.parametrize(
    "conditions",
    [
        [],
        [{"Field": "path-pattern", "Values": [f"/{number}" for number in range(6)]}],
        [{"Field": "path-pattern", "Values": ["/a"]}, {"Field": "path-pattern", "Values": ["/b"]}],
        [{"Field": "path-pattern", "Values": ["/" + "a" * 128]}],
        [{"Field": "path-pattern", "PathPatternConfig": {"Values": []}}],
        [{"Field": "path-pattern", "HostHeaderConfig": {"Values": ["a"]}}],
        [{"Field": "source-ip", "SourceIpConfig": {"Values": ["everywhere"]}}],
        [{"Field": "http-header", "HttpHeaderConfig": {"Values": ["a"]}}],
        [{"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a"}]}}],
        [{"Field": "planet", "Values": ["earth"]}],
    ],
    ids=["none", "too-many", "twice", "too-long", "empty", "other-config", "no-cidr", "no-name", "no-value", "unknown"],
)
def test_conditions_that_aws_refuses(front: str, rule: Make, conditions: list[dict[str, Any]]) -> None:
    with pytest.raises(ApiError, match=r"^ValidationError"):
        rule(front, Conditions=conditions)


def test_several_headers_and_query_strings_may_be_asked_for(front: str, rule: Make) -> None:
    headers = [
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": ["1"]}}
        for name in ("X-A", "X-B")
    ]
    query = {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "2"}, {"Value": "x*"}]}}
    assert rule(front, Conditions=[*headers, query])


def test_regular_expressions_stand_in_place_of_values(front: str, rule: Make) -> None:
    both = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a"], "RegexValues": ["^/b"]}}
    with pytest.raises(ApiError, match=r"^ValidationError"):
        rule(front, Conditions=[both])
    assert rule(front, Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/b"]}}])


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ({"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301"}}, "InvalidLoadBalancerAction"),
        ({"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Port": "0"}}, "ValidationError"),
        ({"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "302"}}, "ValidationError"),
        (
            {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "ContentType": "image/png"}},
            "ValidationError",
        ),
        ({"Type": "forward"}, "ValidationError"),
        (
            {"Type": "jwt-validation", "JwtValidationConfig": {"JwksEndpoint": "https://a", "Issuer": "https://b"}},
            "InvalidLoadBalancerAction",
        ),
    ],
    ids=["loop", "port", "status", "content-type", "nowhere", "jwt-over-http"],
)
def test_actions_that_aws_refuses(front: str, rule: Make, action: dict[str, Any], code: str) -> None:
    with pytest.raises(ApiError, match=rf"^{code}"):
        rule(front, Actions=[action])


def test_a_redirect_is_shown_with_its_placeholders(account: Account, front: str, rule: Make) -> None:
    arn = rule(front, Actions=[{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Protocol": "HTTPS"}}])
    (item,) = account.call("elbv2", "DescribeRules", {"RuleArns": [arn]})["Rules"]
    assert item["Actions"][0]["RedirectConfig"] == {
        "StatusCode": "HTTP_301",
        "Protocol": "HTTPS",
        "Port": "#{port}",
        "Host": "#{host}",
        "Path": "/#{path}",
        "Query": "#{query}",
    }


def test_a_forward_is_shown_with_weights(account: Account, front: str, rule: Make, group: Make) -> None:
    web, api = group("web"), group("api")
    pair: list[dict[str, Any]] = [{"TargetGroupArn": web, "Weight": 90}, {"TargetGroupArn": api}]
    arn = rule(front, Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": pair}}])
    (item,) = account.call("elbv2", "DescribeRules", {"RuleArns": [arn]})["Rules"]
    assert item["Actions"][0]["ForwardConfig"]["TargetGroups"] == [pair[0], {**pair[1], "Weight": 1}]
    assert "TargetGroupArn" not in item["Actions"][0]


@pytest.mark.parametrize("weight", [-1, 1000])
def test_weights_have_limits(front: str, rule: Make, group: Make, weight: int) -> None:
    targets = [{"TargetGroupArn": group(), "Weight": weight}]
    with pytest.raises(ApiError, match=r"^ValidationError: Target group weight"):
        rule(front, Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": targets}}])


def test_a_target_group_stands_once_in_an_action(front: str, rule: Make, group: Make) -> None:
    twice = [{"TargetGroupArn": group(), "Weight": 1}] * 2
    with pytest.raises(ApiError, match=r"^ValidationError: The same target group"):
        rule(front, Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": twice}}])


def test_the_client_secret_is_kept_and_not_shown(
    account: Account, alb: Make, listener: Make, certificate: Make, rule: Make
) -> None:
    front = listener(alb(), 443, Protocol="HTTPS", Certificates=[{"CertificateArn": certificate()}])
    oidc = {
        "Issuer": "https://id.example.com",
        "AuthorizationEndpoint": "https://id.example.com/a",
        "TokenEndpoint": "https://id.example.com/t",
        "UserInfoEndpoint": "https://id.example.com/u",
        "ClientId": "albc",
    }
    done = {"Type": "fixed-response", "Order": 2, "FixedResponseConfig": {"StatusCode": "200"}}

    def actions(**config: Any) -> list[dict[str, Any]]:
        return [{"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": {**oidc, **config}}, done]

    arn = rule(front, Actions=actions(ClientSecret="secret"))
    account.call("elbv2", "ModifyRule", {"RuleArn": arn, "Actions": actions(UseExistingClientSecret=True)})
    shown = str(account.call("elbv2", "DescribeRules", {"RuleArns": [arn]}))
    assert "albc" in shown
    assert "secret" not in shown
    with pytest.raises(ApiError, match=r"^ValidationError: A client secret"):
        rule(front, 2, Actions=actions())


def test_transforms_are_set_kept_and_reset(account: Account, front: str, rule: Make) -> None:
    rewrite = [{"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/a", "Replace": "/b"}]}}]
    arn = rule(front, Transforms=rewrite)

    def transforms() -> list[dict[str, Any]]:
        return list(account.call("elbv2", "DescribeRules", {"RuleArns": [arn]})["Rules"][0]["Transforms"])

    account.call("elbv2", "ModifyRule", {"RuleArn": arn, "Conditions": [{"Field": "path-pattern", "Values": ["/c"]}]})
    assert transforms() == rewrite
    account.call("elbv2", "ModifyRule", {"RuleArn": arn, "ResetTransforms": True})
    assert transforms() == []


def test_a_load_balancer_has_at_most_a_hundred_rules_over_all_its_listeners(
    alb: Make, listener: Make, rule: Make
) -> None:
    arn = alb()
    one, two = listener(arn, 80), listener(arn, 81)
    for priority in range(1, 51):
        rule(one, priority)
        rule(two, priority)
    with pytest.raises(ApiError, match=r"^TooManyRules"):
        rule(one, 51)


def test_network_load_balancers_have_no_rules(nlb: Make, listener: Make, group: Make, rule: Make) -> None:
    front = listener(nlb(), Protocol="TCP", to=group(Protocol="TCP"))
    with pytest.raises(ApiError, match=r"^InvalidConfigurationRequest"):
        rule(front)


def test_rules_of_an_unknown_listener_are_not_found(account: Account, front: str, rule: Make) -> None:
    with pytest.raises(ApiError, match=r"^ListenerNotFound"):
        rule(front + "0")
    with pytest.raises(ApiError, match=r"^RuleNotFound"):
        account.call("elbv2", "DeleteRule", {"RuleArn": front.replace(":listener/", ":listener-rule/") + "/0"})


def test_a_rule_leaves_its_group_to_others_when_it_goes(account: Account, front: str, group: Make, rule: Make) -> None:
    web = group()
    arn = rule(front, to=web)
    with pytest.raises(ApiError, match=r"^ResourceInUse"):
        account.call("elbv2", "DeleteTargetGroup", {"TargetGroupArn": web})
    account.call("elbv2", "DeleteRule", {"RuleArn": arn})
    assert account.call("elbv2", "DeleteTargetGroup", {"TargetGroupArn": web}) == {}
