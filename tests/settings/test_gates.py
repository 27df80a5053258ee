"""Feature gates are set as on the reference."""

import pytest

from albc.settings.gates import FeatureGates, gate_choices


def test_a_gate_has_its_default_until_it_is_set() -> None:
    assert FeatureGates().enabled("ListenerRulesTagging")
    assert not FeatureGates().enabled("EnableRGTAPI")
    assert FeatureGates(gate_choices("EnableRGTAPI=true")).enabled("EnableRGTAPI")


def test_blanks_do_not_count_and_the_last_value_wins() -> None:
    gates = FeatureGates(gate_choices(" EnableRGTAPI = true ,, EnableRGTAPI=false"))
    assert not gates.enabled("EnableRGTAPI")


def test_a_gate_that_the_user_set_is_no_longer_defaulted() -> None:
    gates = FeatureGates(gate_choices("ALBGatewayAPI=true"))
    assert not gates.defaulted("ALBGatewayAPI")
    assert gates.defaulted("NLBGatewayAPI")


def test_an_unknown_gate_is_named_with_the_nearest_one() -> None:
    with pytest.raises(ValueError, match="unknown feature: EnableRGTApi; did you mean EnableRGTAPI"):
        gate_choices("EnableRGTApi=true")


def test_a_gate_without_value_says_how_to_write_it() -> None:
    with pytest.raises(ValueError, match="EnableRGTAPI=true or EnableRGTAPI=false"):
        gate_choices("EnableRGTAPI")
