"""The file of a trial; what it declares of the lot is never a feature."""

import pandas as pd
import pytest

from eriq.config.sources import Flat
from eriq.config.trial import Assignment, load_trial
from eriq.errors import ConfigError, LeakageError
from eriq.features.flat import flat_features

OWN = """
version: 1
name: own
source: {kind: tables, persons: persons.csv, states: states.csv}
assignment: {arm: given, stratum: site, probability: p}
reference: usual
baseline: [BASELINE]
kinds: [job]
outcomes: {work: [job]}
months: [1]
"""


@pytest.mark.parametrize("column", ["given", "site", "p"])
def test_assignment_is_no_baseline_fact(tmp_path, column):
    """Arm, stratum and probability are refused among what is known before the lot."""
    file = tmp_path / "own.yaml"
    file.write_text(OWN.replace("BASELINE", f"age, {column}"), "utf-8")
    with pytest.raises(LeakageError, match=f"never features: {column}"):
        load_trial(file)


@pytest.mark.parametrize("role", ["register", "form", "questionnaire"])
def test_assignment_is_no_predictor(role):
    """Training on the table of a trial, its columns of assignment are refused as features, and pass as audit."""
    given = {"kind": "flat", "file": "x.csv", "client": "id", "outcome": "work", "assignment": {"arm": "given"}}
    frame = pd.DataFrame({"id": ["a"], "work": [1], "given": [1], "age": [30]})
    columns = {"age": {"role": "register"}}
    with pytest.raises(LeakageError, match="never features: given"):
        flat_features(Flat(**given, columns={**columns, "given": {"role": role}}), frame)
    assert len(flat_features(Flat(**given, columns={**columns, "given": {"role": "audit"}}), frame)) == 1


def test_chances_add_up(tmp_path):
    """A made-up trial whose chances do not add up to one, or without its reference, is refused."""
    text = OWN.replace("BASELINE", "age")
    arm = "{kinds: {job: 0.1}, answered: 0.5}"
    rest = "grows_from: 1, registered: 0.8, flags: {}, age: [19, 25, 29]"
    made = "{kind: simulated, seed: 1, sites: [9], chances: [[0.5, 0.4]], arms: {usual: ARM, new: ARM}, REST}"
    file = tmp_path / "own.yaml"
    file.write_text(
        text.replace("{kind: tables, persons: persons.csv, states: states.csv}", made)
        .replace("ARM", arm)
        .replace("REST", rest),
        "utf-8",
    )
    with pytest.raises(ConfigError, match="add up to 1"):
        load_trial(file)


def test_declared_columns_are_listed():
    """What is not declared is left out."""
    assert Assignment(arm="a", probability="p").columns == ("a", "p")


def test_shipped_figures_are_the_published_ones():
    """Kinds add up to the printed shares, arms to the pooled one, sites to everybody."""
    source = load_trial("swedish-trial").source
    shares = {name: sum(arm.kinds.values()) for name, arm in source.arms.items()}
    assert shares == pytest.approx({"FS": 0.181, "SE": 0.260, "CM": 0.205}, abs=0.001)
    randomised = {"FS": 301, "SE": 370, "CM": 392}
    pooled = sum(shares[arm] * n for arm, n in randomised.items()) / sum(randomised.values())
    assert pooled == pytest.approx(0.217, abs=0.0005)
    assert sum(source.sites) == sum(randomised.values()) == 1063
    assert len(source.sites) == 25
    assert sum(source.age) / 3 == pytest.approx(24.84, abs=0.02)
