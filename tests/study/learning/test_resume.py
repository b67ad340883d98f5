"""Finished contenders are taken over from an earlier run, and nothing else is."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eriq.config import Experiment, Tuning, load_experiment
from eriq.study.design.design import Design
from eriq.study.design.folds import Fold
from eriq.study.learning.progress import Progress
from eriq.study.learning.resume import KEPT_DAYS, Cache, begin_or_take_over, forget_old
from eriq.study.learning.training import Learning, begin
from tests.study.learning.conftest import FEATURES, NAMES, ONE, contender


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    """Return the quick config; only seed, tuning and source matter here."""
    return load_experiment("quick")


@pytest.fixture
def cache(tmp_path: Path, design: Design, folds: list[Fold], experiment: Experiment) -> Callable[..., Cache]:
    """Open the store of finished contenders, with one thing or another changed."""

    def opened(*, enabled: bool = True, **other: Any) -> Cache:
        given = {"design": design, "folds": folds, "experiment": experiment} | other
        return Cache(tmp_path / "cache", **given, enabled=enabled)

    return opened


def test_a_finished_contender_is_taken_over_to_the_last_digit(cache):
    """What was written is read again, gaps included; nothing is read unless it was asked for."""
    log_odds = np.linspace(-3, 3, 180)[None]
    log_odds[0, 5] = np.nan
    assert cache().read(contender("logistic")) is None
    cache(enabled=False).write(contender("logistic"), log_odds)
    assert cache().read(contender("logistic")).tobytes() == log_odds.tobytes()
    assert cache(enabled=False).read(contender("logistic")) is None


def test_the_place_of_a_row_tells_nothing(cache, tmp_path):
    """Rows lie in an order that is not that of the input, and in another one for each contender; 0600 in 0700."""
    log_odds = np.arange(180.0)[None]
    cache().write(contender("logistic"), log_odds)
    cache().write(contender("elastic_net"), log_odds)
    files = sorted((tmp_path / "cache").glob("*.npy"))
    stored = [np.load(file)[0] for file in files]

    assert [sorted(rows) for rows in stored] == [log_odds[0].tolist()] * 2
    for rows in (*stored, stored[0][np.argsort(stored[1])]):
        assert abs(np.corrcoef(rows, log_odds[0])[0, 1]) < 0.25
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700


def test_what_is_kept_for_long_is_forgotten(cache, tmp_path):
    """A contender finished more than thirty days ago goes, one of yesterday stays."""
    for name, days in (("logistic", KEPT_DAYS + 1), ("elastic_net", 1)):
        cache().write(contender(name), np.zeros((1, 180)))
        file = max((tmp_path / "cache").glob("*.npy"), key=lambda file: file.stat().st_mtime)
        os.utime(file, (time.time() - days * 86_400,) * 2)

    assert forget_old(tmp_path / "cache") == 1
    assert cache().read(contender("logistic")) is None
    assert cache().read(contender("elastic_net")) is not None
    assert forget_old(tmp_path / "not there") == 0


def test_a_contender_is_known_by_its_content_and_not_its_name(cache):
    """Another estimator or column is another contender; another name is not."""
    cache().write(contender("logistic"), np.zeros((1, 180)))
    assert cache().read(replace(contender("logistic"), name="renamed")) is not None
    assert cache().read(contender("elastic_net")) is None
    assert cache().read(contender("logistic", NAMES[:-1])) is None
    assert cache().read(contender("logistic", NAMES[::-1])) is None


def test_anything_that_changes_a_forecast_makes_an_earlier_one_stale(cache, design, folds, experiment):
    """An outcome, a value, a fold, the seed, the tuning or the role of a column: nothing is taken over."""
    cache().write(contender("logistic"), np.zeros((1, 180)))
    turned = design.outcome.copy()
    turned[0] = 1 - turned[0]
    matrix = design.matrix.copy()
    matrix.iloc[3, 0] = 17.0
    roles = {"kind": "flat", "file": "t.csv", "client": "id", "outcome": "y", "columns": {"a": {"role": "register"}}}
    monotone = roles | {"columns": {"a": {"role": "register", "monotone": 1}}}
    flat = [Experiment.model_validate(experiment.model_dump(by_alias=True) | {"source": s}) for s in (roles, monotone)]
    for other in (
        {"design": replace(design, outcome=turned)},
        {"design": replace(design, matrix=matrix)},
        {"folds": folds[:2]},
        {"experiment": experiment.model_copy(update={"seed": 99})},
        {"experiment": experiment.model_copy(update={"tuning": Tuning(candidates=2)})},
    ):
        assert cache(**other).read(contender("logistic")) is None, other.keys()
    cache(experiment=flat[0]).write(contender("logistic"), np.zeros((1, 180)))
    assert cache(experiment=flat[0]).read(contender("logistic")) is not None
    assert cache(experiment=flat[1]).read(contender("logistic")) is None


@pytest.mark.parametrize("content", [b"", b"not numbers", "other length"], ids=["empty", "text", "other length"])
def test_a_spoilt_file_is_not_taken_over(cache, tmp_path, content):
    """A truncated or foreign file counts as not there, so that the contender is fitted again."""
    cache().write(contender("logistic"), np.zeros((1, 180)))
    (file,) = (tmp_path / "cache").iterdir()
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        np.save(file, np.zeros((1, 179)))
    assert cache().read(contender("logistic")) is None


def test_the_store_holds_numbers_only(cache, tmp_path):
    """No file holds an id, and no draft is left behind."""
    cache().write(contender("logistic"), np.zeros((1, 180)))
    cache().write(contender("prevalence", ()), np.zeros((1, 180)))
    files = list((tmp_path / "cache").iterdir())
    assert [f.suffix for f in files] == [".npy"] * 2
    assert not [f for f in files if ".part" in f.name]
    assert np.load(files[0], allow_pickle=False).dtype == np.float64


def test_only_what_is_missing_is_fitted(cache, design, folds):
    """A finished contender is taken over as it is; the others are fitted, kept and told, in the order asked for."""
    several, learning = [contender("logistic"), contender("prevalence", ())], Learning(FEATURES, 1, ONE)
    cache().write(several[0], np.full((1, 180), 7.0))
    told: list[tuple[str, str]] = []
    progress = Progress(step=lambda who, fold: told.append((who, fold)))
    found = begin_or_take_over(several, cache(), learning).repeats(progress)
    assert (found[0, :, 0] == 7).all()
    assert np.array_equal(found[:, :, [1]], begin(several[1:], design, folds, learning).repeats())
    assert np.array_equal(cache().read(several[1]), found[:, :, 1])
    assert [fold for who, fold in told if who == several[0].name] == [f"fold {k}, taken over" for k in (1, 2, 3)]
    assert len(told) == 6


def test_other_weights_or_times_are_other_content(cache, design):
    """Forecasts of a fit with other weights, times or horizon are not taken over."""
    cache().write(contender("logistic"), np.zeros((1, 180)))
    assert cache(design=replace(design)).read(contender("logistic")) is not None
    later = design.times.assign(followed_days=501)
    for other in (
        replace(design, weight=np.full(180, 1.5)),
        replace(design, times=later),
        replace(design, horizon_days=366),
    ):
        assert cache(design=other).read(contender("logistic")) is None
