"""When two lists of conditions or transforms are the same (spec/aws.md §6.2, §6.3)."""

from albc.deploy.fields.conditions import aws_conditions, same_conditions
from albc.model.conditions import (
    HostHeader,
    HTTPHeader,
    HTTPRequestMethod,
    PathPattern,
    QueryString,
    QueryStringPair,
    SourceIP,
)


def test_conditions_in_the_form_of_aws() -> None:
    assert aws_conditions(
        [
            HostHeader(values=("a.example",)),
            PathPattern(regex_values=("^/x$",)),
            HTTPHeader(http_header_name="X-Team", values=("shop",)),
            HTTPRequestMethod(values=("GET",)),
            QueryString(values=(QueryStringPair(key="v", value="1"), QueryStringPair(key=None, value="2"))),
            SourceIP(values=("10.0.0.0/8",)),
        ]
    ) == [
        {"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example"]}},
        {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/x$"]}},
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Team", "Values": ["shop"]}},
        {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "1"}, {"Value": "2"}]}},
        {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}},
    ]


def test_what_aws_repeats_for_old_clients_does_not_count() -> None:
    wanted = aws_conditions([HostHeader(values=("a",)), PathPattern(values=("/",))])
    actual = [
        {"Field": "path-pattern", "Values": ["/"], "PathPatternConfig": {"Values": ["/"], "RegexValues": []}},
        {"Field": "host-header", "Values": ["a"], "HostHeaderConfig": {"Values": ["a"]}},
    ]

    assert same_conditions(wanted, actual)


def test_values_of_one_condition_have_an_order() -> None:
    wanted = aws_conditions([HostHeader(values=("a", "b"))])

    assert not same_conditions(wanted, aws_conditions([HostHeader(values=("b", "a"))]))
