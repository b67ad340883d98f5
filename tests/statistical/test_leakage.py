"""Three fixtures that a leak would show in: duplicated people, outcomes dealt at random, and effects that drift."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from eriq.config import Experiment, Tuning, Validation, load_experiment
from eriq.features import Feature
from eriq.study.comparison.compare import compare
from eriq.study.comparison.designs import other_designs
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design, make_design
from eriq.study.design.folds import grouped_kfold, make_folds
from eriq.study.design.prepare import prepare
from eriq.study.evaluation.forecasts import Forecasts
from eriq.study.evaluation.intervals import one_measure
from eriq.study.evaluation.metrics import auc
from eriq.study.learning.training import Learning, run_all
from eriq.tables.results import SAVED

COPIES = 15
FEATURES = tuple(Feature(f"register.r{k}", "register_history") for k in range(6))
NAMES = tuple(f.name for f in FEATURES)
EAGER = tuple(Contender(e, "all", e, NAMES) for e in ("random_forest", "lightgbm"))  # type: ignore[arg-type]


# --- duplicated people ---------------------------------------------------------------------


def copies(seed: int, people: int = 120) -> Design:
    """Return people whose rows are copies of each other, each person labelled by the toss of a coin."""
    rng = np.random.default_rng(seed)
    label = np.repeat([0, 1], people // 2)
    rng.shuffle(label)
    matrix = pd.DataFrame(np.repeat(rng.normal(size=(people, len(NAMES))), COPIES, axis=0), columns=list(NAMES))
    rows = pd.DataFrame({"client_id": np.repeat([f"c{k}" for k in range(people)], COPIES)})
    return make_design(rows, matrix, np.repeat(label, COPIES))


def areas(design: Design) -> pd.DataFrame:
    """Return each contender's AUC over people, with its interval, from the pipeline's own validation."""
    folds = grouped_kfold(design, 5, 1, seed=1)
    log_odds = run_all(EAGER, design, folds, Learning(FEATURES, 1, Tuning()))
    forecasts = Forecasts(tuple(c.name for c in EAGER), design.outcome, log_odds, copies(0).client)
    return one_measure(forecasts, "auc", replicates=300, seed=1, level=0.95).set_index("contender")


@pytest.mark.slow
def test_grouped_validation_finds_nothing_in_duplicated_people() -> None:
    """Labels are random, so 0.5 lies in the 95 % interval of the mean AUC over ten cohorts.

    The interval comes from the spread between cohorts: within one, forecasts of different folds share people.
    """
    found = np.array([areas(copies(seed))["estimate"] for seed in range(10)])
    half = t.ppf(0.975, 9) * found.std(axis=0, ddof=1) / np.sqrt(10)
    assert (np.abs(found.mean(axis=0) - 0.5) < half).all()
    assert (half < 0.08).all()  # narrow enough to see a leak


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_without_grouping_the_same_people_leak(seed: int) -> None:
    """The fixture bites: with each row as a client of its own the same pipeline "finds" an AUC far above 0.5."""
    design = copies(seed)
    ungrouped = replace(design, client=np.arange(len(design.outcome)))
    assert (areas(ungrouped)["low"] > 0.9).all()


# --- outcomes dealt at random --------------------------------------------------------------


@pytest.fixture(scope="module")
def quick() -> Experiment:
    """Return the quick config, tuned, with the chosen contenders of a comparison."""
    shipped = load_experiment("quick")
    return shipped.model_copy(
        update={
            "tuning": Tuning(candidates=3, folds=2),
            "intervals": shipped.intervals.model_copy(update={"refit_replicates": 0}),
        }
    )


@pytest.mark.slow
def test_outcomes_dealt_at_random_are_not_predicted(quick: Experiment) -> None:
    """Through the whole pipeline 0.5 lies in the interval of every AUC, of what is saved too, and no gain is shown.

    The same config with the real outcomes shows that it could have found something.
    """
    study = prepare(quick)
    folds = {}
    found = {}
    for name, design in {
        "real": study.design,
        "dealt": replace(study.design, outcome=np.random.default_rng(4).permutation(study.design.outcome)),
    }.items():
        folds[name] = make_folds(design, quick, study.observe_days)
        log_odds = run_all(study.contenders, design, folds[name], Learning(study.features, 1, quick.tuning))
        found[name] = compare(OutOfFold(study.contenders, design, log_odds, tuple(folds[name])), quick).tables
    measures = found["dealt"]["measures"]
    auc = measures[(measures["measure"] == "auc") & (measures["contender"] != "prevalence")]
    assert set(auc["contender"]) - {SAVED} == {c.name for c in study.contenders} - {"prevalence"}
    assert (auc["low"] < 0.5).all()
    assert (auc["high"] > 0.5).all()
    assert found["dealt"]["headline"]["verdict"].item().startswith("no gain shown")
    real = found["real"]["measures"]
    assert SAVED in set(real["contender"])
    assert (real[(real["measure"] == "auc") & (real["contender"] == "questionnaire | logistic")]["low"] > 0.6).all()


# --- effects that drift --------------------------------------------------------------------


@pytest.fixture(scope="module")
def rolled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[float], tuple[float, float]]:
    """Return, for a drift in radians a year, the questionnaire's AUC by grouped folds and by rolling origin."""

    def run(drift: float) -> tuple[float, float]:
        claim = Path(__file__).parents[2] / "configs" / "simulation" / "claim.yaml"
        preset = tmp_path_factory.mktemp("drift") / "drift.yaml"
        preset.write_text(f"extends: {claim}\nname: drift\nhazard:\n  drift: {drift}\n", encoding="utf-8")
        shipped = load_experiment("quick")
        plan = shipped.model_copy(
            update={
                "source": shipped.source.model_copy(update={"clients": 4000, "preset": str(preset)}),
                "contenders": (
                    shipped.contenders[2].model_copy(update={"blocks": ("register_full", "questionnaire")}),
                ),
                "validation": Validation(folds=3, origins=2, also=("rolling_origin",)),
            }
        )
        study = prepare(plan)
        folds = make_folds(study.design, plan, study.observe_days)
        periods = make_folds(study.design, plan, study.observe_days, "rolling_origin")
        log_odds = run_all(study.contenders, study.design, folds, Learning(study.features, 1, Tuning()))
        place = [c.name for c in study.contenders].index("questionnaire | logistic")
        grouped = np.mean([auc(study.design.outcome[f.test], log_odds[f.test, place]) for f in periods])
        table = other_designs(study, plan)["designs"]
        rolling = table.set_index("contender").loc["questionnaire | logistic", "auc"]
        return float(grouped), float(rolling)

    return run


@pytest.mark.slow
def test_a_rolling_origin_shows_what_grouped_folds_cannot(rolled: Callable[[float], tuple[float, float]]) -> None:
    """On the same later rows, forecasts from the past discriminate worse than those from all years when effects drift.

    Without a drift the two differ by no more than a smaller training set explains.
    """
    drop = {drift: np.subtract(*rolled(drift)) for drift in (0.0, 0.8)}
    assert abs(drop[0.0]) < 0.02
    assert drop[0.8] > drop[0.0] + 0.03
