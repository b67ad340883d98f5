"""Fit the level, or level and spread, of a model's forecasts to other people, as a new model."""

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd

from eriq.errors import CohortError
from eriq.model.bundle import SELFTEST, Bundle, Fit, save_fits
from eriq.model.calibrator import expit
from eriq.model.distributions import FORECAST
from eriq.model.limits import PART_BYTES, bounded
from eriq.monitoring.recalibrating import Update, composed, recalibrated
from eriq.registry.models import MODELS, load_model
from eriq.registry.tracking import HOME
from eriq.workflows.monitor import KEYS, outcomes, read_period, scored
from eriq.workflows.sign import sign_bundle, signing_key


def recalibrate(
    model: str, data: Path, key: Path | None = None, trusted: Sequence[Path] | None = None, models: Path = MODELS
) -> str:
    """Write a recalibrated model where enough outcomes are known, and return what was done.

    Raises
    ------
    CohortError
        When too few outcomes are known, or the model fits as it stands: nothing is written.
    EriqError
        By cause.
    """
    opened = signing_key(key, (MODELS, HOME)) if key else None
    bundle = load_model(model, trusted)
    intake = read_period(bundle, data)
    truth = outcomes(bundle, intake)
    if truth.empty:
        raise CohortError("no outcome of this period is known yet, or all are alike: not assessable")
    both = scored(bundle, intake)[[*KEYS, FORECAST]].merge(truth, on=KEYS).drop_duplicates("client_id")
    update = recalibrated(both["outcome"].to_numpy("int8"), both[FORECAST].to_numpy("float64"))
    new = updated(bundle, update, models)
    signed = f"; signed by key {sign_bundle(new, opened)}" if opened else ""
    return f"{new.name}: {update.kind} recalibrated, {update.why}; made from {bundle.name}{signed}"


def updated(bundle: Bundle, update: Update, models: Path) -> Bundle:
    """Save a model with other calibration; measures that no longer hold, and further fits that nobody checked, go."""
    model = replace(bundle.model, calibrator=composed(update.calibrator, bundle.model.calibrator))
    rows = pd.read_parquet(BytesIO(bounded(bundle.folder / SELFTEST, PART_BYTES)))
    sample = rows[list(model.columns)].to_numpy("float64")
    old = bundle.manifest
    bands = np.asarray(old.bands)
    moved = update.calibrator.apply(np.log(bands) - np.log1p(-bands))
    kept = {name: one for name, one in old.distributions.items() if name != FORECAST}
    manifest = old.model_copy(
        update={
            "ancestor": old.seal,
            "measures": {},
            "fairness": {},
            "bands": tuple(float(p) for p in expit(moved)),
            "distributions": kept,
        }
    )
    card = (
        f"# Recalibrated model\n\nMade from {bundle.name} (seal {old.seal}): {update.kind}; {update.why}. "
        "It has no measures of its own yet: judge it on people of a later period.\n"
    )
    stem = old.name.rsplit("-", 1)[0]
    return save_fits([Fit(model, bundle.features, sample)], manifest, card, models, f"{stem}-recalibrated")
