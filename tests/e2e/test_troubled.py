"""A report on a cohort with every trouble at once: later waves, planned ends, deaths, short contracts, people twice."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from eriq.config import load_experiment
from eriq.instrument.instrument import load_instrument
from eriq.model.calibrator import expit
from eriq.study.design.design import Design, make_design
from eriq.study.design.folds import make_folds
from eriq.study.design.from_tables import table_features
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study
from eriq.study.evaluation.recalibration import logistic_recalibration
from eriq.study.learning.training import fit, margin
from eriq.tables.intake import Intake, check_answers, check_registers
from tests.e2e import troubled
from tests.e2e.conftest import eriq

TWICE = 3  # people who are there under two ids
CONFIG = f"""
version: 1
name: troubled
question: Do the numbers hold?
source:
  kind: tables
  answers: answers.csv
  persons: persons.csv
  spells: spells.csv
  events: events.csv
  extracted_on: {troubled.DRAWN:%Y-%m-%d}
contenders:
  - blocks: [none]
    estimators: [prevalence]
  - blocks: [register_full, questionnaire, questionnaire + register_full]
    estimators: [logistic]
headline: {{with: questionnaire, without: register_full}}
intervals: {{level: 0.999, replicates: 2000, refit_replicates: 100}}
explain: {{refits: 0, instability_refits: 0}}
"""


@pytest.fixture(scope="module")
def lives() -> troubled.Lives:
    """Give the people behind the cohort."""
    return troubled.draw(2500, seed=11)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, lives: troubled.Lives) -> Path:
    """Give a folder in which the cohort was trained from its files, as an agency would."""
    folder = tmp_path_factory.mktemp("troubled")
    recorded = troubled.as_recorded(lives, troubled.with_short_contracts(lives, seed=11), drawn=True)
    for name, table in troubled.doubled(recorded, TWICE).items():
        table.to_csv(folder / f"{name}.csv", index=False)
    (folder / "troubled.yaml").write_text(CONFIG)
    eriq("train", "troubled.yaml", cwd=folder)
    return folder


def tables_of(trained: Path) -> Path:
    return trained / "mlruns" / "reports" / "troubled" / "tables"


@pytest.fixture(scope="module")
def study(trained: Path) -> Study:
    """Give the rows that the training saw."""
    return prepare(load_experiment(trained / "troubled.yaml"))


@pytest.fixture(scope="module")
def world(study: Study) -> Design:
    """Give very many other people of the same kind, whose outcomes are counted from their whole lives."""
    lives = troubled.draw(8_000, seed=99)
    recorded = troubled.as_recorded(lives, troubled.with_short_contracts(lives, seed=99), drawn=False)
    instrument, today = load_instrument("eriq22"), troubled.KNOWN.date()
    answers, _ = check_answers(recorded.pop("answers"), instrument, today)
    registers, problems = check_registers(recorded, today)
    assert not problems
    rows = answers.merge(troubled.truth(lives), on=["client_id", "answered_on"], validate="one_to_one")
    experiment = load_experiment("quick")
    matrix, _ = table_features(rows, Intake(answers, registers, {}), instrument, experiment)
    return make_design(rows, matrix[study.design.matrix.columns], rows["outcome"].to_numpy())


def test_every_outcome_is_what_counting_days_gives(lives: troubled.Lives, study: Study) -> None:
    """No row is lost or invented, and each has the outcome of its unbroken life."""
    counted = troubled.truth(lives)
    made = study.design.rows[["client_id", "answered_on"]].assign(outcome=study.design.outcome)
    once = made[~made["client_id"].str.startswith("again-")]
    both = once.merge(counted, on=["client_id", "answered_on"], how="outer", suffixes=("", "_counted"))

    assert both.notna().all(axis=None)
    assert (both["outcome"] == both["outcome_counted"]).all()
    assert made["client_id"].str.startswith("again-").sum() >= 2 * TWICE


def test_the_flow_counts_later_waves(trained: Path, study: Study) -> None:
    """Questionnaires answered too late to be judged are counted, no more and no less."""
    answers = pd.read_csv(trained / "answers.csv", parse_dates=["answered_on"])
    persons = pd.read_csv(trained / "persons.csv", parse_dates=["left_on"])
    late = answers[answers["answered_on"] > troubled.LAST_ANSWER]
    spells = pd.read_csv(trained / "spells.csv", parse_dates=["started_on", "ended_on"])
    work = late.merge(spells[spells["status"].isin(troubled.WORK)], on="client_id")
    busy = work[
        (work["started_on"] <= work["answered_on"]) & (work["ended_on"].fillna(troubled.KNOWN) >= work["answered_on"])
    ]
    censored = len(late) - len(busy[["client_id", "answered_on"]].drop_duplicates())
    flow = pd.read_csv(tables_of(trained) / "flow.csv").set_index("reason")["rows"]

    assert persons["left_on"].notna().sum() > 100
    assert flow[flow.index.str.startswith("censored")].tolist() == [f"{censored:,}"]
    assert censored > len(study.design.outcome) / 8


def test_people_twice_are_counted(trained: Path) -> None:
    """The doubled people and their doubles are told, as so few that they hardly move a figure."""
    told = eriq("check", "troubled.yaml", cwd=trained).stdout

    assert f"{2 * TWICE} of" in told
    assert "So few hardly move a figure" in told


def test_every_number_lies_within_its_interval_of_the_truth(trained: Path, study: Study, world: Design) -> None:
    """AUC, log loss, Brier, slope and calibration of each contender, their differences and the verdict hold."""
    experiment = load_experiment(trained / "troubled.yaml")
    folds = make_folds(study.design, experiment, study.observe_days)
    measures = pd.read_csv(tables_of(trained) / "measures.csv")
    truths, looked = {}, 0
    for contender in study.contenders:
        fits = [fit(contender, study.design.take(f.train), study.features, seed=experiment.seed) for f in folds]
        made = [expit(margin(one, world)) for one in fits]
        y = world.outcome
        truths[contender.name] = {
            "auc": np.mean([roc_auc_score(y, p) for p in made]),
            "log_loss": np.mean([log_loss(y, p) for p in made]),
            "brier": np.mean([brier_score_loss(y, p) for p in made]),
        }
        if contender.estimator != "prevalence":
            again = [logistic_recalibration(y, p) for p in made]
            truths[contender.name]["calibration_slope"] = np.mean([r.slope for r in again])
            truths[contender.name]["calibration_in_the_large"] = np.mean([r.in_the_large for r in again])
        shown = measures[measures["contender"] == contender.name].set_index("measure")
        for name, value in truths[contender.name].items():
            if contender.estimator == "prevalence" and name == "auc":
                continue  # one forecast for everybody
            row = shown.loc[name]
            assert row["low"] <= value <= row["high"], (contender.name, name, value, row["low"], row["high"])
            looked += 1
    headline = pd.read_csv(tables_of(trained) / "headline.csv").iloc[0]
    gain = truths["questionnaire | logistic"]["auc"] - truths["register_full | logistic"]["auc"]

    assert looked == 2 + 3 * 5
    assert headline["low"] <= gain <= headline["high"]
    assert headline["covers_refits"]
    assert headline["verdict"] == "gain shown"
    rate, n = study.design.outcome.mean(), study.n_clients
    assert abs(rate - world.outcome.mean()) <= 3.3 * np.sqrt(rate * (1 - rate) / n)
