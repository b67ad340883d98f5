"""Columns of one ready table."""

from collections.abc import Iterable, Mapping

import pandas as pd

from eriq.config import Flat, FlatColumn
from eriq.errors import ConfigError, LeakageError
from eriq.features.feature import Feature, Part
from eriq.features.words import filled, words
from eriq.instrument.texts import Language, Texts

PARTS_BY_ROLE: Mapping[str, Part] = {"register": "register_basic", "form": "form", "questionnaire": "client"}


def flat_features(source: Flat, frame: pd.DataFrame) -> tuple[Feature, ...]:
    """Return the columns a flat source declares as known at baseline.

    Raises
    ------
    LeakageError
        When the outcome itself, or a column that makes it, is declared as a feature; or how a trial assigned people.
    ConfigError
        When the client's id, the answer date, the group or the weight is.
    """
    for given in (source.client, source.answered_on, source.weights):
        if given in source.columns and source.columns[given].role in PARTS_BY_ROLE:
            raise ConfigError(f"column '{given}' says who or when, or how much a row counts, and cannot be a feature")
    for name in source.outcome_columns:
        if name in source.columns and source.columns[name].role in PARTS_BY_ROLE:
            raise LeakageError(f"column '{name}' is the outcome, or makes it, and cannot be a feature")
    if source.assignment is not None:
        source.assignment.refuse(tuple(n for n, column in source.columns.items() if column.role in PARTS_BY_ROLE))
    features = []
    for name, column in source.columns.items():
        if column.role in PARTS_BY_ROLE:
            levels = column.levels
            if column.kind == "category" and not levels:
                levels = tuple(sorted(frame[name].dropna().astype("str").unique()))
            until = (column.until or source.answered_on) if column.kind == "date" else None
            features.append(
                Feature(
                    f"{column.role}.{name}",
                    PARTS_BY_ROLE[column.role],
                    "continuous" if column.kind == "date" else column.kind,
                    column.monotone,
                    item=name if column.role == "questionnaire" else None,
                    malleable=column.malleable,
                    protected=column.protected,
                    sensitive=column.sensitive,
                    levels=levels,
                    labels=texts_of(column.label or name),
                    given=column.model_copy(update={"until": until}),
                )
            )
    return tuple(features)


def texts_of(given: str | Mapping[Language, str]) -> Texts:
    """Return words as a config has them: in one language for all, or by language.

    >>> texts_of("Age").in_("da"), texts_of({"sv": "Ålder"}).in_("da")
    ('Age', 'Ålder')
    """
    return Texts.same(given) if isinstance(given, str) else Texts.model_validate(given)


def flat_columns(frame: pd.DataFrame, features: Iterable[Feature]) -> pd.DataFrame:
    """Return declared columns as numbers; a level becomes its place, a date days up to the answer or since a day.

    A date after the answer is not looked at, as any fact dated so.
    """
    columns = {}
    for feature in features:
        given, declared = frame[feature.column], feature.given
        if feature.levels:
            place = {level: float(n) for n, level in enumerate(feature.levels)}
            columns[feature.name] = given.astype("str").map(place).where(given.notna()).astype("float64")
        elif declared is not None and declared.kind == "date":
            columns[feature.name] = _days(given, declared, frame)
        else:
            columns[feature.name] = given.astype("Float64").astype("float64")
    return pd.DataFrame(columns)


def _days(given: pd.Series, declared: FlatColumn, frame: pd.DataFrame) -> pd.Series:
    """Return days between a date and the day it counts from, NaN where a day is not known or not yet there."""
    last = frame[declared.until] if declared.until else given
    days = last - given if declared.since is None else given - pd.Timestamp(declared.since)
    return days.dt.days.astype("float64").where(given <= last)


def answer_words(feature: Feature, value: float, language: Language) -> str:
    """Return a value of a ready table's column as a person reads it: its label, its level, or the number.

    >>> answer_words(Feature("register.sex", "register_basic", "flag"), 1.0, "sv")
    'ja'
    """
    code = feature.levels[int(value)] if feature.levels else f"{value:g}"
    declared = feature.given
    if declared is not None and code in declared.labels:
        return texts_of(declared.labels[code]).in_(language)
    if declared is not None and declared.kind == "date":
        return filled("days", days=code).in_(language)
    return words()["answers"][code].in_(language) if feature.kind == "flag" and code in ("0", "1") else code
