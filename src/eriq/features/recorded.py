"""Columns that the tables of an office give: registers, and the form where there is one."""

import pandas as pd

from eriq.features.feature import Feature
from eriq.features.form import FORM_FEATURES, form_columns
from eriq.features.register import REGISTER_FEATURES, register_columns
from eriq.tables.cohort import Registers


def recorded_features(registers: Registers) -> tuple[Feature, ...]:
    """Return the columns that these tables can give; without a form none of its columns."""
    return (*FORM_FEATURES, *REGISTER_FEATURES) if len(registers.forms) else REGISTER_FEATURES


def recorded_columns(rows: pd.DataFrame, registers: Registers, lag_days: int) -> pd.DataFrame:
    """Return what forms and registers said about each client on the answer date, in the order of their features.

    Parameters and errors as in `register_columns`; the form has no delay.
    """
    parts = [form_columns(rows, registers)] if len(registers.forms) else []
    return pd.concat([*parts, register_columns(rows, registers, lag_days)], axis="columns")
