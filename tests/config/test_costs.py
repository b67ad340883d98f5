"""A file of costs: whole, and never with an effect that nobody entered."""

from pathlib import Path

import pytest
import yaml

from eriq.config.costs import load_costs
from eriq.config.files import shipped
from eriq.errors import ConfigError


def changed(folder: Path, **other: object) -> Path:
    """Return the shipped file with some sections changed."""
    content = yaml.safe_load(shipped("costs", "swedish-trial").read_text("utf-8"))
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump({**content, **other}), "utf-8")
    return path


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"for_list": {"people": 200, "years": 1}}, "for_list.effect: is missing"),
        (
            {"for_list": {"people": 9, "years": 1, "effect": {"difference": 0.1, "source": "x"}}},
            "effect.low: is missing",
        ),
        ({"weeks": [12]}, "one number of hours for each"),
        ({"benefit": None}, "need the section benefit"),
    ],
)
def test_what_is_not_whole_is_refused(tmp_path, other, words):
    """A list without an effect, an effect without its interval, a period without hours: each is named."""
    with pytest.raises(ConfigError, match=words):
        load_costs(changed(tmp_path, **other))


def test_an_effect_lies_in_its_interval(tmp_path):
    """An interval that does not hold its estimate is refused; so is a role without pay and an arm that is not there."""
    content = yaml.safe_load(shipped("costs", "swedish-trial").read_text("utf-8"))
    benefit = content["benefit"]
    with pytest.raises(ConfigError, match="between low and high"):
        load_costs(changed(tmp_path, benefit={**benefit, "effect": {**benefit["effect"], "low": 0.09}}))
    with pytest.raises(ConfigError, match="no arm 'SEE'"):
        load_costs(changed(tmp_path, benefit={**benefit, "arm": "SEE"}))
    arms = {"SE": {"participants": 1, "time": {"teacher": {"hours_per_week": [1, 1]}}}}
    with pytest.raises(ConfigError, match="'teacher' has no pay"):
        load_costs(changed(tmp_path, arms={**content["arms"], **arms}))
