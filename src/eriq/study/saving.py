"""What travels with a saved model, and which of its forecasts stay on this machine."""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from eriq.config import Experiment, Flat
from eriq.config.streams import stream
from eriq.disclosure import min_people, publishable_all, rounded
from eriq.features import Feature
from eriq.features.halves import basis_words
from eriq.features.matrix import to_matrix
from eriq.model.around import Around, around
from eriq.model.bundle import Bundle, Fit, save_fits
from eriq.model.calibrator import expit
from eriq.model.distributions import distributions
from eriq.model.manifest import BasisFit, Manifest, Measured, TrainedOn
from eriq.model.model import Model
from eriq.study.comparison.bases import Judged
from eriq.study.comparison.by_basis import MEASURES
from eriq.study.comparison.calibrated import as_saved
from eriq.study.comparison.compare import Comparison
from eriq.study.design.design import Design
from eriq.study.design.from_tables import today_of
from eriq.study.design.study import Study
from eriq.study.reporting.facts import Facts
from eriq.tables.results import MASKED, SAVED


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A model, and its further fits for rows that lack a half or the registers."""

    model: Model
    halves: tuple[str, ...] = ()  # that a row must have answered for the model; none: every half
    bases: tuple[tuple[Judged, Model], ...] = ()  # those that ask for most first


def save(
    fitted: Fitted, study: Study, found: Comparison, experiment: Experiment, facts: Facts, card: str, models: Path
) -> Bundle:
    """Write a model with everything scoring needs, under the name of its experiment and the day.

    Raises
    ------
    OutputError
        When the folder cannot be written.
    """
    home = study.home.judged()

    def fit(model: Model, basis: BasisFit | None = None) -> Fit:
        used = tuple(f for f in study.features if f.name in model.columns)
        return Fit(model, used, invented_rows(to_matrix(home.matrix, model.columns), used, experiment.seed), basis)

    whole = fit(fitted.model)
    seen = ranges(to_matrix(home.matrix, fitted.model.columns), whole.features, home.client)
    manifest = manifest_of(experiment, study, found, facts, seen).model_copy(update={"halves": fitted.halves})
    matrix, forecast = to_matrix(home.matrix, fitted.model.columns), as_saved(found.home.known(), found.chosen)
    rows: np.ndarray = np.ones(len(matrix), dtype=bool)
    if home.halves is not None and fitted.halves:  # those that scoring gives to the model, and not to a further fit
        rows = np.asarray(home.halves[list(fitted.halves)].to_numpy(bool).all(axis=1))
    kept = distributions(matrix[rows], whole.features, home.client[rows], forecast[rows])
    manifest = manifest.model_copy(update={"distributions": kept, "around": _around(study, home)})
    name = f"{experiment.name}-{today_of(experiment):%Y%m%d}"
    further = [fit(model, basis_fit(one, found.tables.get("by_basis"))) for one, model in fitted.bases]
    return save_fits([whole, *further], manifest, card, models, name)


def _around(study: Study, home: Design) -> Around | None:
    """Return who answered in training, as a body; none where there was no questionnaire."""
    instrument, intake = study.instrument, study.intake
    if instrument is None or intake is None:
        return None
    rows, belief = home.rows[["client_id", "answered_on", "caseworker_id"]], instrument.belief
    given = intake.answers[["client_id", "answered_on"]].assign(
        belief=instrument.oriented(belief, intake.answers[belief]) if belief else np.nan
    )
    joined = rows.merge(
        given.drop_duplicates(["client_id", "answered_on"]), on=["client_id", "answered_on"], how="left"
    )
    return around(joined, home.halves)


def basis_fit(one: Judged, table: pd.DataFrame | None) -> BasisFit:
    """Return what a manifest says of a further fit, with its measures on all rows that have what it takes."""
    measures: dict[str, Measured] = {}
    if table is not None:
        line = table[(table["basis"] == basis_words(*one.basis).en) & (table["rows"] == MASKED)].iloc[0]
        for column, measure in MEASURES.items():
            ends = zip(("estimate", "low", "high"), ("", "_low", "_high"), strict=True)
            given = {end: round(float(line[f"{column}{tail}"]), 6) for end, tail in ends}
            measures[measure] = Measured(**{end: x if np.isfinite(x) else None for end, x in given.items()})
    return BasisFit.model_validate(
        {
            "name": one.name,
            "halves": one.basis[0],
            "registers": one.basis[1],
            "contender": one.chosen.name,
            "measures": measures,
        }
    )


def manifest_of(
    experiment: Experiment,
    study: Study,
    found: Comparison,
    facts: Facts,
    seen: dict[str, tuple[float, float]],
) -> Manifest:
    """Return what the study says of its model; `seen` are the ranges of its measured columns."""
    home, source, instrument = study.home.judged(), experiment.source, study.instrument
    calibrated = as_saved(found.home.known(), found.chosen)
    shown = publishable_all(found.tables, facts.n_rows)
    bands = np.quantile(expit(calibrated[~np.isnan(calibrated)]), [1 / 3, 2 / 3])
    days = home.rows["answered_on"]
    return Manifest(
        experiment=experiment.name,
        contender=found.chosen.name,
        outcome=facts.outcome_words,
        horizon_days=study.horizon_days,
        instrument=instrument,
        flat_client=source.client if isinstance(source, Flat) else None,
        missing_policy=experiment.missing_policy or (instrument.missing_policy if instrument else None),
        lag_days=experiment.lag_days,
        period=(f"{days.min():%Y-%m}", f"{days.max():%Y-%m}") if days.notna().any() else None,
        trained_on=TrainedOn(
            n_rows=rounded(len(home.outcome)),
            n_clients=rounded(len(np.unique(home.client))),
            n_events=rounded(int(home.outcome.sum())),
            prevalence=home.rate,
            simulated=facts.simulated,
            about=facts.about,
        ),
        measures=measured(shown["measures"]),
        fairness=verdicts(found.tables.get("group_gaps")),
        ranges=seen,
        bands=tuple(float(q) for q in bands),
        data=study.digests,
        config=facts.config_yaml,
        versions=dict(facts.versions),
    )


def measured(measures: pd.DataFrame) -> dict[str, Measured]:
    """Return the measures of the saved model, by name and place on their scale."""
    mine = measures[measures["contender"] == SAVED]
    names = mine["measure"].where(mine["at"].isna(), mine["measure"] + "@" + mine["at"])
    ends = mine[["estimate", "low", "high"]].to_dict("records")
    return {
        name: Measured(**{str(end): round(x, 6) if np.isfinite(x) else None for end, x in row.items()})
        for name, row in zip(names, ends, strict=True)
    }


def verdicts(gaps: pd.DataFrame | None) -> dict[str, str]:
    """Return the verdict on every gap between groups, by column, group and measure; none where nobody looked."""
    if gaps is None:
        return {}
    names = gaps["column"] + " = " + gaps["group"] + ": " + gaps["measure"]
    return dict(zip(names, gaps["verdict"], strict=True))


def ranges(matrix: pd.DataFrame, used: Sequence[Feature], client: np.ndarray) -> dict[str, tuple[float, float]]:
    """Return the range seen in training per measured column, with `min_people` people or more beyond each end."""
    found = {}
    for feature in used:
        by_client = matrix[feature.name].groupby(client).agg(["min", "max"]).dropna()
        if feature.kind != "continuous" or feature.sensitive or len(by_client) <= 2 * min_people():
            continue
        low = max(by_client["min"].quantile(0.005), by_client["min"].nsmallest(min_people() + 1).iloc[-1])
        high = min(by_client["max"].quantile(0.995), by_client["max"].nlargest(min_people() + 1).iloc[-1])
        rounded = _inward(low, math.ceil), _inward(high, math.floor)
        if rounded[0] <= rounded[1]:
            found[feature.name] = rounded
    return found


def _inward(value: float, round_to: Callable[[float], int]) -> float:
    """Return an end of a range with three digits, rounded so that nobody beyond it comes within.

    >>> _inward(1015.2, math.ceil), _inward(1015.2, math.floor), _inward(-0.01234, math.ceil)
    (1020.0, 1010.0, -0.0123)
    """
    if value == 0:
        return 0.0
    places = 2 - math.floor(math.log10(abs(value)))
    return round(round_to(round(value * 10.0**places, 6)) / 10.0**places, max(places, 0))


def invented_rows(matrix: pd.DataFrame, used: Sequence[Feature], seed: int, rows: int = 20) -> np.ndarray:
    """Return rows drawn column by column between the usual values: no person looks like them.

    Returns
    -------
    ndarray of shape (rows, n_columns)
        One cell in twenty is a gap.
    """
    rng = stream(seed, "self-test rows")
    columns = []
    for feature in used:
        value = matrix[feature.name].dropna()
        low, high = value.quantile([0.05, 0.95]) if len(value) else (0.0, 1.0)
        drawn = rng.uniform(low, high, rows)
        columns.append(drawn if feature.kind == "continuous" else drawn.round())
    sample = np.column_stack(columns) if columns else np.empty((rows, 0))
    sample[rng.random(sample.shape) < 0.05] = np.nan
    return sample


def held_out(found: Comparison) -> pd.DataFrame:
    """Return the forecasts of the saved model for people it was not fitted to: three numbers a row, no ids.

    Rows come in an order made from the outcomes alone, and clients are counted anew in it: nothing
    leads back to the rows of the input, and two trainings on the same rows give the same order.

    Parameters
    ----------
    found : Comparison
        Out-of-fold log-odds; they are calibrated on other people here, as the report does. Where rows have weights,
        those followed to the end are kept, since who compares models later knows no weights.

    Returns
    -------
    DataFrame
        Columns client (0, 1, ...), outcome (0 or 1), log_odds (three decimals).
    """
    design, log_odds = found.held.design, as_saved(found.held, found.chosen)
    rows = np.flatnonzero(~np.isnan(log_odds) & design.known & design.whole)
    content = hashlib.sha256(design.outcome[rows].tobytes() + design.client[rows].astype("int64").tobytes()).digest()
    rows = stream(int.from_bytes(content[:8], "little"), "held-out order").permutation(rows)
    client, _ = pd.factorize(design.together[rows])  # what gates draw as one
    return pd.DataFrame({"client": client, "outcome": design.outcome[rows], "log_odds": log_odds[rows].round(3)})
