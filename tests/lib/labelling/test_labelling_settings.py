"""[labelling] in winnow.toml: the user's functions laid over the defaults, name by name."""

from pathlib import Path
from typing import Any

import pytest

from lib.config import DEFAULTS, ConfigError, LabellingSettings, read_config

DEFAULT_FUNCTIONS = DEFAULTS["labelling"]["functions"]


def read(**labelling: Any) -> LabellingSettings:
    return read_config({"labelling": labelling}, path=Path("winnow.toml")).labelling


def test_defaults_vote_in_the_order_of_their_names() -> None:
    assert list(LabellingSettings().active) == sorted(DEFAULT_FUNCTIONS)


def test_a_function_of_a_default_s_name_changes_what_it_says_and_leaves_the_rest() -> None:
    result = read(functions={"clockwork": {"when": "gap_mean_28d < 5"}, "mine": {"vote": "benign", "when": "true"}})
    assert (result.active["clockwork"].vote, result.active["clockwork"].when) == ("spam", "gap_mean_28d < 5")
    assert result.active["mine"].vote == "benign"
    assert result.active.keys() == {*DEFAULT_FUNCTIONS, "mine"}


def test_a_default_all_defaults_and_everything_can_be_switched_off() -> None:
    own = {"mine": {"vote": "spam", "when": "true"}}
    assert read(functions={"clockwork": {"enabled": False}}).active.keys() == DEFAULT_FUNCTIONS.keys() - {"clockwork"}
    assert list(read(defaults=False, functions=own).active) == ["mine"]
    assert read(enabled=False, functions=own).active == {}


@pytest.mark.parametrize("wrong", [{"a": {"vote": "ham", "when": ""}, "b": {"vote": "spam"}, "no name": {}}, [1]])
def test_mistakes_are_told_by_their_keys(wrong: Any) -> None:
    with pytest.raises(ConfigError) as told:
        read(functions=wrong)
    lines = str(told.value).splitlines()[1:]
    keys = {line.strip().split(": ")[0] for line in lines}
    if isinstance(wrong, dict):
        assert {"labelling.functions.a.vote", "labelling.functions.a.when", "labelling.functions.b.when"} <= keys
        assert any(key.startswith("labelling.functions.no name") for key in keys)
    else:
        assert keys == {"labelling.functions"}
