"""A made-up training, whole, and a reader of pages."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd

from eriq.instrument.instrument import load_instrument
from eriq.model.calibrator import Calibrator
from eriq.study.reporting.canvas import as_svg
from eriq.study.reporting.facts import Facts, InstrumentFacts
from eriq.study.reporting.figures import figures_of
from eriq.study.reporting.findings import cleared
from eriq.study.reporting.report import report_html
from eriq.study.words import block_words

Tables = dict[str, pd.DataFrame]
VOID = {"meta", "br", "hr", "img", "link", "input", "path", "use", "rect", "circle", "line"}
ESTIMATORS = {"logistic": "ridge logistic", "lightgbm_pairs": "boosting, pairs only"}
AUCS = {  # invented
    "register_basic": 0.611,
    "register_full": 0.642,
    "client": 0.731,
    "caseworker": 0.811,
    "questionnaire_without_belief": 0.779,
    "swedish": 0.829,
    "questionnaire": 0.861,
    "questionnaire + register_full": 0.868,
}
BASELINE, CHOSEN = "register_full | logistic", "questionnaire + register_full | logistic"


def rows(*columns: str, of: list[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(of, columns=list(columns))


def around(value: float, half: float) -> tuple[float, float, float]:
    return value, value - half, value + half


LEFT_OUT = "leave_one_centre_out"


def by_fold_tables() -> Tables:
    """Return the tables by period and centre, and of home and away, with invented numbers."""
    folds = [("rolling_origin", f"from 201{k}-01-01", "period", 2000 - k, 40) for k in (4, 5)]
    folds += [(LEFT_OUT, f"centre {k}", "centre", 1000 * k, people) for k, people in ((1, 4), (2, 60))]
    folds += [(LEFT_OUT, f"centre {k}", "centre", 1000 * k, 50 + k) for k in (3, 4)]
    measured = [
        (CHOSEN, None, "auc", 0.85, 0.02),
        (BASELINE, None, "auc", 0.63, 0.03),
        (CHOSEN, BASELINE, "auc", 0.22, 0.04),
        (CHOSEN, None, "calibration_slope", 0.9, 0.2),
        (CHOSEN, None, "calibration_in_the_large", -0.1, 0.3),
    ]
    by_fold = rows(
        *("design", "fold", "unit", "rows", "clients", "events", "fewest", "rate"),
        *("contender", "baseline", "measure", "estimate", "low", "high", "se"),
        of=[
            (*fold, n, n // 2, people + 3, people, 0.07, *of, *around(v, half), half / 2)
            for *fold, n, people in folds
            for *of, v, half in measured
        ],
    )
    over = [
        (CHOSEN, None, 0.86, 0.1, "logit", "Over 9 job centres the AUC is"),
        (CHOSEN, BASELINE, 0.23, 0.02, "as it is", "Over 9 job centres the difference is"),
    ]
    heterogeneity = rows(
        *("design", "contender", "baseline", "measure", "folds", "estimate", "low", "high", "tau", "scale"),
        *("prediction_low", "prediction_high", "words"),
        of=[
            (LEFT_OUT, *of, "auc", 9, *around(v, 0.03), tau, scale, *around(v, 0.07)[1:], f"{words} {v}.")
            for *of, v, tau, scale, words in over
        ],
    )
    home_and_away = rows(
        *("contender", "measure", "home", "home_low", "home_high", "away", "away_low", "away_high", "words"),
        of=[
            (CHOSEN, "calibration_slope", *around(1.01, 0.1), *around(0.39, 0.09), "forecasts were too extreme away"),
            (None, "base_rate", 0.12, np.nan, np.nan, 0.07, np.nan, np.nan, "base rate 12 % at home, 7 % away"),
        ],
    )
    return {"by_fold": by_fold, "heterogeneity": heterogeneity, "home_and_away": home_and_away}


def main_tables() -> Tables:
    """Return the four tables every report needs, with invented numbers."""
    contenders = [("prevalence", "none", "prevalence", "overall rate", 0, True)]
    contenders += [("belief | level_rates", "belief", "level_rates", "rates per answer level", 1, True)]
    contenders += [("client_belief | level_rates", "client_belief", "level_rates", "rates per answer level", 1, True)]
    contenders += [("register_full | best_rule", "register_full", "best_rule", "best yes/no question", 21, True)]
    contenders += [
        (f"{block} | {name}", block, name, words, 10 + 3 * len(block), True)
        for block in AUCS
        for name, words in ESTIMATORS.items()
    ]
    auc = {
        "prevalence": 0.5,
        "belief | level_rates": 0.792,
        "client_belief | level_rates": 0.664,
        "register_full | best_rule": 0.571,
    }
    auc |= {
        name: AUCS[block] - 0.004 * (kind == "lightgbm_pairs")
        for name, block, kind, *_ in contenders
        if block in AUCS and name not in auc
    }
    measures, differences = [], []
    for name, value in auc.items():
        found: dict[str, tuple[float, float]] = {
            "auc": (value, 0.012),
            "average_precision": (value**8, 0.02),
            "log_loss": (0.30 - 0.2 * (value - 0.5), 0.004),
            "brier": (0.0561 - 0.03 * (value - 0.5), 0.001),
            "brier_skill_prevalence": (0.53 * (value - 0.5), 0.01),
            "calibration_in_the_large": (0.004, 0.05),
            "calibration_slope": (1.02, 0.06),
            "ici": (0.004, 0.002),
            "e50": (0.003, 0.002),
            "e90": (0.009, 0.004),
            "emax": (0.051, 0.02),
            "net_benefit": (0.021, 0.003),
        }
        for measure, (estimate, half) in found.items():
            n = 200 if measure in ("ici", "e50", "e90", "emax", "calibration_slope") else 2000
            measures.append((name, measure, "0.05" if measure == "net_benefit" else None, *around(estimate, half), n))
            if name != BASELINE and measure in ("auc", "log_loss", "brier"):
                base = {"auc": auc[BASELINE], "log_loss": 0.2716, "brier": 0.05184}[measure]
                differences.append((name, BASELINE, measure, None, *around(estimate - base, half), 2000))
    numbers = ("at", "estimate", "low", "high", "replicates")
    return {
        "flow": rows(
            "reason",
            "rows",
            of=[
                ("no answer in either half", 212),
                ("in work on the answer date", 1904),
                ("follow-up ends before the outcome can be known", 1187),
                ("no register facts", 3),
            ],
        ),
        "contenders": rows("contender", "block", "estimator", "words", "columns", "savable", of=contenders),
        "measures": rows("contender", "measure", *numbers, of=measures),
        "differences": rows("contender", "baseline", "measure", *numbers, of=differences),
    }


def made_up() -> Tables:
    """Return every table a report knows."""
    tables = main_tables()
    instrument = load_instrument("eriq22")
    sentence = (
        "On these made-up people the questionnaire tells more about job entry within 12 months than the full register: "
        "AUC 0.861 against 0.642."
    )
    tables["headline"] = rows(
        "with",
        "without",
        "estimator",
        "without_estimator",
        "measure",
        "estimate",
        "low",
        "high",
        "se",
        "smallest_detectable",
        "margin",
        "covers",
        "covers_refits",
        "verdict",
        "size",
        "sentence",
        of=[
            (
                *("questionnaire", "register_full", "logistic", "logistic"),
                *("auc", 0.219, 0.197, 0.241, 0.011, 0.031, 0.02),
                *("over clients and refits", True, "gain shown", "large", sentence),
            )
        ],
    )
    grid = np.linspace(0.005, 0.45, 60)
    names = [CHOSEN, BASELINE, "belief | level_rates", "questionnaire | logistic"]
    tops = dict(zip(names, (0.45, 0.19, 0.27, 0.42), strict=True))
    tables["calibration_curve"] = pd.concat(
        [
            pd.DataFrame(
                {
                    "contender": n,
                    "curve": kind,
                    "forecast": (x := grid * tops[n] / 0.45),
                    "observed": x + bend * np.sin(9 * x),
                    "low": x * 0.86 - 0.004,
                    "high": x * 1.12 + 0.008,
                }
            )
            for n in names
            for kind, bend in (("lowess", 0.02), ("logit spline", 0.01))
        ]
    )
    tables["calibration_bins"] = rows(
        "contender",
        "forecast",
        "observed",
        "n",
        of=[
            (n, t * k / 10, t * k / 10 + 0.013 * (-1) ** k, 1251 if k < 9 else 4)
            for n, t in tops.items()
            for k in range(1, 10)
        ],
    )
    thresholds = np.linspace(0.01, 0.3, 30)
    heights = {**{n: t / 14 for n, t in tops.items()}, "treat all": 0.0, "treat none": 0.0}
    tables["decision_curve"] = pd.concat(
        [
            pd.DataFrame(
                {
                    "contender": n,
                    "threshold": thresholds,
                    "net_benefit": (
                        y := 0.06 - 0.94 * thresholds / (1 - thresholds)
                        if n == "treat all"
                        else h * np.exp(-7 * thresholds)
                    ),
                    "low": y - 0.003,
                    "high": y + 0.003,
                }
            )
            for n, h in heights.items()
        ]
    )
    lists = [
        (n, m, at, *around(v * tops[n], 0.03 * v), 2000)
        for at in ("5%", "10%", "20%", "200", "3")
        for n in names
        for m, v in (("precision", 0.8), ("recall", 1.1), ("lift", 13.0))
    ]
    tables["measures"] = pd.concat([tables["measures"], rows(*tables["measures"].columns, of=lists)])
    tables["overlap"] = rows(
        "contender",
        "other",
        "at",
        "overlap",
        of=[(CHOSEN, n, k, 0.3 + 0.1 * i) for k in ("10%", "200") for i, n in enumerate(names[1:])],
    )
    tables["decomposition"] = rows(
        "block",
        "measure",
        "estimate",
        "low",
        "high",
        of=[
            (b, m, *around(v * s, 0.011))
            for b, v in (
                ("belief", 0.171),
                ("caseworker_without_belief", 0.088),
                ("client", 0.061),
                ("register_full", 0.048),
            )
            for m, s in (("auc", 1.0), ("log_loss", -0.3))
        ],
    )
    tables["oracle"] = rows(
        "contender",
        "auc",
        "oracle_auc",
        "share_of_way",
        of=[(BASELINE, 0.642, 0.879, 0.0), ("belief | level_rates", 0.792, 0.879, 0.63), (CHOSEN, 0.868, 0.879, 0.95)],
    )
    tables["sample_size"] = rows(
        "contender",
        "name",
        "value",
        of=[(CHOSEN, "minimum_persons", 4811.0), ("any two", "smallest_difference at correlation 0.5", 0.031)],
    )
    tables["designs"] = rows(
        "design",
        "contender",
        "auc",
        "low",
        "high",
        "rows",
        "clients",
        "words",
        of=[
            ("leave one job centre out", CHOSEN, 0.861, 0.847, 0.874, 12512, 5011, "mean of AUCs within 3 centres"),
            ("leave one job centre out", BASELINE, 0.631, 0.61, 0.65, 12512, 5011, "mean of AUCs within 3 centres"),
            ("rolling origin", CHOSEN, 0.848, 0.83, 0.866, 4120, 2210, "mean of AUCs within 2 periods"),
            ("rolling origin", BASELINE, 0.622, 0.59, 0.65, 4120, 2210, "mean of AUCs within 2 periods"),
        ],
    )
    tables |= by_fold_tables()
    tables["censoring"] = rows(
        *("stratum", "rows", "known", "followed", "supported", "left_out"),
        *("rate", "rate_leave_out", "largest", "cut", "effective"),
        of=[
            ("2019", 9000, 9000, 9000, True, 0, 0.061, 0.061, 1.0, 0, 9000.0),
            ("2020", 6000, 3512, 3100, True, 0, 0.064, 0.061, 3.1, 40, 2711.4),
            ("2021", 812, 0, 0, False, 812, None, None, 0.0, 0, 0.0),
            ("all", 15812, 12512, 12100, False, 812, 0.062, 0.061, 3.1, 40, 11640.2),
        ],
    )
    share = 0.08 * np.arange(16) / 16
    tables["entry_curve"] = pd.DataFrame(
        {
            "month": np.arange(16.0),
            "day": (np.arange(16) * 365 / 12).round().astype(int),
            "observed": share,
            "low": share * 0.9,
            "high": share * 1.1,
            "forecast": share * 1.02,
            "n": [5011 - 300 * k for k in range(15)] + [4],
            "contender": "questionnaire | hazard",
        }
    )
    tables["missing_policies"] = rows(
        "policy",
        "contender",
        "rows",
        "auc",
        "low",
        "high",
        of=[
            ("a state of its own", CHOSEN, 12512, 0.868, 0.857, 0.879),
            ("least ready answer", CHOSEN, 12512, 0.863, 0.852, 0.874),
            ("row left out", CHOSEN, 7130, 0.859, 0.843, 0.874),
        ],
    )
    importance, dependence = [], []
    for place, item in enumerate(instrument.items):
        value = 0.62 if item.forecast and item.respondent == "caseworker" else 0.31 * 0.88**place
        importance.append(
            (
                "item",
                item.id,
                item.text.en,
                value,
                value / 4,
                *around(value, 0.12 * value)[1:],
                place + 1,
                max(place, 1),
                place + 3,
                item.malleable,
                value / 20,
                value / 25,
                value / 15,
            )
        )
        for level, answer in enumerate(instrument.levels(item.id)):
            few = item.id == "cw11" and level == 3
            middle = (len(instrument.levels(item.id)) - 1) / 2
            dependence.append(
                (
                    item.id,
                    item.text.en,
                    level,
                    answer.labels.en,
                    4 if few else 900,
                    *around(value * (level - middle), 0.08),
                )
            )
    nothing = (np.nan,) * 3
    importance += [
        ("respondent", w, w.capitalize(), v, s, v * 0.92, v * 1.07, r, r, r, None, *nothing)
        for r, (w, v, s) in enumerate((("caseworker", 1.1, 0.55), ("client", 0.6, 0.3), ("register", 0.3, 0.15)), 1)
    ]
    importance += [
        ("block", w, block_words(w), v, s, v * 0.9, v * 1.1, r, r, r, None, *nothing)
        for r, (w, v, s) in enumerate((("belief", 0.62, 0.31), ("client", 0.6, 0.3), ("register_full", 0.3, 0.15)), 1)
    ]
    tables["importance"] = rows(
        "level",
        "name",
        "label",
        "value",
        "share",
        "low",
        "high",
        "rank",
        "rank_low",
        "rank_high",
        "malleable",
        "permutation",
        "permutation_low",
        "permutation_high",
        of=importance,
    )
    tables["dependence"] = rows("item", "label", "level", "answer", "n", "contribution", "low", "high", of=dependence)
    tables["pairs"] = rows(
        *("first", "second", "strength", "first_label", "second_label", "with_belief"),
        of=[("belief.cw11", f"client.{k}", 0.09 * 0.8**k, "Belief", f"Item {k}", True) for k in range(14)],
    )
    tables["slices"] = rows(
        *("slice", "group", "clients", "rows", "events", "rate", "auc_with", "auc_without"),
        of=[
            ("disability_code", "coded", 1204, 3011, 120, 0.0399, 0.842, 0.6203),
            ("disability_code", "no code known", 3901, 9501, 631, 0.0664, 0.8633, 0.6391),
        ],
    )
    tables["agreement"] = rows(
        "estimator", "other", "rank_correlation", of=[("ridge logistic", "boosting, pairs only", 0.91)]
    )
    tables["belief"] = rows(
        "question",
        "value",
        "low",
        "high",
        "words",
        of=[
            ("AUC with the belief question", 0.868, 0.857, 0.879, "all columns of the chosen model"),
            ("AUC without it", 0.801, 0.788, 0.814, "the same model, refitted"),
            ("AUC of the belief question alone", 0.792, 0.779, 0.805, "rates per answer"),
            ("Share of a prediction that is belief", 0.31, 0.28, 0.34, "mean over people"),
            ("AUC within caseworkers", 0.844, 0.83, 0.857, "each caseworker's mean belief taken out"),
            ("A model beats the caseworker's own yes by", 0.076, 0.061, 0.09, "difference in AUC"),
        ],
    )
    return tables


WITH = "questionnaire | logistic"


def people_tables() -> Tables:
    """Return the tables on who people are and what they answered, with invented numbers."""
    both = ("people", "rows", "events", "people_with", "people_without")
    numbers = ("mean", "sd", "missing")
    lists = [
        (WITH, None, "highest", 200, 12512, 142, *around(129.0, 16.0), 71),
        (BASELINE, None, "highest", 200, 12512, 113, *around(29.0, 12.0), 29),
        (WITH, BASELINE, "highest", 200, 12512, None, *around(100.0, 21.0), 29),
        ("by lot", None, "highest", 200, 12512, None, *around(13.0, 0.0), 200),
    ]
    columns = ("contender", "baseline", "pick", "places", "rows", "people", "estimate", "low", "high", "fewest")
    answers = [
        (item, f"{item} (client)", "client", level, words, people, people * 2, people / 4000)
        for item in ("a", "b")
        for level, words, people in ((0.0, "not at all", 1500), (1.0, "much", 400), (np.nan, "no answer", 100))
    ]
    return {
        "listed": rows(*columns, of=lists),
        "who": rows("column", "group", *both, of=[("sex", g, 2500, 6256, 400, 350, 2300) for g in ("female", "male")]),
        "who_by_centre": rows(
            *("column", "group", "centre", "people", "rows"),
            of=[("sex x job_centre", g, c, 600, 1500) for g in ("female", "male") for c in ("north", "south")],
        ),
        "who_numbers": rows(
            *("name", "label", "by", "group", "n", *numbers),
            of=[
                ("register.age", "Age", by, group, 2000, 40.6, 6.94, 0.0)
                for by, group in (("outcome", "all"), ("outcome", "with the outcome"), ("job_centre", "north"))
            ],
        ),
        "answers": rows(*("item", "label", "respondent", "level", "answer", "people", "rows", "share"), of=answers),
        "halves": rows(
            *("indicator", "first", "second", "people", "rows", "same", "within_one", "kappa"),
            of=[("job search", "caseworker", "client", 4900, 11000, 0.51, 0.95, 0.748)],
        ),
        "histogram": rows("contender", "low", "high", "n", of=[(WITH, k / 20, (k + 1) / 20, 90) for k in range(10)]),
        "roc": rows(
            *("contender", "cut", "false_positive_rate", "sensitivity", "precision", "fewest"),
            of=[(n, 0.5, 0.1, 0.5, 0.4, 50) for n in (WITH, BASELINE)],
        ),
        "typical": rows(
            *("person", "forecast", "place", "label", "answer", "contribution"),
            of=[("with the outcome", 0.27, k, f"item {k}", "much", 0.7 / k) for k in (1, 2)],
        ),
    }


def small() -> Tables:
    """Return the four needed tables, the headline, and those on people: a page with few figures, quickly drawn."""
    return {**main_tables(), "headline": made_up()["headline"], **people_tables()}


def made_up_facts(**others: Any) -> Facts:
    instrument = load_instrument("eriq22")
    facts = Facts(
        name="demo",
        question="Does the 22-item questionnaire tell more about job entry within a year than the registers do?",
        outcome_words="job entry within 12 months",
        horizon_days=365,
        about="These people are made up. The cohort was tuned to published figures, so agreement with those figures "
        "is built in: it shows that the pipeline works, and says nothing about whether the questionnaire does.",
        simulated=True,
        instrument=InstrumentFacts(**instrument.stamp, notice=instrument.notice.en),
        design="5 folds of whole clients, stratified by outcome",
        folds=5,
        repeats=1,
        seed=1,
        baseline=BASELINE,
        chosen=CHOSEN,
        chosen_words="It has the lowest out-of-fold log loss; ties within one standard error go to the simpler.",
        calibrator=Calibrator(intercept=0.013, slope=0.981),
        digests={"answers": "ab" * 32, "persons": "cd" * 32},
        config_yaml="version: 1\nname: demo\nsource: {kind: simulated, preset: claim}\n",
        started="2026-01-05 09:00",
        eriq_version="0.1.0",
        versions={"pandas": "3.1.1", "scikit-learn": "1.9.1"},
        leak_checks=("No person is on both sides of any split.", "No single column has an AUC above the limit."),
        sample_size_sentences=(
            "Enough people: 5,011 with 751 events, and 63 parameters need at least 4,811 with 722 events.",
        ),
        n_read=15818,
        n_rows=12512,
        n_clients=5011,
        n_events=751,
        prevalence=0.06,
        context=("Here: 6.0 % with job entry within 12 months.", "SIUS: 17 to 21 %.", "Not comparable."),
        doubts=("WARNING: 60 people are there twice.", "persons: known_on: 40 of 5,011 people have no day."),
        decided="The track of an activation is a decision of somebody who met the client.",
        convention="interventional: against one stored background",
    )
    return replace(facts, **others)


def report(tables: Tables, facts: Facts | None = None) -> str:
    """Return the page of these tables, with its figures."""
    found = cleared(tables, facts or made_up_facts())
    return report_html(found, {name: as_svg(figure) for name, figure in figures_of(found).items()})


class Page(HTMLParser):
    """Collects what a browser would see; fails on a tag that is closed out of order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "title"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def ids(self) -> list[str]:
        return [value for _, name, value in self.attributes if name == "id"]
