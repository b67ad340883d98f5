"""The best one-variable rules, in words."""

from collections.abc import Sequence

import pandas as pd

from eriq.features import Feature
from eriq.features.sensitive import SENSITIVE_LABEL
from eriq.study.design.contender import Contender
from eriq.study.design.design import Design
from eriq.study.learning.training import fit
from eriq.tables.results import as_result


def best_rules(contenders: Sequence[Contender], design: Design, features: Sequence[Feature], seed: int) -> pd.DataFrame:
    """Return the one-variable rules found on all rows, in words."""
    by_name = {f.name: f for f in features}
    rows = []
    for contender in (c for c in contenders if c.estimator == "best_rule"):
        rule = fit(contender, design, features, seed=seed).estimator
        feature = by_name[contender.columns[rule.column_]]
        label = SENSITIVE_LABEL.in_("en") if feature.sensitive else feature.labels.in_("en")
        no, yes = rule.rates_
        words = f"{label}: {rule.cut_:.3g} or more"
        rows.append({"contender": contender.name, "rule": words, "rate_no": no, "rate_yes": yes})
    return as_result("rules", pd.DataFrame(rows))
