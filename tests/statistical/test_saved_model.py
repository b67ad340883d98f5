"""The saved model on real people: not worse than what could have been taken on the same columns, and calibrated.

These sets are for checking and never for tuning. The short test runs on made-up people.
"""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit

from eriq.config import Experiment, Tuning, load_experiment
from eriq.study.comparison.calibrated import as_saved, calibrator_of
from eriq.study.comparison.choose import choose, why_not
from eriq.study.comparison.out_of_fold import OutOfFold
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.design.folds import client_folds, grouped_kfold
from eriq.study.design.prepare import prepare
from eriq.study.design.study import Study
from eriq.study.evaluation.recalibration import logistic_recalibration
from eriq.study.evaluation.wanted import Wanted
from eriq.study.learning.queue import one_thread
from eriq.study.learning.training import Learning, begin, fit, margin, margin_loss

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
DEFAULT = ("logistic", "spline_logistic", "lightgbm_pairs", "lightgbm")
EVERYTHING = "questionnaire + register_full"


def contenders(study: Study, names: tuple[str, ...]) -> dict[str, Contender]:
    """Return estimators on all columns of a study."""
    columns = next(c.columns for c in study.contenders if c.block == EVERYTHING)
    return {name: Contender(name, EVERYTHING, name, columns) for name in names}  # type: ignore[arg-type]


def saved(study: Study, train: Design, test: Design, seed: int) -> tuple[np.ndarray, str]:
    """Return the log-odds of the model that a training on `train` saves for `test`, and its name; gaps for none."""
    some = tuple(contenders(study, DEFAULT).values())
    folds = tuple(grouped_kfold(train, 5, 1, seed))
    learning = Learning(study.features, seed, Tuning())
    held = OutOfFold.of_repeats(some, train, begin(some, train, folds, learning).repeats(), folds)
    chosen = choose(some, held.forecasts().bootstrap(Wanted(("log_loss",)), replicates=200, seed=seed))
    if why_not(held, as_saved(held, chosen)):
        return np.full(len(test.outcome), np.nan), "none"
    fitted = fit(chosen, train, study.features, seed=seed)
    return np.asarray(calibrator_of(held, chosen).apply(margin(fitted, test))), chosen.name


def judged(study: Study, others: tuple[str, ...], splits: int, most: int | None = None) -> dict[str, np.ndarray]:
    """Return, per outer split, the log loss of the saved model, of others and of the rate, and its slope.

    `pooled` is the one slope of all its forecasts together, those of every split.

    With `most` so many clients are learned from, and everybody else is tested on. Splits where nothing is worth saving
    are left out: there is no saved model to judge.
    """
    found: dict[str, list[float]] = {}
    design, said = study.home, []
    for split in range(splits):
        if most is None:
            label = client_folds(design.outcome, design.client, 5, 1000 + split)
            inside = label != 0
        else:
            inside = np.isin(design.client, np.random.default_rng(split).permutation(np.unique(design.client))[:most])
        train, test = design.take(np.flatnonzero(inside)), design.take(np.flatnonzero(~inside))
        with one_thread():
            ours, name = saved(study, train, test, split)
            if name == "none":
                continue
            lines = {"saved": ours, "prevalence": np.full(len(test.outcome), logit(train.outcome.mean()))}
            for other, contender in contenders(study, others).items():
                lines[other] = margin(fit(contender, train, study.features, seed=split), test)
        for key, line in lines.items():
            found.setdefault(key, []).append(float(margin_loss(test.outcome, line).mean()))
        found.setdefault("slope", []).append(logistic_recalibration(test.outcome, expit(ours)).slope)
        said.append((test.outcome, expit(ours)))
    together = logistic_recalibration(*(np.concatenate(part) for part in zip(*said, strict=True))).slope
    return {**{key: np.array(values) for key, values in found.items()}, "pooled": np.array([together])}


def behind(found: dict[str, np.ndarray], others: tuple[str, ...]) -> tuple[float, float]:
    """Return how far the saved model lies behind the best of others on average, and the standard error of that."""
    best = min(others, key=lambda name: found[name].mean())
    gap = found["saved"] - found[best]
    return float(gap.mean()), float(gap.std(ddof=1) / np.sqrt(len(gap)))


def real(name: str) -> Experiment:
    """Return the config of a public set."""
    return load_experiment(ROOT / "configs" / "experiments" / f"{name}.yaml")


@pytest.mark.long
def test_the_saved_model_is_nearly_the_best_on_made_up_people() -> None:
    """On 250 made-up people, three splits: at most .02 behind the best, and never above the overall rate."""
    quick = load_experiment("quick")
    study = prepare(quick.model_copy(update={"source": quick.source.model_copy(update={"clients": 250})}))
    found = judged(study, ("logistic", "lightgbm"), 3)
    assert behind(found, ("logistic", "lightgbm"))[0] < 0.02
    assert found["saved"].mean() < found["prevalence"].mean()


@pytest.mark.long
@pytest.mark.skipif(not SHARED.is_dir(), reason="public data folder ../shared/data is not here")
@pytest.mark.parametrize(("name", "slopes"), [("jobs2", (0.7, 1.3)), ("jobcorps", (0.9, 1.1))])
def test_the_saved_model_is_as_good_as_the_best_on_real_people(name: str, slopes: tuple[float, float]) -> None:
    """Over 20 outer splits: log loss at most .002 and a standard error above the best, never above the rate; slope."""
    found, others = judged(prepare(real(name)), ("logistic", "lightgbm", "ebm"), 20), ("logistic", "lightgbm", "ebm")
    gap, error = behind(found, others)
    assert gap <= 0.002 + error
    assert found["saved"].mean() <= found["prevalence"].mean()
    assert slopes[0] <= found["slope"].mean() <= slopes[1]


@pytest.mark.long
@pytest.mark.skipif(not SHARED.is_dir(), reason="public data folder ../shared/data is not here")
@pytest.mark.parametrize("clients", [300, 600, 1200])
def test_with_few_people_the_saved_model_is_no_worse_than_a_ridge(clients: int) -> None:
    """Over 30 samples: log loss at most .001 above ridge with its own strength, slope of all forecasts .9 to 1.15.

    The mean of the slopes as well, from 600 clients on. Of 300 it is no measure: a model that says nearly the same of
    everyone has any slope, and one of the thirty such moves the mean by a quarter.
    """
    found = judged(prepare(real("jobcorps")), ("logistic",), 30, clients)
    slopes = f"mean {found['slope'].mean():.2f}, median {np.median(found['slope']):.2f}"
    print(f"\n{clients} clients: slope of all forecasts {found['pooled'][0]:.2f}, {slopes}")  # noqa: T201
    assert (found["saved"] - found["logistic"]).mean() <= 0.001
    assert 0.9 <= found["pooled"][0] <= 1.15
    assert clients < 600 or 0.9 <= found["slope"].mean() <= 1.15
