"""Columns of one ready table."""

from collections.abc import Iterable, Mapping

import pandas as pd

from eriq.config import Flat
from eriq.errors import ConfigError, LeakageError
from eriq.features.feature import Feature, Part
from eriq.instrument.texts import Texts

PARTS_BY_ROLE: Mapping[str, Part] = {"register": "register_basic", "form": "form", "questionnaire": "client"}


def flat_features(source: Flat, frame: pd.DataFrame) -> tuple[Feature, ...]:
    """Return the columns a flat source declares as known at baseline.

    Raises
    ------
    LeakageError
        When the outcome itself is declared as a feature.
    ConfigError
        When the client's id or the answer date is.
    """
    for given in (source.client, source.answered_on):
        if given in source.columns and source.columns[given].role in PARTS_BY_ROLE:
            raise ConfigError(f"column '{given}' says who or when and cannot be a feature")
    if source.outcome in source.columns and source.columns[source.outcome].role in PARTS_BY_ROLE:
        raise LeakageError(f"column '{source.outcome}' is the outcome and cannot be a feature")
    features = []
    for name, column in source.columns.items():
        if column.role in PARTS_BY_ROLE:
            levels = tuple(sorted(frame[name].dropna().astype("str").unique())) if column.kind == "category" else ()
            features.append(
                Feature(
                    f"{column.role}.{name}",
                    PARTS_BY_ROLE[column.role],
                    column.kind,
                    column.monotone,
                    item=name if column.role == "questionnaire" else None,
                    malleable=column.malleable,
                    protected=column.protected,
                    sensitive=column.sensitive,
                    levels=levels,
                    labels=Texts.same(column.label or name),
                )
            )
    return tuple(features)


def flat_columns(frame: pd.DataFrame, features: Iterable[Feature]) -> pd.DataFrame:
    """Return declared columns as numbers; a category becomes the place of its level."""
    columns = {}
    for feature in features:
        given = frame[feature.column]
        if feature.levels:
            place = {level: float(n) for n, level in enumerate(feature.levels)}
            columns[feature.name] = given.astype("str").map(place).where(given.notna()).astype("float64")
        else:
            columns[feature.name] = given.astype("Float64").astype("float64")
    return pd.DataFrame(columns)
