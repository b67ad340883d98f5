"""Fit the level, or level and spread, of a model's forecasts to other people, as a new model."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from eriq.errors import CohortError
from eriq.model.bundle import SELFTEST, Bundle, Fit, save_fits
from eriq.model.calibrator import expit
from eriq.model.distributions import FORECAST
from eriq.model.limits import PART_BYTES, bounded
from eriq.model.manifest import BasisFit
from eriq.monitoring.recalibrating import Update, composed, recalibrated, recalibrated_or_kept
from eriq.registry.models import MODELS, load_model
from eriq.registry.tracking import HOME
from eriq.tables.intake import Intake
from eriq.workflows.monitor import KEYS, Ready, outcomes, read_period, scored
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
    update = recalibrated(*_known(bundle, intake, truth))
    further = further_updates(bundle, intake, truth)
    new = updated(bundle, update, models, further)
    signed = f"; signed by key {sign_bundle(new, opened)}" if opened else ""
    parts = [f"{name}: {one.kind if one else 'left out, too few people'}" for name, one in further.items()]
    also = f"; further fits: {', '.join(parts)}" if parts else ""
    return f"{new.name}: {update.kind} recalibrated, {update.why}; made from {bundle.name}{also}{signed}"


def further_updates(bundle: Bundle, intake: Intake | Ready, truth: pd.DataFrame) -> dict[str, Update | None]:
    """Return what each further fit needs, by its name: the same test, on everyone whose answers it can take.

    Those who answered both halves count for the fit of either, as they did when it was trained: whoever has one half
    only is rare, and a shift of level that the whole model shows would otherwise never reach them.
    """
    names = (fit.name for fit in bundle.manifest.bases)
    found: dict[str, Update | None] = {}
    for name, fit in zip(names, bundle.bases, strict=True):
        try:
            found[name] = recalibrated_or_kept(*_known(fit, intake, truth))
        except CohortError:  # nobody of the period can be scored by it
            found[name] = None
    return found


def _known(fit: Bundle, intake: Intake | Ready, truth: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return outcome and log-odds of each client, one row each, whom a fit scores and whose outcome is known."""
    both = scored(fit, intake)[[*KEYS, FORECAST]].merge(truth, on=KEYS).drop_duplicates("client_id")
    return both["outcome"].to_numpy("int8"), both[FORECAST].to_numpy("float64")


def updated(
    bundle: Bundle, update: Update, models: Path, further: Mapping[str, Update | None] = MappingProxyType({})
) -> Bundle:
    """Save a model with other calibration; measures that no longer hold go, and further fits without an update."""
    fits = [_moved(bundle, bundle, update)]
    for said, fit in zip(bundle.manifest.bases, bundle.bases, strict=True):
        if (own := further.get(said.name)) is not None:
            fits.append(_moved(bundle, fit, own, said.model_copy(update={"measures": {}})))
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
    return save_fits(fits, manifest, card, models, f"{stem}-recalibrated")


def _moved(bundle: Bundle, fit: Bundle, update: Update, basis: BasisFit | None = None) -> Fit:
    """Return a fit of a model with its calibration moved, and the invented rows of its self-test."""
    model = replace(fit.model, calibrator=composed(update.calibrator, fit.model.calibrator))
    file = bundle.folder / f"{basis.prefix if basis else ''}{SELFTEST}"
    rows = pd.read_parquet(BytesIO(bounded(file, PART_BYTES)))
    return Fit(model, fit.features, rows[list(model.columns)].to_numpy("float64"), basis)
