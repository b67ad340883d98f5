"""Fits for what was answered: who learns them, on whom, and in which order."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eriq.config import load_experiment
from eriq.features import Feature
from eriq.study.comparison.bases import ONE_OUTCOME, further_bases, parted, whole_basis
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design, make_design
from eriq.study.design.folds import Fold
from eriq.study.learning.training import Learning, begin

NAMES = ("caseworker.cw01", "client.cl01", "register.age")
FEATURES = (
    Feature(NAMES[0], "caseworker_rest", "ordinal", item="cw01"),
    Feature(NAMES[1], "client", "ordinal", item="cl01"),
    Feature(NAMES[2], "register_basic"),
)
CHOSEN = Contender("all | logistic", "all", "logistic", NAMES)
QUICK = load_experiment("quick")


def people(n: int = 600, seed: int = 3) -> Design:
    """Return people of whom a fifth lack the caseworker's half and a quarter the client's; both halves matter."""
    rng = np.random.default_rng(seed)
    matrix = pd.DataFrame(rng.normal(size=(n, 3)), columns=list(NAMES))
    halves = pd.DataFrame({"caseworker": rng.random(n) > 0.2, "client": rng.random(n) > 0.25})
    outcome = (matrix.sum(axis=1) - 1 + rng.logistic(size=n) > 0).astype(int).to_numpy()
    for half, name in zip(halves, NAMES, strict=False):
        matrix.loc[~halves[half], name] = np.nan
    design = make_design(pd.DataFrame({"client_id": [f"c{k}" for k in range(n)]}), matrix, outcome)
    return replace(design, halves=halves)


def home(design: Design, contenders: tuple[Contender, ...] = (CHOSEN,)) -> OutOfFold:
    """Return out-of-fold forecasts in three folds."""
    label = np.arange(len(design.outcome)) % 3
    folds = tuple(Fold(f"fold {k}", 0, np.flatnonzero(label != k), np.flatnonzero(label == k)) for k in range(3))
    return OutOfFold.of_repeats(contenders, design, fitted(contenders, design, folds), folds)


def fitted(contenders, design, folds):
    return begin(contenders, design, folds, Learning(FEATURES, 1, QUICK.tuning)).repeats()


def test_every_half_is_a_basis_with_and_without_registers():
    """Those that ask for most come first, and the chosen contender's own basis is none of them."""
    whole, parts = parted(CHOSEN, FEATURES)
    assert whole == (("caseworker", "client"), True)
    assert list(parts) == [
        (("caseworker", "client"), False),
        (("caseworker",), True),
        (("caseworker",), False),
        (("client",), True),
        (("client",), False),
    ]
    assert parts[(("client",), True)] == NAMES[1:]
    alone = Contender("c", "client", "logistic", NAMES[1:2])
    assert parted(alone, FEATURES) == ((("client",), False), {})


def test_a_basis_learns_from_the_rows_that_have_its_halves(monkeypatch):
    """Its rows are those with the half answered, its columns those of the half; folds stay as they were."""
    design, seen = people(), []
    held = home(design)

    def run(contenders, some, folds):
        seen.append((tuple(c.columns for c in contenders), len(some.outcome), len(folds)))
        return fitted(contenders, some, folds)

    found = further_bases(held, CHOSEN, QUICK, FEATURES, run)
    both, client = design.halves.all(axis=1), design.halves["client"]
    assert seen[0] == ((NAMES[:2],), both.sum(), 3)
    assert seen[2] == ((NAMES[1:], NAMES[1:2]), client.sum(), 3)
    by_basis = {one.basis: one for one in found}
    assert by_basis[(("client",), False)].rows.tolist() == client.tolist()
    for one in found:
        for fold, whole in zip(one.held.folds, held.folds, strict=True):
            place = np.flatnonzero(one.rows)
            assert set(place[fold.test]) == set(whole.test) & set(place)
            assert not set(place[fold.train]) & set(whole.test)
        assert not np.isnan(one.log_odds).any()
        assert one.not_saved == ""
    assert [one.name for one in found] == ["both", "caseworker-registers", "caseworker", "client-registers", "client"]


def test_each_basis_chooses_among_the_ways_of_learning_declared():
    """Every estimator on the chosen one's columns takes part, and nothing else."""
    other = Contender("all | spline_logistic", "all", "spline_logistic", NAMES)
    small = Contender("client | lightgbm", "client", "lightgbm", NAMES[1:2])
    found = further_bases(home(people(), (CHOSEN, other, small)), CHOSEN, QUICK, FEATURES, fitted)
    assert {c.estimator for one in found for c in one.held.contenders} == {"logistic", "spline_logistic"}
    assert all(
        one.chosen in one.held.contenders and one.chosen.columns == one.held.contenders[0].columns for one in found
    )


def test_a_basis_of_noise_is_not_saved():
    """A half that tells nothing is worse than the overall rate, and says so."""
    design = people(300)
    noise = design.matrix.assign(**{NAMES[1]: np.random.default_rng(8).normal(size=300)})
    held = home(replace(design, matrix=noise))
    found = {one.basis: one for one in further_bases(held, CHOSEN, QUICK, FEATURES, fitted)}
    assert found[(("client",), False)].not_saved.startswith("its log loss")
    assert found[(("caseworker",), False)].not_saved == ""


def test_a_basis_whose_people_have_one_outcome_is_not_fitted():
    """Where nobody with a half has the outcome in some fold's training rows, there is no fit, and the rest goes on."""
    design = people(300)
    halves = design.halves.assign(client=design.halves["client"] & (design.outcome == 0))
    found = {
        one.basis: one for one in further_bases(home(replace(design, halves=halves)), CHOSEN, QUICK, FEATURES, fitted)
    }
    assert found[(("client",), True)].not_saved == ONE_OUTCOME
    assert found[(("caseworker",), True)].not_saved == ""


@pytest.mark.parametrize("halves", [None])
def test_a_ready_table_has_no_bases(halves):
    """Without a questionnaire nothing is parted."""
    held = home(replace(people(200), halves=halves))
    assert further_bases(held, CHOSEN, QUICK, FEATURES, fitted) == ()


def test_the_whole_basis_is_the_chosen_contender():
    """Its forecasts are those of the saved model, on every row."""
    held = home(people(200))
    whole = whole_basis(held, CHOSEN, FEATURES)
    assert (whole.basis, whole.name, len(whole.log_odds)) == ((("caseworker", "client"), True), "both-registers", 200)


def test_changes_go_with_their_half_and_the_setting_with_every_fit():
    """What a half is compared with needs that half; who records it, and for how many people, is known of every row."""
    columns = ("belief.cw11", "client.cl01", "changes.belief", "changes.client", "setting.caseload")
    parts = ("belief", "client", "changes", "changes", "setting")
    features = [Feature(name, part) for name, part in zip(columns, parts, strict=True)]
    whole, cut = parted(Contender("a", "questionnaire + changes + setting", "logistic", columns), features)
    assert whole == (("caseworker", "client"), False)
    assert cut == {
        (("caseworker",), False): ("belief.cw11", "changes.belief", "setting.caseload"),
        (("client",), False): ("client.cl01", "changes.client", "setting.caseload"),
    }
