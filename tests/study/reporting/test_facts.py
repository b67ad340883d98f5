"""Facts: whole, frozen, and without a folder's name."""

import json
from dataclasses import fields, replace
from pathlib import Path

import pandas as pd
import pytest
from tests.study.reporting.made_up import made_up_facts

from eriq.config import Csv, Experiment, load_experiment
from eriq.disclosure import Release, in_force
from eriq.study.design.contender import Contender
from eriq.study.design.prepare import prepare
from eriq.study.reporting.facts import Facts, decisions, public_config, told


def test_the_file_of_facts_holds_every_fact_in_order() -> None:
    """Names in the file are those of the class; what is nothing is null."""
    content = json.loads(made_up_facts(instrument=None).to_json())
    assert list(content) == [field.name for field in fields(Facts)]
    assert content["instrument"] is None
    assert content["calibrator"] == {"intercept": 0.013, "slope": 0.981}


def test_a_fact_that_must_be_known_is_asked_for() -> None:
    """Without the number of rows there are no facts, and the error names it."""
    with pytest.raises(TypeError, match="n_rows"):
        Facts(  # type: ignore[call-arg]
            name="a", question="?", outcome_words="work", horizon_days=365, baseline="b", chosen="c", n_read=9,
            n_clients=7, n_events=6, prevalence=0.75,
        )  # fmt: skip


def test_numbers_leave_out_truths_and_words() -> None:
    """Whether there are enough people is no number; the two of the calibrator are, and a withheld total is not."""
    numbers = made_up_facts().numbers()
    assert numbers["n_read"] == 15818
    assert numbers["calibrator_slope"] == 0.981
    assert not {"simulated", "sample_size_enough", "name"} & set(numbers)
    assert "n_read" not in told(made_up_facts(), total_may_show=False).numbers()


def test_a_stored_config_names_files_without_their_folders(tmp_path: Path) -> None:
    """A folder can hold the name of a user; data, questionnaire, variants and external set are told by file name."""
    away = {
        "kind": "flat",
        "file": tmp_path / "away.csv",
        "client": "id",
        "outcome": "y",
        "columns": {"age": {"role": "register"}},
    }
    home = {**away, "file": tmp_path / "home.csv", "csv": Csv(encoding="latin-1")}
    plain = load_experiment("quick").model_dump(by_alias=True)
    experiment = Experiment.model_validate(
        {
            **plain,
            "source": home,
            "instrument": str(tmp_path / "own.yaml"),
            "variants": {"short": str(tmp_path / "short.yaml")},
            "validation": {"design": "external", "external": away},
        }
    )
    text = public_config(experiment)
    assert str(tmp_path) not in text
    assert all(name in text for name in ("home.csv", "away.csv", "own.yaml", "short.yaml", "latin-1"))


def test_counts_in_the_facts_are_rounded_where_that_is_asked_for() -> None:
    """All four, as in the tables beside; without a rule they stay."""
    facts = made_up_facts(n_read=1003, n_rows=998, n_clients=501, n_events=52)
    assert told(facts, total_may_show=True) == facts
    with in_force(Release(round_to=5)):
        stored = told(facts, total_may_show=True)
    assert (stored.n_read, stored.n_rows, stored.n_clients, stored.n_events) == (1005, 1000, 500, 50)


def test_decisions_are_those_that_a_contender_or_a_slice_uses() -> None:
    """Made-up registers know no track and no judgement; a track in the spells, or in a contender, is somebody's."""
    quick = load_experiment("quick")
    study = prepare(quick.model_copy(update={"source": quick.source.model_copy(update={"clients": 200})}))
    intake = study.intake
    assert intake is not None
    spells = intake.registers.spells
    tracked = replace(intake.registers, spells=spells.assign(track=pd.array([2] * len(spells), dtype="Int8")))
    judged = Contender("a", "some", "logistic", ("register.age", "register.weak_competitiveness"))

    assert [] == decisions(study)
    assert ["register.track"] == decisions(replace(study, intake=replace(intake, registers=tracked)))
    assert ["register.weak_competitiveness"] == decisions(replace(study, contenders=(judged,)))
