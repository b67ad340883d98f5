"""Named blocks of columns, made by the same code for training and for scoring."""

from eriq.features.blocks import BLOCKS, FACTORS, factorial, select
from eriq.features.feature import PARTS, Feature, Kind, Part
from eriq.features.flat import flat_columns, flat_features
from eriq.features.form import FORM_FEATURES, form_columns
from eriq.features.questionnaire import UNANSWERED, questionnaire_columns, questionnaire_features
from eriq.features.recorded import recorded_columns, recorded_features
from eriq.features.register import NEVER_WEEKS, REGISTER_FEATURES, WINDOWS, register_columns
from eriq.features.waves import CHANGES, SETTING, WAVES, wave_columns

__all__ = [
    "BLOCKS",
    "CHANGES",
    "FACTORS",
    "FORM_FEATURES",
    "NEVER_WEEKS",
    "PARTS",
    "REGISTER_FEATURES",
    "SETTING",
    "UNANSWERED",
    "WAVES",
    "WINDOWS",
    "Feature",
    "Kind",
    "Part",
    "factorial",
    "flat_columns",
    "flat_features",
    "form_columns",
    "questionnaire_columns",
    "questionnaire_features",
    "recorded_columns",
    "recorded_features",
    "register_columns",
    "select",
    "wave_columns",
]
