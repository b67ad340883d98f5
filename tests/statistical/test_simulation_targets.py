"""The made-up cohort meets the published figures it was tuned to, over several seeds.

Each test names the target (C01 ...) it checks. One cohort of the published size has about 950
positive answers of some 500 clients, so the AUC of one seed moves by about 0.01 (registers: 0.02);
targets are checked on the mean over the seeds, and single seeds only for order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from eriq.config import OUTCOMES, EstimatorName
from eriq.features import (
    REGISTER_FEATURES,
    Feature,
    questionnaire_columns,
    questionnaire_features,
    register_columns,
    select,
)
from eriq.instrument.instrument import load_instrument
from eriq.simulation.cohort import SimulatedCohort, simulate
from eriq.simulation.settings import Simulation, load_simulation
from eriq.study.design.folds import client_folds
from eriq.study.learning.estimators import ESTIMATORS
from eriq.tables.cohort import Registers, build_cohort
from eriq.tables.schema import WORK

pytestmark = pytest.mark.slow

SEEDS = (11, 13, 17, 19, 23, 2013)
SIZE = 5512
LAG_DAYS = 30
DAY = pd.Timedelta(days=1)
CLAIMED = {"register_full": 0.64, "swedish": 0.83, "questionnaire": 0.86, "belief": 0.79}
FULL = "questionnaire + register_full"


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """One simulated cohort with its usable rows as numbers."""

    made: SimulatedCohort
    rows: pd.DataFrame
    matrix: pd.DataFrame
    features: tuple[Feature, ...]
    truth: np.ndarray
    outcome: np.ndarray
    client: np.ndarray


def world_of(settings: Simulation, seed: int, clients: int = SIZE) -> World:
    """Simulate and prepare as a training does."""
    instrument = load_instrument("eriq22")
    made = simulate(settings, instrument, clients, seed)
    registers = Registers(made.persons, made.spells, made.events)
    rows = build_cohort(made.answers, registers, OUTCOMES["job_entry_12m"]).rows
    matrix = pd.concat(
        [questionnaire_columns(rows, instrument), register_columns(rows, registers, LAG_DAYS)], axis="columns"
    )
    features = (*questionnaire_features(instrument), *REGISTER_FEATURES)
    truth = rows[["client_id", "answered_on"]].merge(made.truth, how="left", validate="one_to_one")["probability"]
    client = pd.factorize(rows["client_id"])[0]
    return World(made, rows, matrix, features, truth.to_numpy(), rows["outcome"].to_numpy(), client)


@cache
def world(preset: str, seed: int) -> World:
    """Return the world of a shipped preset, made once."""
    return world_of(load_simulation(preset), seed)


def out_of_fold(of: World, block: str, name: EstimatorName, **chosen: float) -> float:
    """Return the AUC of forecasts for clients the model has not seen, five folds."""
    variant = frozenset(load_instrument("eriq-sv").item_ids)
    names = set(select(block, of.features, {"swedish": variant}))
    used = [f for f in of.features if f.name in names]
    matrix = of.matrix[[f.name for f in used]].to_numpy()
    fold = client_folds(of.outcome, of.client, 5, 1)
    forecast = np.empty(len(matrix))
    for k in range(5):
        model = ESTIMATORS[name].make(used, 1, **chosen).fit(matrix[fold != k], of.outcome[fold != k])
        forecast[fold == k] = model.predict_proba(matrix[fold == k])[:, 1]
    return float(roc_auc_score(of.outcome, forecast))


@cache
def auc(preset: str, seed: int, block: str) -> float:
    """Return the out-of-fold AUC of a block: a rate per level for the belief, else ridge logistic."""
    if block == "belief":
        return out_of_fold(world(preset, seed), block, "level_rates")
    return out_of_fold(world(preset, seed), block, "logistic", C=0.01)


def mean_over_seeds(measure: Callable[[int], float]) -> float:
    return float(np.mean([measure(seed) for seed in SEEDS]))


@pytest.mark.parametrize("seed", SEEDS)
def test_size(seed: int) -> None:
    """C01, C02, C03: 5,512 clients, 15,818 answers, 10 centres, 300 caseworkers, waves 13 weeks apart."""
    answers = world("claim", seed).made.answers
    weeks = answers.groupby("client_id")["answered_on"].diff() / (7 * DAY)

    assert (answers["client_id"].nunique(), len(answers), answers["job_centre"].nunique()) == (SIZE, 15818, 10)
    assert 285 <= answers["caseworker_id"].nunique() <= 300
    assert abs(weeks.mean() - 13) < 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_missing_halves(seed: int) -> None:
    """C04: between 10 and 20 of 100 halves are missing, counted over both halves of all waves."""
    answers, instrument = world("claim", seed).made.answers, load_instrument("eriq22")
    gone = [
        ~(answers[[item.id for item in instrument.half(r)]] > 0).fillna(False).any(axis="columns")
        for r in ("caseworker", "client")
    ]

    assert 0.10 <= np.mean(gone) <= 0.20


@pytest.mark.parametrize("seed", SEEDS)
def test_caseworker_changes(seed: int) -> None:
    """C05: 40 % of clients have seen at least two caseworkers."""
    caseworkers = world("claim", seed).made.answers.groupby("client_id")["caseworker_id"].nunique()

    assert abs((caseworkers > 1).mean() - 0.40) < 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_job_rate(seed: int) -> None:
    """C06: 6 % enter a job within twelve months, between 5 and 8."""
    assert 0.05 < world("claim", seed).outcome.mean() < 0.08


def test_belief_shares_and_rates() -> None:
    """C07, C08: belief shares 50/24/20/6 % within 3 points; job rate 1 % at the bottom, 27 % at the top."""
    shares, rates = [], []
    for seed in SEEDS:
        rows = world("claim", seed).rows
        told = rows[(rows["cw11"] > 0).fillna(False)]
        shares.append(told["cw11"].value_counts(normalize=True).sort_index().to_numpy("float64"))
        rates.append(told.groupby("cw11")["outcome"].mean().to_numpy("float64"))
    share, rate = np.mean(shares, axis=0), np.mean(rates, axis=0)

    assert np.abs(share - [0.50, 0.24, 0.20, 0.06]).max() < 0.03
    assert abs(rate[0] - 0.01) < 0.005
    assert abs(rate[-1] - 0.27) < 0.05
    assert (np.diff(rate) > 0).all()


@pytest.mark.parametrize("block", list(CLAIMED))
def test_claimed_discrimination(block: str) -> None:
    """C09, C10: mean AUC over the seeds within 0.02 of the reported figure."""
    assert abs(mean_over_seeds(lambda seed: auc("claim", seed, block)) - CLAIMED[block]) < 0.02


@pytest.mark.parametrize("seed", SEEDS)
def test_order_of_blocks(seed: int) -> None:
    """C11: chance < registers < belief < Swedish-style < questionnaire in every single cohort."""
    order = [0.5, *(auc("claim", seed, block) for block in ("register_full", "belief", "swedish", "questionnaire"))]

    assert (np.diff(order) > 0.005).all()


def test_belief_adds_to_the_other_items() -> None:
    """C11: without the belief item the questionnaire loses 0.01 or more in AUC, on average over the seeds."""
    loss = mean_over_seeds(
        lambda seed: auc("claim", seed, "questionnaire") - auc("claim", seed, "questionnaire_without_belief")
    )

    assert loss > 0.01


@pytest.mark.parametrize("seed", SEEDS[:3])
@pytest.mark.parametrize("name", ["logistic", "lightgbm"])
def test_belief_is_the_most_important_item(seed: int, name: EstimatorName) -> None:
    """C11: the belief item has the largest mean absolute contribution on the log-odds."""
    of = world("claim", seed)
    used = [f for f in of.features if f.name in select("questionnaire", of.features)]
    matrix = of.matrix[[f.name for f in used]].to_numpy()
    model = ESTIMATORS[name].make(used, 1).fit(matrix, of.outcome)
    if name == "lightgbm":
        size = np.abs(model.booster_.predict(matrix, pred_contrib=True)[:, :-1]).mean(axis=0)
    else:
        # Columns are scaled to mean 0, so a contribution is coefficient times value; the items come first.
        size = np.abs(model[:-1].transform(matrix) * model[-1].coef_).mean(axis=0)
    items = [k for k, f in enumerate(used) if f.item and f.part in ("belief", "caseworker_rest", "client")]
    order = [f for f in used if f.kind != "category"] if name == "logistic" else used

    assert order[max(items, key=lambda k: size[k])].name == "belief.cw11"


def test_the_full_model_comes_close_to_the_truth() -> None:
    """Questionnaire with registers reaches 0.98 of the AUC of the true probabilities, mean over the seeds."""

    def ratio(seed: int) -> float:
        of = world("claim", seed)
        return auc("claim", seed, FULL) / float(roc_auc_score(of.outcome, of.truth))

    assert 0.98 <= mean_over_seeds(ratio) < 1


def test_true_probabilities_are_calibrated_in_tenths() -> None:
    """In each tenth of the true probability the rate over the seeds lies within four standard errors (clients)."""
    frames = [
        pd.DataFrame({"truth": of.truth, "outcome": of.outcome, "client": of.client + 10**6 * k})
        for k, of in enumerate(world("claim", seed) for seed in SEEDS)
    ]
    rows = pd.concat(frames)
    rows["excess"] = rows["outcome"] - rows["truth"]
    tenth = pd.qcut(rows["truth"], 10, labels=False)
    for _, group in rows.groupby(tenth):
        per_client = group.groupby("client")["excess"].sum().to_numpy()
        assert abs(per_client.sum()) < 4 * np.sqrt((per_client**2).sum())


def test_literature_preset() -> None:
    """C12, C13: registers 0.65-0.77, and the questionnaire adds 0.02-0.06, in every cohort."""
    for seed in SEEDS[:3]:
        register, both = auc("literature", seed, "register_full"), auc("literature", seed, FULL)
        assert 0.65 < register < 0.77
        assert 0.02 < both - register < 0.06


def test_null_preset() -> None:
    """C13: without a signal the questionnaire adds nothing: less than 0.005, and on its own it is chance."""
    for seed in SEEDS[:3]:
        assert auc("null", seed, FULL) - auc("null", seed, "register_full") < 0.005
        assert abs(auc("null", seed, "questionnaire") - 0.5) < 0.03


@pytest.mark.long
def test_hazard_after_a_change_of_caseworker() -> None:
    """C16: once the caseworker has changed, the hazard is 0.79 times as high (within 0.05).

    Entries in the ten weeks after an answer, before readiness or caseworker can change again, against
    those expected from the true hazard without the change; 20 cohorts, so that the standard error is 0.02.
    """
    settings, instrument = load_simulation("claim"), load_instrument("eriq-sv")
    weeks = 10
    soon = OUTCOMES["job_entry_12m"].model_copy(update={"horizon_days": 7 * weeks})
    observed, expected = np.zeros(2), np.zeros(2)
    for seed in range(20):
        made = simulate(settings, instrument, SIZE, seed)
        rows = build_cohort(made.answers, Registers(made.persons, made.spells, made.events), soon).rows
        rows = rows[["client_id", "answered_on", "outcome"]].merge(made.truth, how="left", validate="one_to_one")
        changed = rows["caseworker_changed"].to_numpy(np.int64)
        without = np.exp(rows["log_hazard"] - np.log(settings.hazard.change) * changed) * weeks / 52
        observed += np.bincount(changed, weights=rows["outcome"], minlength=2)
        expected += np.bincount(changed, weights=-np.expm1(-without), minlength=2)
    ratio = observed / expected

    assert abs(ratio[0] - 1) < 0.05
    assert abs(ratio[1] / ratio[0] - 0.79) < 0.05


def test_spread_between_caseworkers() -> None:
    """C17: 7 % and 23 % of first-wave clients in work or education within 15 months, lowest and highest third.

    The publication names neither groups nor horizon; thirds and 15 months are our reading. With 18
    clients a caseworker most of this spread is chance.
    """
    low, high = [], []
    for seed in SEEDS:
        made = world("claim", seed).made
        first = made.answers[made.answers["wave"] == 1]
        entries = made.spells[made.spells["status"].isin([*WORK, "education"])]
        pairs = first.merge(entries[["client_id", "started_on"]], on="client_id")
        days = (pairs["started_on"] - pairs["answered_on"]) / DAY
        entered = set(pairs.loc[(days > 0) & (days <= 456), "client_id"])
        share = first["client_id"].isin(entered).groupby(first["caseworker_id"]).mean().sort_values().to_numpy()
        low.append(share[: len(share) // 3].mean())
        high.append(share[-(len(share) // 3) :].mean())

    assert abs(np.mean(low) - 0.07) < 0.03
    assert abs(np.mean(high) - 0.23) < 0.03


def test_profile_at_intake() -> None:
    """C18: 14 % of five years in work or education, 70 % without vocational education, diagnoses, convictions."""
    for seed in SEEDS:
        made = world("claim", seed).made
        first = made.answers.groupby("client_id")["answered_on"].min()
        active = made.spells[made.spells["status"].isin([*WORK, "education"])]
        start = active["client_id"].map(first)
        begin = active["started_on"].clip(lower=start - 1826 * DAY)
        end = active["ended_on"].fillna(start).clip(upper=start)
        share = ((end - begin) / DAY).clip(lower=0).sum() / 1826 / SIZE
        events = made.events[made.events["occurred_on"] < made.events["client_id"].map(first)]
        seen = {kind: set(group["client_id"]) for kind, group in events.groupby("kind")}
        men = made.persons.loc[made.persons["sex"] == "male", "client_id"]

        assert abs(share - 0.14) < 0.02
        assert abs((made.persons["vocational_education"] == 0).mean() - 0.70) < 0.03
        assert 0.40 < len(seen["psychiatric_contact"]) / SIZE <= 0.50
        assert abs(len(seen["musculoskeletal_contact"]) / SIZE - 0.20) < 0.03
        assert abs(men.isin(seen["conviction"]).mean() - 0.25) < 0.04


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_reliability(seed: int) -> None:
    """C29: Cronbach's alpha of each half lies in 0.79-0.90, within 0.03."""
    of = world("claim", seed)
    for respondent in ("caseworker", "client"):
        names = [f.name for f in of.features if f.item and f.respondent == respondent]
        answered = of.matrix[names].dropna()
        k, whole = len(names), answered.sum(axis="columns").var()
        alpha = k / (k - 1) * (1 - answered.var().sum() / whole)
        assert 0.76 < alpha < 0.93


def test_a_drift_lowers_discrimination_in_later_years() -> None:
    """A model of the answers of 2013 discriminates worse in 2015 and later when effects turn by 0.4 a year."""
    drops = {}
    for drift in (0.0, 0.4):
        still = load_simulation("claim")
        of = world_of(still.model_copy(update={"hazard": still.hazard.model_copy(update={"drift": drift})}), 11)
        used = [f for f in of.features if f.name in select("questionnaire", of.features)]
        matrix, day = of.matrix[[f.name for f in used]].to_numpy(), of.rows["answered_on"]
        early, late = (day < "2014-01-01").to_numpy(), (day >= "2015-01-01").to_numpy()
        half = of.client % 2 == 0
        model = ESTIMATORS["logistic"].make(used, 1, C=0.01).fit(matrix[early & half], of.outcome[early & half])
        forecast = model.predict_proba(matrix)[:, 1]
        known, later = early & ~half, late & ~half
        drops[drift] = roc_auc_score(of.outcome[known], forecast[known]) - roc_auc_score(
            of.outcome[later], forecast[later]
        )

    assert drops[0.4] > drops[0.0] + 0.03
