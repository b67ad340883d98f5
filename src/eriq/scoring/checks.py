"""Which rows cannot be scored, and why: what the schema refuses, too few answers, no consent."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from eriq.features.halves import GAP, fit_places, given_answers, usable_halves
from eriq.instrument.instrument import Instrument
from eriq.model.bundle import Bundle
from eriq.scoring.options import WithoutRegisters
from eriq.tables import schema
from eriq.tables.between import check_known
from eriq.tables.cohort import Registers
from eriq.tables.consent import not_given, withdrawn
from eriq.tables.halves import check_halves
from eriq.tables.intake import check_own_answers
from eriq.tables.ready import contract, read_ready
from eriq.tables.schema import Problem
from eriq.tables.versions import translated


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """Rows of an input, typed, and what is wrong with some of them."""

    typed: pd.DataFrame
    wide: pd.DataFrame  # register columns that stand in the input itself
    problems: list[Problem]
    fit: np.ndarray  # place among `Bundle.fits` of the fit that each row gets; -1 where it gets none


def check_rows(
    bundle: Bundle,
    raw: pd.DataFrame,
    today: dt.date,
    registers: Registers | None,
    without_registers: WithoutRegisters = None,
) -> Checked:
    """Return the rows of an input typed, with every rule that some of them break.

    Unless `without_registers` is "refuse", a client whom the registers do not know is no problem where the model has
    a fit for that: it is the person's own row that lacks them, whatever else is in the input.

    Raises
    ------
    SchemaError
        When a column is missing or there twice, which no single row can answer for.
    """
    if instrument := bundle.instrument:
        typed, problems = checked_answers(raw, instrument, today)
        wide, found = _given_registers(raw, bundle)
        able = without_registers != "refuse" and any(not fit.basis[1] for fit in bundle.bases)
        known = _known_people(typed, wide, bundle, registers) if able else np.ones(len(raw), dtype=bool)
        fit, few = _fits(bundle, typed, instrument, known)
        problems += found + few
        problems += _no_consent(typed, [problem for problem in problems if problem.column == "consent"], raw)
        if registers is not None:
            strangers = check_known(typed, registers.persons, "answers")
            problems += [problem for problem in strangers if not (able and problem.code == "unknown_client")]
    else:
        typed, problems = _check_flat(raw, bundle)
        wide, fit = pd.DataFrame(index=raw.index), np.zeros(len(raw), dtype="int64")
    schema.refuse([problem for problem in problems if not len(problem.rows)])
    return Checked(typed, wide, problems, fit)


def checked_answers(raw: pd.DataFrame, instrument: Instrument, today: dt.date) -> tuple[pd.DataFrame, list[Problem]]:
    """Return what `check_answers` returns, sooner where items come as small whole numbers.

    An item of the right type in which every answer is an allowed code needs no cell by cell reading;
    that is half of the time of a check.
    """
    raw, strange = translated(raw, instrument)
    names, found = [c.name for c in schema.answers_columns(instrument)], list(raw.columns)
    clean = {
        item: raw[item] for item in instrument.item_ids if found.count(item) == 1 and _is_clean(raw[item], instrument)
    }
    if not clean:
        answers, problems = check_own_answers(raw, instrument, today, extra="ignore")
        return answers, strange + problems
    rest = [column for column in schema.answers_columns(instrument) if column.name not in clean]
    answers, problems = schema.check(raw, rest, "answers", extra="ignore")
    answers = pd.concat([answers, pd.DataFrame(clean)], axis="columns")[names]
    problems += strange + schema.check_dates(answers, "answers", today)
    problems += check_halves(answers)
    if answers["wave"].notna().any():
        problems += schema.check_repeats(answers, ["client_id", "wave"], "answers")
    return answers, problems + schema.check_repeats(answers, ["client_id", "answered_on"], "answers")


def _is_clean(given: pd.Series, instrument: Instrument) -> bool:
    if given.dtype != "Int8":
        return False
    counts = np.bincount(given.to_numpy("int8", na_value=GAP).view("uint8"), minlength=256)
    known = list({code % 256 for code in (*instrument.allowed(str(given.name)), GAP)})
    return int(counts[known].sum()) == len(given) and int(counts[GAP % 256]) == int(given.isna().sum())


def _known_people(answers: pd.DataFrame, wide: pd.DataFrame, bundle: Bundle, registers: Registers | None) -> np.ndarray:
    """Return whose register facts are there: in the input itself, or in the registers beside it."""
    if len(wide.columns) == len(bundle.registers):
        return wide.notna().any(axis="columns").to_numpy(bool)
    if registers is None:
        return np.zeros(len(answers), dtype=bool)
    return answers["client_id"].isin(registers.persons["client_id"]).to_numpy(bool)


def _fits(
    bundle: Bundle, answers: pd.DataFrame, instrument: Instrument, known: np.ndarray
) -> tuple[np.ndarray, list[Problem]]:
    """Return which fit each row gets, and the rows that get none: too few answers, or a required one is not given.

    A model that names no halves asks for the least number of answers, and for those required, in every half.
    """
    if not bundle.manifest.halves:
        return np.zeros(len(answers), dtype="int64"), _too_few(answers, instrument)
    fit = fit_places([one.basis for one in bundle.fits], usable_halves(answers, instrument), known)
    return fit, _too_few(answers, instrument, fit < 0, least=1) if (fit < 0).any() else []


def _too_few(
    answers: pd.DataFrame, instrument: Instrument, among: np.ndarray | None = None, *, least: int = 0
) -> list[Problem]:
    """Return rows below the questionnaire's least number of answers, or without one that is required."""
    problems = []
    among = np.ones(len(answers), dtype=bool) if among is None else among
    for respondent in instrument.halves:
        items = [item.id for item in instrument.half(respondent)]
        need = max(instrument.need(respondent), min(least, len(items)))
        few = among & (given_answers(answers, items).sum(axis=0) < need)
        if few.any():
            words = f"fewer than {need} of {len(items)} questions answered by the {respondent}"
            problems.append(Problem("answers", respondent, "too_few_answers", words, np.flatnonzero(few)))
    for item in (item.id for item in instrument.items if item.required):
        gone = np.flatnonzero(among & ~given_answers(answers, [item])[0])
        problems += [Problem("answers", item, "required", "required and not answered", gone)] if len(gone) else []
    return problems


def _no_consent(answers: pd.DataFrame, unread: Sequence[Problem], raw: pd.DataFrame) -> list[Problem]:
    """Return rows without consent, a blank being none where there is such a column, and those of who withdrew it."""
    problems = []
    if "consent" in raw.columns:
        refused = not_given(answers)
        for problem in unread:  # told already
            refused[problem.rows] = False
        if refused.any():
            problems.append(Problem("answers", "consent", "no_consent", "no consent", np.flatnonzero(refused)))
    left = np.flatnonzero(withdrawn(answers))
    if len(left):
        problems.append(Problem("answers", "consent_withdrawn_on", "withdrawn", "consent withdrawn", left))
    return problems


def _given_registers(raw: pd.DataFrame, bundle: Bundle) -> tuple[pd.DataFrame, list[Problem]]:
    """Return register columns that stand in the input itself, typed."""
    found = list(raw.columns)
    names = [name for name in bundle.registers if name in found]
    plain = {
        n: raw[n] for n in names if found.count(n) == 1 and raw[n].dtype == "float64" and not np.isinf(raw[n]).any()
    }
    rest = [schema.Column(name, "Float64") for name in names if name not in plain]
    typed, problems = (
        schema.check(raw, rest, "answers", extra="ignore") if rest else (pd.DataFrame(index=raw.index), [])
    )
    return pd.concat([typed.astype("float64"), pd.DataFrame(plain, index=raw.index)], axis="columns")[names], problems


def _check_flat(raw: pd.DataFrame, bundle: Bundle) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the columns of a ready table, typed; a level never seen in training is a problem."""
    columns = [schema.Column(bundle.client, "str", required=True)]
    for feature in bundle.features:
        told = contract(feature.column, feature.given) if feature.given else None
        allowed: tuple[str | int, ...] = feature.levels or ((0, 1) if feature.kind == "flag" else ())
        plain = schema.Column(feature.column, "str" if feature.levels else "Float64", allowed=allowed)
        columns.append(replace(told, allowed=allowed) if told else plain)
    columns += [schema.Column(day, "datetime64[us]") for day in bundle.days]
    declared = {f.column: f.given for f in bundle.features if f.given}
    typed, problems = read_ready(raw, list({column.name: column for column in columns}.values()), declared)
    problems += schema.check_repeats(typed, [columns[0].name], "table")
    return typed.rename(columns={columns[0].name: "client_id"}), problems
