"""The table of scores: what a row of it says, and in which columns."""

import numpy as np
import pandas as pd

from eriq.features.halves import basis_words, given_answers
from eriq.features.sensitive import SENSITIVE
from eriq.features.words import filled, words
from eriq.model.bundle import Bundle
from eriq.model.calibrator import expit
from eriq.scoring.options import Options
from eriq.scoring.reasons import Cells, by_row, explained, reasons, words_at
from eriq.tables.belief import after_score

FORECAST = ("probability", "log_odds", "band", "base_log_odds")


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
    log_odds, given = explained(bundle, matrix) if options.reasons else (by_row(bundle.model.log_odds, matrix), None)
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
    out["out_of_range"] = outside = _out_of_range(matrix, bundle)
    why = _withheld(expit(log_odds), outside, options)
    out["basis"] = words_at(why, _bases(bundle, options))
    if given is not None:
        out |= reasons(bundle, matrix, log_odds, given, options)
    every_row = np.zeros(len(kept), dtype="int32")
    out["model"] = words_at(every_row, [bundle.name])
    if instrument and "instrument" in kept and kept["instrument"].notna().any():
        out["instrument"] = pd.Categorical(kept["instrument"].fillna(instrument.label))
    else:
        out["instrument"] = words_at(every_row, [instrument.label if instrument else "none"])
    return _without_forecast(pd.DataFrame(out), why > 0) if options.may_withhold else pd.DataFrame(out)


def _bases(bundle: Bundle, options: Options) -> list[str]:
    """Return what a forecast of this fit rests on, and the same where it is withheld: by the band, by its range."""
    basis = basis_words(*bundle.basis)
    # Where no number is shown, nothing says where one lies either.
    rules = ("rules", "rules") if options.show == "reasons" else ("between", "range")
    held = [filled("withheld", why=words()["withheld"][name], basis=basis) for name in rules]
    return [text.in_(bundle.language(options.language)) for text in (basis, *held)]


def _withheld(probability: np.ndarray, outside: np.ndarray, options: Options) -> np.ndarray:
    """Return, per row, 0 where the forecast is shown, 1 where it is in the declared band, 2 where out of range."""
    why = np.zeros(len(probability), dtype="int32")
    if options.no_forecast_between is not None:
        low, high = options.no_forecast_between
        why[(probability >= low) & (probability <= high)] = 1
    if options.out_of_range == "withhold":
        why[outside != ""] = 2
    return why


def _without_forecast(scores: pd.DataFrame, withheld: np.ndarray) -> pd.DataFrame:
    """Return scores without what tells the forecast of the rows withheld: numbers, band and reasons."""
    told = [n for n in scores if n in FORECAST or str(n).startswith(("refit_", "reason_", "_"))]
    gaps = {str(n): scores[n].astype("Int64") if n == "band" else scores[n] for n in told}
    return scores.assign(**{name: column.mask(withheld) for name, column in gaps.items()})


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
