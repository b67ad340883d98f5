"""Promotion: the whole path on small trainings."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml

from eriq.errors import PromotionError, TrackingError
from eriq.registry import models
from eriq.registry.gates import self_test
from eriq.registry.promotion import promote
from eriq.registry.tracking import connect
from eriq.workflows.make import write_cohort
from eriq.workflows.train import train

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
    (place / "strict.yaml").write_text(
        "version: 1\ncalibration_slope: [0.99, 1.01]\ngroups: {require: [sex, language]}\n"
    )
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
    models.point_alias(models.find_version("models:/eriq-tiny/1"), "champion", {})
    return folder


def test_held_out_forecasts_hold_no_ids_and_match_between_trainings(registered: Path) -> None:
    """Trainings 1 and 2 on the same people: three columns, equal clients and outcomes, other forecasts."""
    one, two = (models.held_out_forecasts(models.find_version(f"models:/eriq-tiny/{k}")) for k in (1, 2))
    assert one is not None
    assert two is not None
    assert one.columns.tolist() == ["client", "outcome", "log_odds"]
    pd.testing.assert_frame_equal(one[["client", "outcome"]], two[["client", "outcome"]])
    assert not one["log_odds"].equals(two["log_odds"])
    assert one["client"].drop_duplicates().tolist() == list(range(one["client"].nunique()))


def test_a_model_is_found_by_alias_number_name_and_folder(registered: Path) -> None:
    """The candidate is version 3, the last one trained; its bundle has one name."""
    third = models.find_version("models:/eriq-tiny@candidate")
    assert third.number == "3"
    assert third == models.find_version("models:/eriq-tiny/3")
    folder = max((registered / "models").iterdir(), key=lambda path: path.stat().st_mtime)
    assert third == models.find_version(str(folder)) == models.find_version(folder.name)
    with pytest.raises(TrackingError, match="no version of nobody"):
        models.find_version("nobody")
    with pytest.raises(TrackingError, match="the registry has no models:/eriq-nothing@x"):
        models.find_version("models:/eriq-nothing@x")
    with pytest.raises(TrackingError, match="the registry has no models:/eriq-tiny@nobody"):
        models.find_version("models:/eriq-tiny@nobody")


def test_a_model_trained_on_the_same_people_replaces_the_champion(registered: Path) -> None:
    """Version 2 passes gates that ask little: the alias moves, and the version says why."""
    done = promote("models:/eriq-tiny/2", "champion", registered / "any.yaml")
    assert done.previous is not None
    assert (done.version.number, done.previous.number) == ("2", "1")
    assert "version 2 is now champion, instead of version 1" in done.sentence
    assert "held-out forecasts of" in done.sentence
    now = models.version_at("eriq-tiny", "champion")
    assert now == done.version
    stored = connect().MlflowClient().get_model_version("eriq-tiny", "2").tags
    assert stored["promoted_to"] == "champion"
    assert stored["promoted_after"] == "1"
    assert "pass  not worse in log_loss" in stored["gates"]
    with pytest.raises(PromotionError, match="version 2 is champion already"):
        promote("models:/eriq-tiny/2", "champion", registered / "any.yaml")


def test_every_failed_gate_is_listed_and_the_alias_stays(registered: Path) -> None:
    """A slope within 0.99 to 1.01, alike sexes and languages: few people fail each, and nobody has a language."""
    with pytest.raises(PromotionError) as caught:
        promote("models:/eriq-tiny/2", "champion", registered / "strict.yaml")
    text = str(caught.value)
    assert "FAIL  calibration slope" in text
    assert "FAIL  groups by sex: 14 of 14 verdicts are not accepted" in text
    assert "FAIL  groups by language: not assessed" in text
    assert models.version_at("eriq-tiny", "champion") == models.find_version("models:/eriq-tiny/1")


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
    folder = models.model_folder("models:/eriq-tiny/1")
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
