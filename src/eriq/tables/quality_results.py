"""Tables of a look at a questionnaire, at its raters and at a model in use: every column, checked where it is made."""

from collections.abc import Mapping

from eriq.tables.schema import Column

_ESTIMATE = (Column("estimate", "float64"), *(Column(end, "float64", optional=True) for end in ("low", "high")))
_WHY = Column("why", "str", optional=True)  # why there is no number
_SCALE, _ITEM, _N = Column("scale", "str"), Column("item", "str"), Column("n", "Int64")

SCALE_RELIABILITY = (
    _SCALE, Column("items", "Int64"), _N, Column("measure", "str"), *_ESTIMATE, Column("replicates", "Int64"), _WHY,
)  # fmt: skip
ITEM_STATISTICS = (
    *(_SCALE, _ITEM, _N),
    Column("difficulty", "float64"),  # mean place, as a share of the highest
    Column("sd", "float64"),  # as a share of the highest place
    Column("item_total", "float64"),  # correlation with the mean of the other items
    Column("alpha_without", "float64"),
    *(Column("levels", "Int64"), Column("levels_used", "Int64"), _WHY),
)
LEVEL_USE = (_ITEM, Column("code", "Int64"), _N, Column("share", "float64"))
PARALLEL_ANALYSIS = (
    *(_SCALE, Column("factor", "Int64"), _N, Column("eigenvalue", "float64")),
    Column("by_chance", "float64"),  # 95th percentile of tables whose columns know nothing of each other
    *(Column("kept", "bool"), _WHY),
)
FACTOR_LOADINGS = (
    *(_SCALE, _ITEM, Column("factor", "Int64"), _N, Column("loading", "float64")),
    Column("uniqueness", "float64"),  # share of the variance that no factor has
)
CFA_FIT = (
    *(_SCALE, Column("model", "str"), _N),
    *(Column(name, "float64") for name in ("chi2", "df", "p", "cfi", "tli", "rmsea", "srmr")),
    _WHY,
)
HALF_AGREEMENT = (
    *(Column("indicator", "str"), Column("first", "str"), Column("second", "str"), _N, Column("measure", "str")),
    *(*_ESTIMATE, _WHY),
)
DIF = (
    *(_SCALE, Column("column", "str"), _ITEM, _N, Column("groups", "Int64")),
    Column("effect", "float64"),  # gain in Nagelkerke's R2 from groups and groups times rest score
    Column("level_effect", "float64"),  # of it from groups alone
    Column("p", "float64"),  # held to the items of the scale by Holm's rule
    *(Column("easier_in", "str"), Column("harder_in", "str"), Column("verdict", "str"), _WHY),
)
RESPONSE_QUALITY = (
    *(Column("half", "str"), Column("measure", "str"), _N, Column("people_with", "Int64"), Column("share", "float64")),
    _WHY,
)
MISSING_PATTERNS = (Column("unanswered", "str"), _N, Column("share", "float64"))
MISSING_BY_GROUP = (
    *(Column("column", "str"), Column("half", "str"), Column("group", "str"), _N),
    Column("unanswered", "float64"),
    *(Column(name, "float64") for name in ("difference", "low", "high")),  # from everybody else whose group is known
    Column("p", "float64"),  # held to groups and halves by Holm's rule
    Column("verdict", "str"),
)
RELIABLE_CHANGE = (
    *(Column("indicator", "str"), Column("half", "str"), _ITEM, _N, Column("sd", "float64")),
    *(Column("reliability", "float64"), Column("from", "str")),
    Column("threshold", "float64"),  # in levels of the scale
    Column("steps", "Int64"),  # the same, rounded up to whole levels
    _WHY,
)
RATER_SHARES = (
    Column("item", "str"),
    *_ESTIMATE,
    Column("n", "Int64"),
    Column("caseworkers", "Int64"),
    Column("why_not", "str"),
)
RATER_OPTIMISM = (Column("case_mix", "str"), Column("at", "str"), Column("estimate", "float64"), Column("n", "Int64"))
RATER_BELIEF = (
    Column("answer", "str"),
    *_ESTIMATE,
    Column("expected", "float64"),
    *(Column(f"beyond{end}", "float64") for end in ("", "_low", "_high")),  # what came less what was expected
    Column("n", "Int64"),
    Column("events", "Int64"),
)
RATER_JUMPS = (
    *(Column("item", "str"), Column("measure", "str"), Column("caseworker", "str")),
    *(*_ESTIMATE, Column("n", "Int64")),
)
RATER_RATIOS = (
    *(Column("of", "str"), Column("case_mix", "str"), *_ESTIMATE, Column("n", "Int64"), Column("why_not", "str")),
)
BELIEF_WITHIN = (
    *_ESTIMATE,
    Column("margin", "float64"),  # an interval inside plus and minus this says that nothing was shown
    Column("strength", "float64"),
    Column("n", "Int64"),
    Column("caseworkers", "Int64"),
    Column("verdict", "str"),
    Column("why", "str"),
)
MONITOR_SHIFT = (
    *(Column(name, "str") for name in ("slice", "block", "column")),
    Column("n", "Int64"),
    *_ESTIMATE,
    *(Column(name, "float64") for name in ("effect", "effect_low", "effect_high")),  # in SDs of training
    *(Column(name, "float64") for name in ("psi", "js_distance", "p", "p_holm")),
    Column("verdict", "str"),
)
_THEN_NOW = (Column("training", "float64"), Column("period", "float64"), *_ESTIMATE)
MONITOR_BODY = (
    *(Column("of", "str"), Column("band", "str"), Column("n", "Int64")),
    Column("fewest", "Int64"),  # people the smallest part of the row rests on
    *(*_THEN_NOW, Column("verdict", "str"), _WHY),
)
MONITOR_ANSWERED = (Column("answered", "str"), _N, *_THEN_NOW, Column("p", "float64"), Column("verdict", "str"))
MONITOR_EXPECTED = (Column("measure", "str"), Column("n", "Int64"), *_ESTIMATE)
MONITOR_MONTHS = (
    Column("month", "str"),
    *(Column(name, "Int64") for name in ("n", "events", "others")),
    *(Column(f"{name}{end}", "float64") for name in ("auc", "level", "slope") for end in ("", "_low", "_high")),
    Column("verdict", "str"),
)
MONITOR_CHALLENGER = (Column("measure", "str"), Column("n", "Int64"), *_ESTIMATE, Column("verdict", "str"))
QUALITY: Mapping[str, tuple[Column, ...]] = {
    "scale_reliability": SCALE_RELIABILITY,
    "item_statistics": ITEM_STATISTICS,
    "level_use": LEVEL_USE,
    "parallel_analysis": PARALLEL_ANALYSIS,
    "factor_loadings": FACTOR_LOADINGS,
    "cfa_fit": CFA_FIT,
    "half_agreement": HALF_AGREEMENT,
    "dif": DIF,
    "response_quality": RESPONSE_QUALITY,
    "missing_patterns": MISSING_PATTERNS,
    "missing_by_group": MISSING_BY_GROUP,
    "reliable_change": RELIABLE_CHANGE,
}
# About members of staff: written through the door for single persons, where a config asks for it and says why.
NAMED: Mapping[str, tuple[Column, ...]] = {
    "rater_named": (Column("caseworker_id", "str"), *_ESTIMATE, Column("n", "Int64"), Column("case_mix", "str")),
}
WATCHED: Mapping[str, tuple[Column, ...]] = {
    "rater_shares": RATER_SHARES,
    "rater_optimism": RATER_OPTIMISM,
    "rater_belief": RATER_BELIEF,
    "rater_jumps": RATER_JUMPS,
    "rater_ratios": RATER_RATIOS,
    "belief_within": BELIEF_WITHIN,
    "monitor_shift": MONITOR_SHIFT,
    "monitor_body": MONITOR_BODY,
    "monitor_answered": MONITOR_ANSWERED,
    "monitor_expected": MONITOR_EXPECTED,
    "monitor_months": MONITOR_MONTHS,
    "monitor_challenger": MONITOR_CHALLENGER,
}
