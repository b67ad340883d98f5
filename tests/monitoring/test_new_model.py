"""A recalibrated model as it is saved, and models that know nothing of training."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.scoring.conftest import save_parted, save_small

from eriq.errors import CohortError
from eriq.model.bundle import open_bundle
from eriq.model.calibrator import Calibrator, expit
from eriq.model.manifest import LATER, read_manifest
from eriq.monitoring.recalibrating import AS_IT_STANDS, Update, recalibrated_or_kept
from eriq.tables.intake import Intake
from eriq.workflows import recalibrate
from eriq.workflows.recalibrate import updated


def test_a_recalibrated_model_names_its_ancestor_and_moves_by_what_was_fitted(tmp_path: Path) -> None:
    """Log-odds are 0.5 + 0.8 times those before, refits too; it opens, claims no measures, and names the old seal."""
    old = save_small(tmp_path)
    new = open_bundle(updated(old, Update("both", Calibrator(0.5, 0.8), "test"), tmp_path).folder)
    rows = np.full((3, len(old.features)), 2.0)

    assert new.model.log_odds(rows) == pytest.approx(0.5 + 0.8 * old.model.log_odds(rows))
    assert (new.manifest.ancestor, new.manifest.measures) == (old.manifest.seal, {})
    assert new.name != old.name


def test_fits_of_single_halves_are_moved_by_their_own_update_and_left_out_without_one(tmp_path: Path) -> None:
    """The client's fit moves by what was fitted to it, the caseworker's, of which nothing could be told, is gone."""
    old = save_parted(tmp_path)
    own = Update("intercept", Calibrator(-0.7, 1.0), "test")
    further = {"client": own, "caseworker": None}
    new = open_bundle(updated(old, Update("both", Calibrator(0.5, 0.8), "test"), tmp_path, further).folder)

    assert [fit.name for fit in new.manifest.bases] == ["client"]
    (before,) = (fit for fit, said in zip(old.bases, old.manifest.bases, strict=True) if said.name == "client")
    rows = np.full((3, len(before.features)), 2.0)
    assert new.bases[0].model.log_odds(rows) == pytest.approx(before.model.log_odds(rows) - 0.7)


def test_a_further_fit_that_fits_stays_as_it_is() -> None:
    """With 1,500 people who come out as forecast nothing moves; with level 0.6 off the level does; 20 tell nothing."""
    rng = np.random.default_rng(3)
    x = rng.normal(0, 1, 1500)
    right, off = ((rng.random(1500) < expit(x + b)).astype("int8") for b in (0.0, 0.6))

    assert recalibrated_or_kept(right, x) is AS_IT_STANDS
    moved = recalibrated_or_kept(off, x)
    assert moved is not None
    assert moved.calibrator.intercept == pytest.approx(0.6, abs=0.15)
    assert recalibrated_or_kept(right[:20], x[:20]) is None


def test_a_model_without_counts_of_training_is_written_as_before(tmp_path: Path) -> None:
    """What older models lack stands in no file of theirs, which still opens and can still be signed."""
    old = save_small(tmp_path)
    text = (old.folder / "manifest.json").read_text("utf-8")

    assert not any(f'"{name}"' in text for name in LATER)
    assert read_manifest(old.folder).to_json() == text


def test_a_further_fit_that_can_score_nobody_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no client of the period has the answers of a half, its fit has no update, and that is no error."""

    def nobody(*_: object) -> None:
        raise CohortError("no questionnaire is whole enough")

    monkeypatch.setattr(recalibrate, "scored", nobody)
    nothing = pd.DataFrame()
    found = recalibrate.further_updates(save_parted(tmp_path), Intake(nothing, None, {}), nothing)

    assert found == {"client": None, "caseworker": None}
