"""Score one chunk of rows: every row ends exactly once among the scores or the set-aside."""

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from eriq.errors import SchemaError
from eriq.features import flat_columns, questionnaire_columns, recorded_columns, wave_columns
from eriq.features.matrix import to_matrix
from eriq.model.bundle import Bundle
from eriq.scoring.checks import check_rows
from eriq.scoring.options import Options, WithoutRegisters
from eriq.scoring.parts import Part, scores_of_parts
from eriq.scoring.previous import nothing_declared
from eriq.scoring.repeats import Seen, repeated, row_keys
from eriq.scoring.set_aside import joined, set_aside, typed
from eriq.scoring.sources.base import Chunk
from eriq.tables.cohort import Registers
from eriq.tables.versions import declared


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """One chunk after scoring; `row` counts the rows of the input from 1."""

    scores: pd.DataFrame
    rejected: pd.DataFrame  # SET_ASIDE
    keys: np.ndarray = field(default_factory=lambda: np.empty((0, 0), dtype="uint64"))  # see `row_keys`

    @property
    def n_read(self) -> int:
        """Rows that came in."""
        return len(self.scores) + len(self.rejected)


@dataclass(frozen=True, slots=True, eq=False)
class Usable:
    """One chunk after all checks, before any number of the model."""

    kept: pd.DataFrame  # typed, the usable rows only
    parts: tuple[Part, ...]  # the same rows, parted by the fit that each gets
    rows: np.ndarray  # their numbers in the input
    rejected: pd.DataFrame  # SET_ASIDE
    keys: np.ndarray  # of all rows: see `row_keys`


def score_rows(
    bundle: Bundle, raw: pd.DataFrame, options: Options, registers: Registers | None = None, first_row: int = 1
) -> Scored:
    """Return the scores of a chunk and the rows set aside with their reasons.

    Parameters
    ----------
    bundle : Bundle
    raw : DataFrame of shape (n_rows, any)
        As read from a file: ANSWERS, or the columns of the ready table the model was trained on.
        Register columns may stand beside the answers under the names in the manifest.
    options : Options
    registers : Registers, optional
        Where register columns are to be made from.
    first_row : int
        Number of the first row within the whole input.

    Raises
    ------
    SchemaError
        When a column is missing or there twice, which no single row can answer for.

    Returns
    -------
    Scored
        ``len(scores) + len(rejected) == len(raw)``.
    """
    if options.consent_required and bundle.instrument and "consent" not in raw.columns:
        raise SchemaError(
            "the answers have no column consent, so that nobody is known to have agreed; add it, or declare "
            "consent: not_collected (--consent not_collected)"
        )
    if bundle.instrument:
        raw = declared(raw, options.answers_to)
    today = options.today or dt.date.today()
    usable = usable_rows(bundle, raw, today, registers, first_row, options.without_registers, options.previous)
    scores = scores_of_parts(bundle, usable.kept, usable.parts, options)
    scores.insert(0, "row", usable.rows)
    return Scored(scores, usable.rejected, usable.keys)


def usable_rows(
    bundle: Bundle,
    raw: pd.DataFrame,
    today: dt.date,
    registers: Registers | None = None,
    first_row: int = 1,
    without_registers: WithoutRegisters = None,
    previous: pd.DataFrame | None = None,
) -> Usable:
    """Return the rows a model can take as its matrix, and those set aside; see `score_rows`."""
    raw = raw.reset_index(drop=True)
    found = check_rows(bundle, raw, today, registers, without_registers)
    rejected = set_aside(raw, found.problems, first_row)
    good, kept, wide, fit = np.arange(len(raw)), found.typed, found.wide, found.fit
    if len(rejected):
        good = np.delete(good, rejected["row"].to_numpy() - first_row)
        kept, wide = kept.iloc[good].reset_index(drop=True), wide.iloc[good].reset_index(drop=True)
        fit = fit[good]
    if registers is None and without_registers == "use":
        wide = wide.reindex(columns=list(bundle.registers))
    columns = pd.concat([_columns(bundle, kept, wide, registers), _waves(bundle, kept, previous)], axis="columns")
    parts = []
    for place, one in enumerate(bundle.fits):
        rows = np.flatnonzero(fit == place)
        if len(rows) or (place == 0 and not len(good)):
            some = columns if len(rows) == len(good) else columns.iloc[rows]
            parts.append(Part(one, rows, to_matrix(some, [f.name for f in one.features]).to_numpy()))
    return Usable(kept, tuple(parts), good + first_row, rejected, row_keys(found.typed, flat=bundle.instrument is None))


def _columns(bundle: Bundle, kept: pd.DataFrame, wide: pd.DataFrame, registers: Registers | None) -> pd.DataFrame:
    """Return the columns of all fits of a model, made by the code that made them in training."""
    instrument = bundle.instrument
    if instrument is None:
        return flat_columns(kept, bundle.features)
    parts = [questionnaire_columns(kept, instrument, bundle.manifest.missing_policy)]
    if missing := [name for name in bundle.registers if name not in wide.columns]:
        if registers is None:
            hint = ", or declare without_registers: use" if any(not fit.basis[1] for fit in bundle.bases) else ""
            raise SchemaError(
                f"{bundle.name} uses {len(missing)} register column(s) that the input does not have; give the folder "
                f"with persons, spells and events, or a table made by 'eriq features'{hint}"
            )
        parts.append(recorded_columns(kept, registers, bundle.manifest.lag_days)[missing])
    return pd.concat([*parts, wide], axis="columns")


def _waves(bundle: Bundle, kept: pd.DataFrame, previous: pd.DataFrame | None) -> pd.DataFrame:
    """Return the columns that earlier questionnaires give, where the model has some; never from the batch itself."""
    if bundle.instrument is None or not bundle.needs_previous:
        return pd.DataFrame(index=kept.index)
    if previous is None:
        raise nothing_declared(bundle)
    clients, raters = (previous[name].isin(kept[name].dropna()) for name in ("client_id", "caseworker_id"))
    return wave_columns(kept, previous[clients | raters], bundle.instrument)


def settle(bundle: Bundle, chunk: Chunk, done: Scored, seen: Seen) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return scores and rows set aside under their numbers in the input, later repeats among the latter."""
    again = seen.add(done.keys)
    scores, rejected = done.scores, done.rejected
    if again.any():
        late = set_aside(chunk.frame, repeated(bundle, again), 1)
        scores = scores[~scores["row"].isin(late["row"])].reset_index(drop=True)
        rejected = joined(typed(rejected), typed(late))
    scores = scores.assign(row=chunk.rows[scores["row"].to_numpy() - 1])
    rejected = rejected.assign(row=chunk.rows[rejected["row"].to_numpy("int64") - 1])
    whole = pd.concat([typed(rejected), typed(chunk.broken)]) if len(chunk.broken) else typed(rejected)
    return scores, whole.sort_values("row", kind="stable").reset_index(drop=True)
