"""Promotion: gates one by one on numbers made by hand, and the whole path on small trainings."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from eriq.config import Gates, load_gates
from eriq.errors import ConfigError, PromotionError
from eriq.model.calibrator import expit
from eriq.model.manifest import Manifest, Measured
from eriq.registry import tracking
from eriq.registry.gates import Pair, calibrated, fair, not_worse, self_test
from eriq.registry.promotion import promote
from eriq.study.evaluation.bootstrap import bootstrap
from eriq.study.evaluation.intervals import differences
from eriq.study.evaluation.wanted import Wanted
from eriq.workflows.make import write_cohort
from eriq.workflows.train import train

pytestmark = pytest.mark.xdist_group("promote")

ROOT = Path(__file__).parents[2]


# --- gates ---------------------------------------------------------------------------------


def test_the_shipped_gates_are_the_built_in_ones() -> None:
    """A file that says the same as no file."""
    assert load_gates(ROOT / "configs" / "promotion.yaml") == load_gates() == Gates()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("calibration_slop: [0.8, 1.2]", "calibration_slop: not a known key. Did you mean 'calibration_slope'?"),
        ("calibration_slope: [1.2, 0.8]", "must be a range around 1"),
        ("not_worse: {log_loss: -0.1}", "not_worse.log_loss must not be negative"),
        ("not_worse: {accuracy: 0.1}", "not_worse.accuracy"),
    ],
)
def test_a_mistake_in_the_gates_is_named(tmp_path: Path, content: str, words: str) -> None:
    """A misspelt key, a range that leaves 1 out, a negative margin, a measure that is none."""
    file = tmp_path / "gates.yaml"
    file.write_text(f"version: 1\n{content}\n")
    with pytest.raises(ConfigError) as caught:
        load_gates(file)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("low", "high", "passed"), [(0.75, 1.33, True), (0.74, 1.1, False), (0.9, 1.34, False), (None, None, False)]
)
def test_the_whole_interval_of_the_slope_must_lie_within(low: float | None, high: float | None, passed: bool) -> None:
    """Within 0.75 to 1.33, ends included; a training without interval does not pass."""
    manifest = Manifest(measures={"calibration_slope": Measured(estimate=1.0, low=low, high=high)})
    assert calibrated(manifest, Gates()).passed == passed
    assert calibrated(manifest, Gates(calibration_slope=None)).passed


def test_fairness_is_required_only_where_the_gates_say_so_and_a_failure_always_counts() -> None:
    """No verdicts pass with a remark, or fail where required; one failed verdict fails in both."""
    assert "NOT LOOKED AT" in fair(Manifest(), Gates()).words
    assert fair(Manifest(), Gates()).passed
    assert not fair(Manifest(), Gates(fairness="required")).passed
    assert fair(Manifest(fairness={"sex": "pass"}), Gates(fairness="required")).passed
    assert not fair(Manifest(fairness={"sex": "pass", "origin": "fail"}), Gates()).passed


def constant_loss(worse: float) -> Pair:
    """Make 40 clients with 20 outcomes; the new model's log loss is ln 2 + `worse` in every single row."""
    outcome = np.tile([0, 1], 20)
    given = 0.5 * np.exp(-worse)  # probability of what happened
    log_odds = np.where(outcome == 1, 1, -1) * np.log(given / (1 - given))
    return Pair(np.arange(40), outcome, np.zeros(40), log_odds, "by hand")


def test_a_difference_within_the_margin_passes_and_one_beyond_fails() -> None:
    """Every row is worse by 0.01, so estimate and interval are 0.01: accepted at 0.02, not at 0.005."""
    (verdict,) = not_worse(constant_loss(0.01), Gates(not_worse={"log_loss": 0.02}, replicates=100))
    assert verdict.passed
    assert "+0.0100, 95 % interval +0.0100 to +0.0100" in verdict.words
    (verdict,) = not_worse(constant_loss(0.01), Gates(not_worse={"log_loss": 0.005}, replicates=100))
    assert not verdict.passed


def test_few_people_do_not_pass_for_equality() -> None:
    """Ten clients, five better by 0.2 and five worse by 0.2: no difference on average, and no proof of it."""
    sign = np.repeat([1, -1], 20)
    better, worse = constant_loss(-0.2), constant_loss(0.2)
    log_odds = np.where(sign > 0, better.new, worse.new)
    pair = Pair(np.repeat(np.arange(10), 4), better.outcome, better.present, log_odds, "by hand")
    (verdict,) = not_worse(pair, Gates(replicates=200))
    assert "new less present +0.0000" in verdict.words.replace("-0.0000", "+0.0000")
    assert not verdict.passed


def test_for_auc_lower_is_worse() -> None:
    """The present model ranks perfectly (AUC 1), the new one not at all (0.5); then the other way round."""
    outcome = np.tile([0, 1], 20)
    perfect = np.where(outcome == 1, 1.0, -1.0)
    rules = Gates(not_worse={"auc": 0.1}, replicates=100)
    assert not not_worse(Pair(np.arange(40), outcome, perfect, np.zeros(40), ""), rules)[0].passed
    assert not_worse(Pair(np.arange(40), outcome, np.zeros(40), perfect, ""), rules)[0].passed


@pytest.mark.parametrize("measure", ["log_loss", "brier", "auc"])
def test_the_margin_is_kept_to_a_millionth(measure: str) -> None:
    """The bound of the interval fails a margin that is a millionth smaller, and passes one a millionth larger."""
    outcome, rng = np.tile([0, 1], 20), np.random.default_rng(1)
    present, new = outcome + rng.normal(size=40), rng.normal(size=40)
    pair = Pair(np.repeat(np.arange(20), 2), outcome, present, new, "by hand")
    made = bootstrap(
        outcome, expit(np.column_stack([new, present])), pair.client, Wanted((measure,)), replicates=100, seed=1
    )
    row = differences(made, ["new", "present"], "present", 0.95).iloc[0]
    bound = -row["low"] if measure == "auc" else row["high"]
    rules = [Gates(not_worse={measure: bound + more}, replicates=100, seed=1) for more in (-1e-6, 1e-6)]
    assert [not_worse(pair, gates)[0].passed for gates in rules] == [False, True]


# --- the whole path ------------------------------------------------------------------------

CONFIG = {
    "version": 1,
    "name": "tiny",
    "question": "Does promotion work?",
    "contenders": [{"blocks": ["questionnaire", "register_full"], "estimators": ["logistic"]}],
    "headline": {"with": "questionnaire", "without": "register_full"},
    "choose_from": ["questionnaire"],
    "validation": {"folds": 2},
    "intervals": {"replicates": 50, "refit_replicates": 20},
    "explain": {"rows": 50, "refits": 0, "instability_refits": 0},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Train three models in a folder of their own: two on the same people, the third on others."""
    place = tmp_path_factory.mktemp("promotion")
    (place / "any.yaml").write_text(
        "version: 1\ncalibration_slope: null\nnot_worse: {log_loss: 1.0}\nreplicates: 100\n"
    )
    (place / "strict.yaml").write_text("version: 1\ncalibration_slope: [0.99, 1.01]\nfairness: required\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        for number, (people, seed) in enumerate([(7, 1), (7, 2), (8, 1)], 1):
            source = {"kind": "simulated", "preset": "claim", "clients": 300, "seed": people}
            file = place / f"tiny{number}.yaml"
            file.write_text(yaml.safe_dump({**CONFIG, "source": source, "seed": seed}))
            train(file, models=place / "models", workers=1)
        yield place


@pytest.fixture
def registered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in the folder of the three models, version 1 being the champion."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    tracking.point_alias(tracking.find_version("models:/eriq-tiny/1"), "champion", {})
    return folder


def test_held_out_forecasts_hold_no_ids_and_match_between_trainings(registered: Path) -> None:
    """Trainings 1 and 2 on the same people: three columns, equal clients and outcomes, other forecasts."""
    one, two = (tracking.held_out_forecasts(tracking.find_version(f"models:/eriq-tiny/{k}")) for k in (1, 2))
    assert one is not None
    assert two is not None
    assert one.columns.tolist() == ["client", "outcome", "log_odds"]
    pd.testing.assert_frame_equal(one[["client", "outcome"]], two[["client", "outcome"]])
    assert not one["log_odds"].equals(two["log_odds"])
    assert one["client"].drop_duplicates().tolist() == list(range(one["client"].nunique()))


def test_a_model_is_found_by_alias_number_name_and_folder(registered: Path) -> None:
    """The candidate is version 3, the last one trained; its bundle has one name."""
    third = tracking.find_version("models:/eriq-tiny@candidate")
    assert third.number == "3"
    assert third == tracking.find_version("models:/eriq-tiny/3")
    folder = max((registered / "models").iterdir(), key=lambda path: path.stat().st_mtime)
    assert third == tracking.find_version(str(folder)) == tracking.find_version(folder.name)
    with pytest.raises(tracking.TrackingError, match="no version of nobody"):
        tracking.find_version("nobody")
    with pytest.raises(tracking.TrackingError, match="the registry has no models:/eriq-nothing@x"):
        tracking.find_version("models:/eriq-nothing@x")
    with pytest.raises(tracking.TrackingError, match="the registry has no models:/eriq-tiny@nobody"):
        tracking.find_version("models:/eriq-tiny@nobody")


def test_a_model_trained_on_the_same_people_replaces_the_champion(registered: Path) -> None:
    """Version 2 passes gates that ask little: the alias moves, and the version says why."""
    done = promote("models:/eriq-tiny/2", "champion", registered / "any.yaml")
    assert done.previous is not None
    assert (done.version.number, done.previous.number) == ("2", "1")
    assert "version 2 is now champion, instead of version 1" in done.sentence
    assert "held-out forecasts of" in done.sentence
    now = tracking.version_at("eriq-tiny", "champion")
    assert now == done.version
    stored = tracking.connect().MlflowClient().get_model_version("eriq-tiny", "2").tags
    assert stored["promoted_to"] == "champion"
    assert stored["promoted_after"] == "1"
    assert "pass  not worse in log_loss" in stored["gates"]
    with pytest.raises(PromotionError, match="version 2 is champion already"):
        promote("models:/eriq-tiny/2", "champion", registered / "any.yaml")


def test_every_failed_gate_is_listed_and_the_alias_stays(registered: Path) -> None:
    """A slope within 0.99 to 1.01 and verdicts on groups are asked: both fail, and are both named."""
    with pytest.raises(PromotionError) as caught:
        promote("models:/eriq-tiny/2", "champion", registered / "strict.yaml")
    text = str(caught.value)
    assert "FAIL  calibration slope" in text
    assert "FAIL  fairness: required" in text
    assert tracking.version_at("eriq-tiny", "champion") == tracking.find_version("models:/eriq-tiny/1")


def test_the_first_model_of_an_alias_has_nobody_to_beat(registered: Path) -> None:
    """No version has the alias first-of-all yet."""
    done = promote("models:/eriq-tiny/1", "first-of-all", registered / "any.yaml")
    assert done.previous is None
    assert "there is no present model to compare with" in done.sentence


def test_models_of_different_people_are_compared_on_given_data_only(registered: Path) -> None:
    """Version 3 saw other people: refused without data, and judged on people who answered later with them."""
    with pytest.raises(PromotionError, match=r"trained on different data; give --data"):
        promote("models:/eriq-tiny/3", "champion", registered / "any.yaml")
    data = later_people(registered / "later")
    done = promote("models:/eriq-tiny/3", "champion", registered / "any.yaml", data)
    assert "in later, answered after both trainings" in done.sentence


def later_people(folder: Path) -> Path:
    """Write 300 people whose every date is five years later than in the trainings."""
    write_cohort(folder, 300, 9, "claim", "csv", overwrite=True)
    for name in ("answers", "persons", "spells", "events"):
        frame = pd.read_csv(folder / f"{name}.csv", dtype="str")
        for column in frame.columns:
            if column.endswith(("_on", "_until")):
                years = frame[column].str[:4].astype("Int64") + 5
                moved = years.astype("str") + frame[column].str[4:].str.replace("-02-29", "-02-28")
                frame[column] = moved.where(frame[column].notna())
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def test_people_who_answered_during_training_do_not_count(registered: Path) -> None:
    """The same months as the trainings: no row is left to compare on, and that is said."""
    write_cohort(registered / "same-time", 50, 9, "claim", "csv", overwrite=True)
    with pytest.raises(PromotionError, match="no row of same-time with a known outcome was answered after"):
        promote("models:/eriq-tiny/3", "champion", registered / "any.yaml", registered / "same-time")


def test_a_folder_without_outcomes_is_named(registered: Path) -> None:
    """Answers alone cannot tell who got work."""
    write_cohort(registered / "no-spells", 50, 9, "claim", "csv", overwrite=True)
    (registered / "no-spells" / "spells.csv").unlink()
    with pytest.raises(PromotionError, match="has no spells"):
        promote("models:/eriq-tiny/3", "champion", registered / "any.yaml", registered / "no-spells")


def test_a_changed_model_fails_its_self_test(registered: Path, tmp_path: Path) -> None:
    """One byte of the card is changed."""
    folder = tracking.model_folder("models:/eriq-tiny/1")
    copy = tmp_path / "copy"
    copy.mkdir()
    for part in folder.iterdir():
        (copy / part.name).write_bytes(part.read_bytes())
    assert self_test(copy)[0][0].passed
    (copy / "card.md").write_text("better than it is")
    verdicts, bundle = self_test(copy)
    assert not verdicts[0].passed
    assert bundle is None
    assert "does not match its manifest" in verdicts[0].words
