"""Which values of boolean flags a command line may have."""

import pytest
from cyclopts.exceptions import CycloptsError

from albc.settings.booleans import BOOLEANS, check_booleans


@pytest.mark.parametrize("flag", sorted(BOOLEANS))
def test_no_boolean_flag_takes_a_word_that_go_does_not(flag: str) -> None:
    flag = f"--{flag.replace('_', '-')}"
    with pytest.raises(CycloptsError, match=f"Invalid value for {flag}: 'yes' is neither true .1, t, T"):
        check_booleans(["run", "--cluster-name=x", f"{flag}=yes"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--enable-waf", "--enable-shield=F", "--enable-wafv2=1"],
        ["run", "--cluster-name=yes", "--default-tags=enable-waf=yes"],
        ["run", "--enable-waf", "yes"],
        ["run", "--", "--enable-waf=yes"],
    ],
)
def test_what_go_takes_passes(arguments: list[str]) -> None:
    check_booleans(arguments)
