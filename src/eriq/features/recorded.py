"""Columns that the tables of an office give: registers, and the form where there is one."""

import pandas as pd

from eriq.features.feature import Feature
from eriq.features.form import FORM_FEATURES, form_columns
from eriq.features.register import REGISTER_FEATURES, register_columns
from eriq.tables.cohort import Registers


def recorded_features(registers: Registers) -> tuple[Feature, ...]:
    """Return the columns that these tables can give for a training; without a form none of its columns."""
    return (*FORM_FEATURES, *REGISTER_FEATURES) if len(registers.forms) else REGISTER_FEATURES


def recorded_columns(rows: pd.DataFrame, registers: Registers, lag_days: int, *, narrow: bool = False) -> pd.DataFrame:
    """Return what forms and registers said about each client on the answer date; gaps where there is no form.

    Parameters and errors as in `register_columns`; the form has no delay.
    """
    made = register_columns(rows, registers, lag_days, narrow=narrow)
    return pd.concat([form_columns(rows, registers), made], axis="columns")
