"""The tables a training ends in: every column, checked once where a table is made.

Results are in long form: one row holds one `estimate` with the ends of its interval, `measure` says of what and `at`
says where on a scale: "10%" of the rows on a list, "50" rows on a list, "0.1" as the forecast from which one acts.
"""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from eriq.tables.people import ABOUT_PEOPLE
from eriq.tables.quality_results import QUALITY, WATCHED
from eriq.tables.schema import Column

Results = Mapping[str, pd.DataFrame]  # every result table by its name

SAVED: Final = "saved model, calibrated"  # the contender's name of the model as it is saved
SMOOTH: Final = "lowess"  # a calibration curve: the locally linear mean of the outcome
ON_LOGIT: Final = "logit spline"  # and the logistic regression on a spline of the log-odds
MAJORITY: Final = "majority"  # and of saying for everyone what is commoner
NOT_POSSIBLE: Final = "not possible"  # in `designs`, where these people do not allow one; `words` say why

AS_ANSWERED: Final = "as answered"  # in `by_basis`: rows that get this fit
MASKED: Final = "the rest masked"  # and all rows that have what the fit takes
SET_ASIDE_ROWS: Final = "set aside: too few answers in every half"  # in `scored_on`

_ESTIMATE = (Column("estimate", "float64"), Column("low", "float64"), Column("high", "float64"))
_REPLICATES = Column("replicates", "Int64")
_MEASURE = (Column("measure", "str"), Column("at", "str"))
_CONTENDER, _BASELINE = Column("contender", "str"), Column("baseline", "str")

CONTENDERS = (
    _CONTENDER,
    Column("block", "str"),
    Column("estimator", "str"),
    Column("words", "str"),
    Column("columns", "Int64"),
    Column("savable", "bool"),
    Column("human", "bool"),
)
MEASURES = (_CONTENDER, *_MEASURE, *_ESTIMATE, _REPLICATES)
DIFFERENCES = (_CONTENDER, _BASELINE, *_MEASURE, *_ESTIMATE, _REPLICATES)
OVERLAP = (_CONTENDER, Column("other", "str"), Column("at", "str"), Column("overlap", "float64"))
HEADLINE = (
    Column("with", "str"),
    Column("without", "str"),
    Column("estimator", "str"),
    Column("without_estimator", "str"),
    Column("measure", "str"),
    *_ESTIMATE,
    Column("se", "float64"),
    Column("smallest_detectable", "float64"),
    Column("margin", "float64"),
    Column("covers", "str"),
    Column("covers_refits", "bool"),
    Column("verdict", "str"),
    Column("size", "str"),
    Column("sentence", "str"),
)
CALIBRATION_CURVE = (
    Column("forecast", "float64"),
    Column("observed", "float64"),
    _CONTENDER,
    Column("low", "float64"),
    Column("high", "float64"),
    Column("curve", "str", allowed=(SMOOTH, ON_LOGIT)),
)
CALIBRATION_BINS = (Column("forecast", "float64"), Column("observed", "float64"), Column("n", "Int64"), _CONTENDER)
DECISION_CURVE = (
    _CONTENDER,
    Column("threshold", "float64"),
    Column("net_benefit", "float64"),
    Column("low", "float64"),
    Column("high", "float64"),
)
DECOMPOSITION = (Column("block", "str"), Column("measure", "str"), *_ESTIMATE, Column("estimator", "str"))
HUMAN = (Column("model", "str"), Column("human", "str"), Column("measure", "str"), *_ESTIMATE, Column("beats", "str"))
ORACLE = (_CONTENDER, Column("auc", "float64"), Column("oracle_auc", "float64"), Column("share_of_way", "float64"))
DELONG = (_CONTENDER, _BASELINE, *_ESTIMATE, Column("p", "float64"))
FLOW = (Column("reason", "str"), Column("rows", "Int64"))
SAMPLE_SIZE = (_CONTENDER, Column("name", "str"), Column("value", "float64"))
IMPORTANCE = (
    Column("level", "str", allowed=("item", "indicator", "respondent", "block")),
    Column("name", "str"),
    Column("label", "str"),
    Column("value", "float64"),
    Column("share", "float64"),
    Column("low", "float64"),
    Column("high", "float64"),
    Column("rank", "Int64"),
    Column("rank_low", "float64"),
    Column("rank_high", "float64"),
    Column("malleable", "boolean"),  # of items; a gap for everything else
    Column("refits", "Int64"),
    Column("permutation", "float64"),  # of items
    Column("permutation_low", "float64"),
    Column("permutation_high", "float64"),
)
DEPENDENCE = (
    Column("item", "str"),
    Column("label", "str"),
    Column("level", "float64"),
    Column("answer", "str"),
    Column("n", "Int64"),
    Column("contribution", "float64"),
    Column("low", "float64"),
    Column("high", "float64"),
)
PAIRS = (
    Column("first", "str"),
    Column("second", "str"),
    Column("strength", "float64"),
    Column("first_label", "str"),
    Column("second_label", "str"),
    Column("with_belief", "bool"),
)
AGREEMENT = (Column("estimator", "str"), Column("other", "str"), Column("rank_correlation", "float64"))
BELIEF = (
    Column("question", "str"),
    Column("value", "float64"),
    Column("low", "float64"),
    Column("high", "float64"),
    Column("words", "str"),
)
RULES = (_CONTENDER, Column("rule", "str"), Column("rate_no", "float64"), Column("rate_yes", "float64"))
SCORECARD = (_CONTENDER, Column("label", "str"), Column("answer", "str"), Column("points", "Int64"))
SCORECARD_SUMS = (_CONTENDER, Column("points", "Int64"), Column("forecast", "float64"))
_AUC = (_CONTENDER, *(Column(name, "float64", optional=True) for name in ("auc", "low", "high")))
DESIGNS = (
    *_AUC,
    Column("replicates", "Int64", optional=True),
    Column("design", "str"),
    *(Column(name, "Int64", optional=True) for name in ("rows", "clients", "folds")),
    Column("words", "str", optional=True),  # what the AUC is a mean of, or why the design is not possible
)
BY_FOLD = (
    Column("design", "str"),
    Column("fold", "str"),
    Column("unit", "str", allowed=("period", "centre")),
    *(Column(name, "Int64") for name in ("rows", "clients", "events")),
    Column("fewest", "Int64"),  # people with the outcome or without it, whichever are fewer
    Column("rate", "float64"),
    _CONTENDER,
    _BASELINE,  # of differences; a gap for everything else
    Column("measure", "str"),
    *_ESTIMATE,
    Column("se", "float64"),  # of AUCs and their difference
    _REPLICATES,
)
HETEROGENEITY = (
    Column("design", "str"),
    _CONTENDER,
    _BASELINE,
    Column("measure", "str"),
    Column("folds", "Int64"),
    *_ESTIMATE,
    Column("tau", "float64"),  # standard deviation of the true values over centres
    Column("scale", "str", allowed=("logit", "as it is")),  # of tau
    Column("prediction_low", "float64"),
    Column("prediction_high", "float64"),
    Column("words", "str"),
)
HOME_AND_AWAY = (
    _CONTENDER,  # a gap for the base rate
    Column("measure", "str"),
    *(Column(name, "float64") for name in ("home", "home_low", "home_high", "away", "away_low", "away_high")),
    Column("words", "str"),
)
LEFT_RULES = (Column("left", "str"), Column("rows", "Int64"), Column("events", "Int64"), Column("rate", "float64"))
SLICES = (
    Column("slice", "str"),
    Column("group", "str"),
    *(Column(name, "Int64") for name in ("clients", "rows", "events")),
    Column("rate", "float64"),
    Column("auc_with", "float64"),
    Column("auc_without", "float64"),
)
CENSORING = (
    Column("stratum", "str"),
    *(Column(name, "Int64") for name in ("rows", "known", "followed")),
    Column("supported", "bool"),
    Column("left_out", "Int64"),
    *(Column(name, "float64") for name in ("rate", "rate_leave_out", "largest")),
    Column("cut", "Int64"),
    Column("effective", "float64"),
)
ENTRY_CURVE = (
    Column("month", "float64"),
    Column("day", "Int64"),
    Column("observed", "float64"),
    Column("low", "float64"),
    Column("high", "float64"),
    Column("forecast", "float64"),
    Column("n", "Int64"),  # clients with a row that was followed so long
    _CONTENDER,
)
MISSING_POLICIES = (*_AUC, _REPLICATES, Column("policy", "str"), Column("rows", "Int64"))
GROUPS = (  # one row per group
    Column("column", "str"),
    Column("group", "str"),
    Column("people", "Int64"),
    Column("rows", "Int64"),
    Column("events", "Int64"),  # rows with the outcome
    Column("people_with", "Int64"),  # the outcome in some row
    Column("people_without", "Int64"),
    Column("lowest_third", "float64"),  # share of its rows that lie in the lowest third of all forecasts
    Column("lowest_third_picked", "float64"),  # share of those that would be picked
)
GROUP_GAPS = (  # one row per group and measure
    Column("column", "str"),
    Column("group", "str"),
    *_MEASURE,
    *_ESTIMATE,
    Column("rest", "float64"),
    Column("gap", "float64"),  # group less rest
    Column("gap_low", "float64"),  # of the interval that holds together with all others
    Column("gap_high", "float64"),
    Column("tolerance", "float64"),
    Column("verdict", "str"),
    Column("needed", "Int64"),  # people in the group to tell, where these do not
    _REPLICATES,
)
GROUP_CAPACITY = (
    Column("column", "str"),
    Column("group", "str"),
    Column("at", "float64"),  # room, as a share of all rows
    Column("share_picked", "float64"),
    Column("false_negative_rate", "float64"),
)
BY_BASIS = (
    Column("basis", "str"),  # in the words of a score file
    Column("rows", "str", allowed=(AS_ANSWERED, MASKED)),
    *(Column(name, "Int64") for name in ("n", "clients", "events")),
    *(
        Column(f"{name}{end}", "float64")
        for name in ("auc", "log_loss", "slope", "intercept")
        for end in ("", "_low", "_high")
    ),
    Column("estimator", "str"),
    Column("saved", "bool"),
    Column("words", "str"),  # why it is not saved
)
HANDOVER = (
    Column("contender", "str"),  # whose other columns people are alike in
    *(Column(name, "Int64") for name in ("clients", "clients_changed")),
    Column("fewest", "Int64"),  # people of the smallest of four cells: changed or not, with the outcome or without
    *(Column(name, "float64") for name in ("ratio", "low", "high")),
    Column("words", "str"),
)
SCORED_ON = (Column("basis", "str"), Column("rows", "Int64"), Column("share", "float64"))
_PEOPLE = tuple(Column(name, "Int64") for name in ("rows", "people", "people_with", "people_without"))
OVERRIDES = (Column("column", "str"), Column("group", "str"), *_PEOPLE, *_ESTIMATE)
DECISIONS_LATER = (Column("beside_score", "str"), Column("decision", "str"), *_PEOPLE, *_ESTIMATE)
DECISION_REASONS = (Column("event", "str"), Column("reason", "str"), Column("people", "Int64"))

CONTRACTS: Mapping[str, tuple[Column, ...]] = {
    "contenders": CONTENDERS,
    "measures": MEASURES,
    "differences": DIFFERENCES,
    "all_differences": DIFFERENCES,
    "overlap": OVERLAP,
    "headline": HEADLINE,
    "calibration_curve": CALIBRATION_CURVE,
    "calibration_bins": CALIBRATION_BINS,
    "decision_curve": DECISION_CURVE,
    "decomposition": DECOMPOSITION,
    "human": HUMAN,
    "oracle": ORACLE,
    "delong": DELONG,
    "flow": FLOW,
    "sample_size": SAMPLE_SIZE,
    "importance": IMPORTANCE,
    "dependence": DEPENDENCE,
    "pairs": PAIRS,
    "agreement": AGREEMENT,
    "belief": BELIEF,
    "rules": RULES,
    "designs": DESIGNS,
    "missing_policies": MISSING_POLICIES,
    "left_rules": LEFT_RULES,
    "by_fold": BY_FOLD,
    "heterogeneity": HETEROGENEITY,
    "home_and_away": HOME_AND_AWAY,
    "slices": SLICES,
    "censoring": CENSORING,
    "entry_curve": ENTRY_CURVE,
    "groups": GROUPS,
    "group_gaps": GROUP_GAPS,
    "group_capacity": GROUP_CAPACITY,
    "scorecard": SCORECARD,
    "scorecard_sums": SCORECARD_SUMS,
    "by_basis": BY_BASIS,
    "scored_on": SCORED_ON,
    "handover": HANDOVER,
    **ABOUT_PEOPLE,
    "overrides": OVERRIDES,
    "decisions_later": DECISIONS_LATER,
    "decision_reasons": DECISION_REASONS,
    **QUALITY,
    **WATCHED,
}


def as_result(name: str, frame: pd.DataFrame, contracts: Mapping[str, tuple[Column, ...]] = CONTRACTS) -> pd.DataFrame:
    """Return a table with exactly the columns of its contract, in order and typed.

    Parameters
    ----------
    name : str
        One of `contracts`.
    contracts : mapping, optional
        Of another room's tables.
    frame : DataFrame
        Optional columns may be absent and come as gaps; a frame without rows and columns is an empty table.

    Raises
    ------
    AssertionError
        When a column is missing, unknown or there twice: a fault of ours.
    ValueError, TypeError
        When a column cannot be read as its type.

    Examples
    --------
    >>> as_result("agreement", pd.DataFrame({"rank_correlation": [1], "other": ["b"], "estimator": ["a"]}))
      estimator other  rank_correlation
    0         a     b               1.0
    """
    columns, found = contracts[name], [str(column) for column in frame.columns]
    if frame.empty and not found:
        return pd.DataFrame({c.name: pd.Series(dtype=c.dtype) for c in columns})
    missing = [c.name for c in columns if c.name not in found and not c.optional]
    extra = [column for column in found if column not in [c.name for c in columns]]
    twice = sorted({column for column in found if found.count(column) > 1})
    if missing or extra or twice:
        raise AssertionError(f"result table {name}: missing {missing}, not known {extra}, there twice {twice}")
    gap = pd.Series(pd.NA, index=range(len(frame)))
    given = frame.reset_index(drop=True)
    return pd.DataFrame({c.name: _typed(given.get(c.name, gap), c.dtype) for c in columns})


def _typed(values: pd.Series, dtype: str) -> pd.Series:
    # NumPy's floats know no pd.NA, and its bools would read a gap as true.
    if dtype == "bool" and values.isna().any():
        raise ValueError("a yes or no is missing")
    if dtype == "float64" and values.dtype == object:
        values = values.astype("Float64")
    return values.astype(pd.api.types.pandas_dtype(dtype))


def at_capacity(measures: pd.DataFrame) -> pd.DataFrame:
    """Return what lists of limited length reach: contender, at, measure, estimate, low, high.

    Parameters
    ----------
    measures : DataFrame
        As in `MEASURES`.
    """
    table = measures[measures["measure"].isin(["precision", "recall", "lift"])]
    return table[["contender", "at", "measure", "estimate", "low", "high"]].reset_index(drop=True)
