"""The table of scores: what a row of it says, and in which columns."""

import numpy as np
import pandas as pd

from eriq.features.sensitive import SENSITIVE
from eriq.model.bundle import Bundle
from eriq.model.calibrator import expit
from eriq.scoring.checks import given_answers
from eriq.scoring.options import Options
from eriq.scoring.reasons import Cells, by_row, reasons, words_at
from eriq.tables.belief import after_score


def scores_of(bundle: Bundle, kept: pd.DataFrame, matrix: np.ndarray, options: Options) -> pd.DataFrame:
    """Return what is shown of each row that can be scored.

    Parameters
    ----------
    bundle : Bundle
    kept : DataFrame of shape (n_rows, any)
        The rows, typed.
    matrix : ndarray of shape (n_rows, n_columns)
        Of the same rows, for the model.
    options : Options

    Returns
    -------
    DataFrame of shape (n_rows, any)
        Ids, what `options` ask for, shares answered, what lies out of range, reasons, model and questionnaire.
    """
    instrument = bundle.instrument
    log_odds = by_row(bundle.model.log_odds, matrix)
    out: dict[str, Cells | pd.Series] = {"client_id": kept["client_id"].to_numpy()}
    for name in ("answered_on", "wave"):
        if name in kept and instrument is not None:
            out[name] = kept[name]
    if options.show == "probability":
        out["probability"] = expit(log_odds)
        out["log_odds"] = log_odds
    elif options.show == "band":
        edges = np.asarray(bundle.manifest.bands)
        out["band"] = np.searchsorted(edges, expit(log_odds), side="right") + 1
    refits = (
        by_row(bundle.model.spread, matrix) if bundle.model.members and (options.interval or options.ranked) else None
    )
    if refits is not None and options.interval and options.show == "probability":
        out["refit_low"], out["refit_high"] = expit(refits.min(axis=1)), expit(refits.max(axis=1))
    if options.ranked:
        out["_log_odds"] = log_odds
        out |= {f"_refit_{k}": column for k, column in enumerate([] if refits is None else refits.T, 1)}
    out |= _answered(bundle, kept, matrix)
    out["out_of_range"] = _out_of_range(matrix, bundle)
    if options.reasons:
        out |= reasons(bundle, matrix, log_odds, options)
    every_row = np.zeros(len(kept), dtype="int32")
    out["model"] = words_at(every_row, [bundle.name])
    if instrument and "instrument" in kept and kept["instrument"].notna().any():
        out["instrument"] = pd.Categorical(kept["instrument"].fillna(instrument.label))
    else:
        out["instrument"] = words_at(every_row, [instrument.label if instrument else "none"])
    return pd.DataFrame(out)


def _answered(bundle: Bundle, kept: pd.DataFrame, matrix: np.ndarray) -> dict[str, np.ndarray]:
    instrument = bundle.instrument
    if instrument is None:
        return {"share_answered": 1 - np.isnan(matrix).mean(axis=1) if matrix.shape[1] else np.ones(len(matrix))}
    shares, partial = {}, np.zeros(len(kept), dtype=bool)
    for respondent in instrument.halves:
        items = [item.id for item in instrument.half(respondent)]
        given = given_answers(kept, items).mean(axis=0)
        shares[f"share_answered_{respondent}"] = given
        partial |= given < 1
    return {**shares, "partial": partial, "belief_after_score": after_score(kept, instrument).to_numpy()}


def _out_of_range(matrix: np.ndarray, bundle: Bundle) -> np.ndarray:
    """Return, per row, the columns outside the range seen in training, by name, never by value."""
    flagged = np.full(len(matrix), "", dtype=object)
    ranges = bundle.manifest.ranges
    for place, feature in enumerate(bundle.features):
        if feature.name not in ranges:
            continue
        low, high = ranges[feature.name]
        value = matrix[:, place]
        outside = (value < low) | (value > high)
        if outside.any():
            name = SENSITIVE if feature.sensitive else feature.name
            flagged[outside] = [f"{have}; {name}" if have else name for have in flagged[outside]]
    return flagged
