"""Score one chunk of rows: every row ends exactly once among the scores or the set-aside."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from eriq.errors import InstrumentError, SchemaError
from eriq.features import questionnaire_columns, register_columns
from eriq.features.matrix import to_matrix
from eriq.features.sensitive import SENSITIVE, SENSITIVE_LABEL, units
from eriq.instrument.instrument import RESPONDENTS, Instrument
from eriq.instrument.texts import Language
from eriq.model.bundle import Bundle
from eriq.model.calibrator import expit
from eriq.scoring.sources.files import Wanted
from eriq.tables import schema
from eriq.tables.cohort import Registers
from eriq.tables.intake import check_answers
from eriq.tables.schema import Problem

Show = Literal["probability", "band", "reasons"]
REJECTED = ("client_id", "answered_on", "code", "reason")
GAP = -128  # stands for no answer where codes are small whole numbers
DIRECTIONS = {"en": ["higher", "lower"], "sv": ["högre", "lägre"], "da": ["højere", "lavere"]}


@dataclass(frozen=True, slots=True)
class Options:
    """What a score file shows, and how."""

    language: Language = "en"
    reasons: int = 5
    show: Show = "probability"
    interval: bool = False
    today: dt.date | None = None
    ranked: bool = False  # keep what ranking the whole run needs, in columns that begin with "_"


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """One chunk after scoring; `row` counts the rows of the input from 1."""

    scores: pd.DataFrame
    rejected: pd.DataFrame  # row, client_id, answered_on, code, reason
    keys: np.ndarray = field(default_factory=lambda: np.empty((0, 0), dtype="uint64"))  # see `row_keys`

    @property
    def n_read(self) -> int:
        """Rows that came in."""
        return len(self.scores) + len(self.rejected)


@dataclass(frozen=True, slots=True, eq=False)
class Usable:
    """One chunk after all checks, before any number of the model."""

    kept: pd.DataFrame  # typed, the usable rows only
    matrix: np.ndarray  # of the same rows, the model's columns
    rows: np.ndarray  # their numbers in the input
    rejected: pd.DataFrame  # row, client_id, answered_on, code, reason
    keys: np.ndarray  # of all rows: see `row_keys`


def require_instrument(bundle: Bundle, given: Instrument) -> None:
    """Raise InstrumentError if answers to `given` cannot be scored by this model."""
    mine = bundle.instrument
    if mine is None:
        raise InstrumentError(f"{bundle.name} was trained on a ready table, not on a questionnaire")
    if given.digest != mine.digest:
        raise InstrumentError(
            f"{bundle.name} was trained on {mine.id} {mine.version} ({mine.digest[:8]}); these answers are to "
            f"{given.id} {given.version} ({given.digest[:8]})"
        )


def wanted_columns(bundle: Bundle, mapping: Mapping[str, str] | None = None) -> Wanted:
    """Return the columns of an input that this model reads: all others stay in the file."""
    registers = frozenset(f.name for f in bundle.features if f.respondent == "register")
    if instrument := bundle.instrument:
        columns = schema.answers_columns(instrument)
        names, whole = frozenset(c.name for c in columns), frozenset(instrument.item_ids)
        return Wanted(names | registers, whole, registers, mapping or {})
    numbers = frozenset(f.column for f in bundle.features if not f.levels)
    texts = frozenset(f.column for f in bundle.features if f.levels)
    return Wanted(numbers | texts | {bundle.client}, frozenset(), numbers, mapping or {})


def row_keys(typed: pd.DataFrame) -> np.ndarray:
    """Return what may occur once in a whole input, as 64-bit hashes; 0 where a part is missing.

    Returns
    -------
    ndarray of shape (n_rows, n_rules)
        Client and answer date, client and wave; client alone for a ready table. Two different keys
        share a hash with odds of 3 in a million for ten million rows.
    """
    client = pd.util.hash_array(typed["client_id"].astype(object).to_numpy(), categorize=False)
    known = typed["client_id"].notna().to_numpy()
    rules = [name for name in ("answered_on", "wave") if name in typed]
    if not rules:
        return np.where(known, client | np.uint64(1), np.uint64(0))[:, None]
    columns = []
    for salt, name in enumerate(rules, 1):
        there = known & typed[name].notna().to_numpy()
        number = (
            typed[name].to_numpy("datetime64[D]").astype("int64")
            if name == "answered_on"
            else typed[name].to_numpy("int64", na_value=0)
        )
        mixed = (client ^ (number.astype("uint64") * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt))) * np.uint64(
            0xBF58476D1CE4E5B9
        )
        mixed ^= mixed >> np.uint64(29)
        columns.append(np.where(there, mixed | np.uint64(1), np.uint64(0)))
    return np.column_stack(columns)


def keys_of(bundle: Bundle, raw: pd.DataFrame) -> np.ndarray:
    """Return the `row_keys` of rows as read, without scoring them."""
    raw = raw.reset_index(drop=True)
    if instrument := bundle.instrument:
        columns = [c for c in schema.answers_columns(instrument) if c.name in ("client_id", "answered_on", "wave")]
        return row_keys(schema.check(raw, columns, "answers", extra="ignore")[0])
    client = bundle.client
    typed, _ = schema.check(raw, [schema.Column(client, "str")], "table", extra="ignore")
    return row_keys(typed.rename(columns={client: "client_id"}))


def repeated(bundle: Bundle, seen: np.ndarray) -> list[Problem]:
    """Return the problems of rows whose key, by rule, was seen in an earlier part of the input.

    Parameters
    ----------
    bundle : Bundle
    seen : ndarray of bool, shape (n_rows, n_rules)
        For the rules of `row_keys`.
    """
    flat = bundle.manifest.flat_client
    rules = (
        [("table", [flat])] if flat else [("answers", ["client_id", "wave"]), ("answers", ["client_id", "answered_on"])]
    )
    order = [0] if flat else [1, 0]
    problems = []
    for (table, keys), rule in zip(rules, order, strict=True):
        words = f"same {' and '.join(keys)} as an earlier row"
        problems.append(Problem(table, keys[0], "duplicate", words, np.flatnonzero(seen[:, rule])))
    return problems


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
    usable = usable_rows(bundle, raw, options.today or dt.date.today(), registers, first_row)
    scores = _scores(usable.kept, usable.matrix, bundle, bundle.instrument, options)
    scores.insert(0, "row", usable.rows)
    return Scored(scores, usable.rejected, usable.keys)


def usable_rows(
    bundle: Bundle, raw: pd.DataFrame, today: dt.date, registers: Registers | None = None, first_row: int = 1
) -> Usable:
    """Return the rows a model can take as its matrix, and those set aside; see `score_rows`."""
    raw = raw.reset_index(drop=True)
    instrument = bundle.instrument
    if instrument:
        typed, problems = checked_answers(raw, instrument, today)
        wide, found = _given_registers(raw, bundle)
        problems += found
        problems += _too_few(typed, instrument)
        if registers is not None:
            problems += schema.check_known(typed, registers.persons, "answers")
    else:
        typed, problems = _check_flat(raw, bundle)
        wide = pd.DataFrame(index=raw.index)
    whole_file = [p for p in problems if not len(p.rows)]
    if whole_file:
        schema.refuse(whole_file)
    rejected = set_aside(raw, problems, first_row)
    good, kept = np.arange(len(raw)), typed
    if len(rejected):
        good = np.delete(good, rejected["row"].to_numpy() - first_row)
        kept, wide = typed.iloc[good].reset_index(drop=True), wide.iloc[good].reset_index(drop=True)
    matrix = _matrix(kept, wide, bundle, instrument, registers)
    return Usable(kept, matrix, good + first_row, rejected, row_keys(typed))


def set_aside(raw: pd.DataFrame, problems: Sequence[Problem], first_row: int) -> pd.DataFrame:
    """Return one line per row with any problem: number, ids as given, codes and reasons."""
    codes: dict[int, list[str]] = {}
    words: dict[int, list[str]] = {}
    for problem in problems:
        for row in problem.rows.tolist():
            codes.setdefault(row, []).append(f"{problem.column}:{problem.code}")
            words.setdefault(row, []).append(f"{problem.column}: {problem.text}")
    rows = sorted(codes)
    if not rows:
        return pd.DataFrame({"row": pd.Series(dtype="int64"), **{n: pd.Series(dtype="str") for n in REJECTED}})
    ids = {
        name: raw[name].iloc[rows].astype("str").to_numpy() if list(raw.columns).count(name) == 1 else None
        for name in ("client_id", "answered_on")
    }
    return pd.DataFrame(
        {
            "row": np.array(rows, dtype="int64") + first_row,
            **ids,
            "code": pd.Series(["; ".join(codes[row]) for row in rows], dtype="str"),
            "reason": pd.Series(["; ".join(words[row]) for row in rows], dtype="str"),
        }
    )


def checked_answers(raw: pd.DataFrame, instrument: Instrument, today: dt.date) -> tuple[pd.DataFrame, list[Problem]]:
    """Return what `check_answers` returns, sooner where items come as small whole numbers.

    An item of the right type in which every answer is an allowed code needs no cell by cell reading;
    for 22 items that is half of the time of a check.
    """
    names, found = [c.name for c in schema.answers_columns(instrument)], list(raw.columns)
    clean = {
        item: raw[item] for item in instrument.item_ids if found.count(item) == 1 and _is_clean(raw[item], instrument)
    }
    if not clean:
        return check_answers(raw, instrument, today, extra="ignore")
    rest = [column for column in schema.answers_columns(instrument) if column.name not in clean]
    answers, problems = schema.check(raw, rest, "answers", extra="ignore")
    answers = pd.concat([answers, pd.DataFrame(clean)], axis="columns")[names]
    problems += schema.check_dates(answers, "answers", today)
    if answers["wave"].notna().any():
        problems += schema.check_repeats(answers, ["client_id", "wave"], "answers")
    return answers, problems + schema.check_repeats(answers, ["client_id", "answered_on"], "answers")


def _is_clean(given: pd.Series, instrument: Instrument) -> bool:
    if given.dtype != "Int8":
        return False
    known = np.zeros(256, dtype=bool)
    known[[code + 128 for code in (*instrument.allowed(str(given.name)), GAP)]] = True
    codes = given.to_numpy("int8", na_value=GAP)
    return bool(known[codes.astype("int16") + 128].all()) and int((codes == GAP).sum()) == int(given.isna().sum())


def _given_answers(answers: pd.DataFrame, items: Sequence[str]) -> np.ndarray:
    """Return true where a question was answered, shape (n_items, n_rows)."""
    if not items:
        return np.ones((1, len(answers)), dtype=bool)
    return np.stack([answers[item].to_numpy("int8", na_value=GAP) for item in items]) >= 0


def _too_few(answers: pd.DataFrame, instrument: Instrument) -> list[Problem]:
    """Return rows below the questionnaire's least number of answers, and rows without consent."""
    problems = []
    for respondent in RESPONDENTS:
        items = [item.id for item in instrument.half(respondent)]
        need = getattr(instrument.minimum_answered, respondent)
        given = _given_answers(answers, items).sum(axis=0)
        if (given < need).any():
            words = f"fewer than {need} of {len(items)} questions answered by the {respondent}"
            problems.append(Problem("answers", respondent, "too_few_answers", words, np.flatnonzero(given < need)))
    for item in (item.id for item in instrument.items if item.required):
        gone = np.flatnonzero(~_given_answers(answers, [item])[0])
        problems += [Problem("answers", item, "required", "required and not answered", gone)] if len(gone) else []
    refused = (answers["consent"] == 0).fillna(False).to_numpy(bool)
    if refused.any():
        problems.append(Problem("answers", "consent", "no_consent", "no consent", np.flatnonzero(refused)))
    return problems


def _given_registers(raw: pd.DataFrame, bundle: Bundle) -> tuple[pd.DataFrame, list[Problem]]:
    """Return register columns that stand in the input itself, typed."""
    found = list(raw.columns)
    names = [f.name for f in bundle.features if f.respondent == "register" and f.name in found]
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
        allowed: tuple[Any, ...] = feature.levels or ((0, 1) if feature.kind == "flag" else ())
        columns.append(schema.Column(feature.column, "str" if feature.levels else "Float64", allowed=allowed))
    typed, problems = schema.check(raw, columns, "table", extra="ignore")
    problems += schema.check_repeats(typed, [columns[0].name], "table")
    return typed.rename(columns={columns[0].name: "client_id"}), problems


def _matrix(
    kept: pd.DataFrame, wide: pd.DataFrame, bundle: Bundle, instrument: Instrument | None, registers: Registers | None
) -> np.ndarray:
    """Return the model's columns, made by the code that made them in training."""
    columns = [f.name for f in bundle.features]
    if instrument is None:
        from eriq.features import flat_columns

        return to_matrix(flat_columns(kept, bundle.features), columns).to_numpy()
    parts = [questionnaire_columns(kept, instrument, bundle.manifest.missing_policy)]
    if missing := [f.name for f in bundle.features if f.respondent == "register" and f.name not in wide.columns]:
        if registers is None:
            raise SchemaError(
                f"{bundle.name} uses {len(missing)} register column(s) that the input does not have; give the folder "
                "with persons, spells and events, or a table made by 'eriq features'"
            )
        parts.append(register_columns(kept, registers, bundle.manifest.lag_days)[missing])
    parts.append(wide)
    return to_matrix(pd.concat(parts, axis="columns"), columns).to_numpy()


def _scores(
    kept: pd.DataFrame, matrix: np.ndarray, bundle: Bundle, instrument: Instrument | None, options: Options
) -> pd.DataFrame:
    log_odds = _by_row(bundle.model.log_odds, matrix)
    out: dict[str, Any] = {"client_id": kept["client_id"].to_numpy()}
    for name in ("answered_on", "wave"):
        if name in kept:
            out[name] = kept[name]
    if options.show == "probability":
        out["probability"] = expit(log_odds)
        out["log_odds"] = log_odds
    elif options.show == "band":
        edges = np.asarray(bundle.manifest.bands)
        out["band"] = np.searchsorted(edges, expit(log_odds), side="right") + 1
    refits = (
        _by_row(bundle.model.spread, matrix) if bundle.model.members and (options.interval or options.ranked) else None
    )
    if refits is not None and options.interval and options.show == "probability":
        out["refit_low"], out["refit_high"] = expit(refits.min(axis=1)), expit(refits.max(axis=1))
    if options.ranked:
        out["_log_odds"] = log_odds
        out |= {f"_refit_{k}": column for k, column in enumerate([] if refits is None else refits.T, 1)}
    out |= _answered(kept, matrix, instrument)
    out["out_of_range"] = _out_of_range(matrix, bundle)
    if options.reasons:
        out |= _reasons(matrix, log_odds, bundle, instrument, options)
    out["model"] = _repeated(bundle.name, len(kept))
    out["instrument"] = _repeated(f"{instrument.id} {instrument.version}" if instrument else "none", len(kept))
    return pd.DataFrame(out)


def _by_row(call: Callable[[np.ndarray], np.ndarray], matrix: np.ndarray) -> np.ndarray:
    """Return what a model gives for each row; libraries refuse a matrix without rows."""
    return call(matrix) if len(matrix) else call(np.full((1, matrix.shape[1]), np.nan))[:0]


def _labels(codes: np.ndarray, words: Sequence[str]) -> pd.Categorical:
    """Return words by their places; each is kept once however many rows carry it."""
    unique = list(dict.fromkeys(words))
    place = np.array([unique.index(word) for word in words], dtype="int32")
    return pd.Categorical.from_codes(place[codes], pd.Index(unique, dtype="str"))


def _repeated(word: str, n: int) -> pd.Categorical:
    return _labels(np.zeros(n, dtype="int32"), [word])


def _answered(kept: pd.DataFrame, matrix: np.ndarray, instrument: Instrument | None) -> dict[str, np.ndarray]:
    if instrument is None:
        return {"share_answered": 1 - np.isnan(matrix).mean(axis=1) if matrix.shape[1] else np.ones(len(matrix))}
    shares, partial = {}, np.zeros(len(kept), dtype=bool)
    for respondent in RESPONDENTS:
        items = [item.id for item in instrument.half(respondent)]
        given = _given_answers(kept, items).mean(axis=0)
        shares[f"share_answered_{respondent}"] = given
        partial |= given < 1
    return {**shares, "partial": partial}


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


def _reasons(
    matrix: np.ndarray, log_odds: np.ndarray, bundle: Bundle, instrument: Instrument | None, options: Options
) -> dict[str, Any]:
    """Return the largest contributions of each row, with labels in the chosen language.

    Raises
    ------
    AssertionError
        When contributions do not add up to the log-odds within 1e-9: the explanation would be wrong.
    """
    given = _by_row(bundle.model.contributions, matrix)
    if len(given) and np.abs(given.sum(axis=1) - log_odds).max() > 1e-9:
        raise AssertionError("contributions do not add up to the log-odds")
    names, member = units(bundle.features)
    by_unit = given[:, :-1] @ member if len(names) < given.shape[1] - 1 else given[:, :-1]
    count = min(options.reasons, len(names))
    size = np.abs(by_unit)
    if count < len(names):
        top = np.argpartition(-size, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(size, top, axis=1), axis=1, kind="stable")
        top = np.take_along_axis(top, order, axis=1)
    else:
        top = np.argsort(-size, axis=1, kind="stable")[:, :count]
    owner = [int(np.flatnonzero(column)[0]) for column in member.T]  # a column of each unit
    labels = [
        (SENSITIVE_LABEL if n == SENSITIVE else bundle.features[o].labels).in_(options.language)
        for n, o in zip(names, owner, strict=True)
    ]
    answers, words = _answer_places(matrix, bundle, instrument, options.language, owner)
    rows = np.arange(len(matrix))
    out: dict[str, Any] = {}
    if options.show != "reasons":
        out["base_log_odds"] = given[:, -1]
    for k in range(count):
        chosen = top[:, k]
        out[f"reason_{k + 1}"] = _labels(chosen, names)
        out[f"reason_{k + 1}_label"] = _labels(chosen, labels)
        out[f"reason_{k + 1}_answer"] = _labels(answers[rows, chosen], words)
        if options.show == "reasons":
            lower = (by_unit[rows, chosen] < 0).astype("int32")
            out[f"reason_{k + 1}_direction"] = _labels(lower, DIRECTIONS[options.language])
        else:
            out[f"reason_{k + 1}_contribution"] = by_unit[rows, chosen]
    return out


def _answer_places(
    matrix: np.ndarray, bundle: Bundle, instrument: Instrument | None, language: Language, owner: Sequence[int]
) -> tuple[np.ndarray, list[str]]:
    """Return, per row and unit, the place of the answer's words in a list; the first, empty, is for no item."""
    words = [""]
    places = np.zeros((len(matrix), len(owner)), dtype="int32")
    for unit, column in enumerate(owner):
        item = bundle.features[column].item
        if item and instrument is not None:
            levels = len(instrument.levels(item))
            value = matrix[:, column]
            places[:, unit] = np.where(np.isnan(value), 0, value + len(words))
            words += [instrument.answer_label(item, k, language) for k in range(levels)]
    return places, words
