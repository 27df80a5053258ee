"""A setting may come from a flag, from the environment, or from a file, in this order."""

from pathlib import Path
from textwrap import dedent

import pytest
from cyclopts import App
from cyclopts.exceptions import CycloptsError

from albc.settings import Settings
from albc.settings.sources import further_sources


def read(*arguments: str) -> Settings:
    """What a command gets."""
    app = App(config=further_sources, result_action="return_value")

    @app.default
    def command(settings: Settings = Settings()) -> Settings:  # noqa: B008  the defaults of a frozen value
        return settings

    found: Settings = app(arguments, exit_on_error=False, print_error=False)
    return found


def written(folder: Path, text: str) -> str:
    file = folder / "albc.yaml"
    file.write_text(dedent(text), encoding="utf-8")
    return f"--config={file}"


def test_a_variable_sets_what_no_flag_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALBC_AWS_REGION", "eu-west-1")
    assert read().aws_region == "eu-west-1"
    assert read("--aws-region=us-east-1").aws_region == "us-east-1"


def test_a_variable_is_written_as_the_flag_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALBC_DEFAULT_TAGS", "a=b,c=d")
    monkeypatch.setenv("ALBC_SYNC_PERIOD", "1h30m")
    monkeypatch.setenv("ALBC_ENABLE_WAF", "f")
    found = read()
    assert (found.default_tags, found.sync_period, found.enable_waf) == ((("a", "b"), ("c", "d")), 5400, False)


def test_a_file_sets_what_neither_flag_nor_variable_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, "cluster-name: of-the-file\naws-region: of-the-file\nwatch-namespace: of-the-file\n")
    monkeypatch.setenv("ALBC_AWS_REGION", "of-the-variable")
    monkeypatch.setenv("ALBC_WATCH_NAMESPACE", "of-the-variable")
    found = read(file, "--watch-namespace=of-the-flag")
    assert (found.cluster_name, found.aws_region, found.watch_namespace) == (
        "of-the-file",
        "of-the-variable",
        "of-the-flag",
    )


def test_a_variable_may_name_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALBC_CONFIG", written(tmp_path, "cluster-name: prod").removeprefix("--config="))
    assert read().cluster_name == "prod"


def test_a_file_may_use_the_types_of_yaml(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
        enable-shield: false
        aws-max-retries: 3
        targetgroupbinding-requeue-duration: 20s
        external-managed-tags: [cost, owner]
        feature-gates: {EnableRGTAPI: true, ALBSingleSubnet: false}
        default-tags:
          team: web, shop
          query: a=b,c
        aws-api-throttle:
          - "EC2:^Describe=5:10"
          - "EC2:^Create=1:2"
        aws-region:
        """,
    )
    found = read(file)
    assert (found.enable_shield, found.aws_max_retries, found.aws_region) == (False, 3, "")
    assert found.targetgroupbinding_requeue_duration == 20
    assert found.external_managed_tags == ("cost", "owner")
    assert found.feature_gates == (("EnableRGTAPI", True), ("ALBSingleSubnet", False))
    assert found.default_tags == (("team", "web, shop"), ("query", "a=b,c"))
    assert [str(limit) for limit in found.aws_api_throttle][-2:] == ["EC2:^Describe=5:10", "EC2:^Create=1:2"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("enable-waff: false", "enable-waff in .*albc.yaml is no setting; did you mean enable-waf?"),
        ("sync-period: 15", "sync-period in .*albc.yaml: '15' is no duration; write for example 15s"),
        ("default-tags: {a: [b]}", "default-tags in .*albc.yaml holds a list where a text or a number is due"),
        ("config: other.yaml", "config in .*albc.yaml is no setting"),
        ("- a", "must be a mapping from flag names to values"),
        ("a: [", "albc.yaml is not YAML"),
        ("enable-waf: yes", "enable-waf in .*albc.yaml: 'yes' is neither true"),
        ("enable-waf: 'on'", "enable-waf in .*albc.yaml: 'on' is neither true"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_place(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(CycloptsError, match=says):
        read(written(tmp_path, text))


def test_a_file_that_cannot_be_read_is_named() -> None:
    with pytest.raises(CycloptsError, match=r"cannot read --config /nowhere/albc\.yaml"):
        read("--config=/nowhere/albc.yaml")


@pytest.mark.parametrize("text", ["true", "True", "TRUE", "'t'", "1"])
def test_true_in_a_file_is_what_yaml_or_go_writes_for_it(text: str, tmp_path: Path) -> None:
    assert read(written(tmp_path, f"disable-restricted-sg-rules: {text}")).disable_restricted_sg_rules is True


def test_other_words_of_a_file_are_texts(tmp_path: Path) -> None:
    assert read(written(tmp_path, "cluster-name: no")).cluster_name == "no"


@pytest.mark.parametrize(("variable", "text"), [("ALBC_AWS_MAX_RETRIES", "many"), ("ALBC_ENABLE_WAF", "yes")])
def test_a_wrong_variable_is_named(variable: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(CycloptsError, match=f"{variable} in the environment"):
        read()


def test_an_unknown_variable_is_told_with_the_nearest_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALBC_CLUSTR_NAME", "prod")
    with pytest.raises(CycloptsError, match=r"ALBC_CLUSTR_NAME .*did you mean ALBC_CLUSTER_NAME\?"):
        read()


@pytest.mark.parametrize(
    "variable",
    [
        "ALBC_SERVICE_HOST",
        "ALBC_WEBHOOK_SERVICE_PORT_HTTPS",
        "ALBC_PORT",
        "ALBC_PORT_443_TCP",
        "ALBC_PORT_443_TCP_ADDR",
    ],
)
def test_what_kubernetes_sets_for_a_service_called_albc_is_no_setting(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "tcp://10.0.0.1:443")
    assert read() == Settings()


def test_the_last_use_of_a_flag_counts_and_lists_add_up() -> None:
    found = read("--aws-region=a", "--aws-region", "b", "--enable-waf", "--enable-waf=false", "--sync-period=1s")
    assert (found.aws_region, found.enable_waf, found.sync_period) == ("b", False, 1)
    assert read("--default-tags=a=b", "--default-tags", "c=d").default_tags == (("a", "b"), ("c", "d"))


def test_throttles_add_up_over_repeated_flags() -> None:
    limits = read("--aws-api-throttle=EC2:^A=1:1", "--aws-api-throttle=EC2:^B=2:2").aws_api_throttle
    assert [str(limit) for limit in limits][-2:] == ["EC2:^A=1:1", "EC2:^B=2:2"]


@pytest.mark.parametrize(
    "text",
    ["cluster-name: 2026-99-99", "cluster-name: " + "9" * 5000, "cluster-name: 0x" + "f" * 5000, "a: " * 1, "[" * 5000],
)
def test_a_file_with_values_that_cannot_be_is_told_so(tmp_path: Path, text: str) -> None:
    with pytest.raises(CycloptsError):
        read(written(tmp_path, text))
