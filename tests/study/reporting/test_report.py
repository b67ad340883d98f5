"""Report and card: one page that holds everything, says nothing it may not, and leaves out what is not there."""

import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eriq.disclosure import MIN_PEOPLE, count_words, hide_parts, suppress_small
from eriq.instrument.instrument import load_instrument
from eriq.study.reporting.report import block_words, card_markdown, contender_labels, figures_of, leading, report_html

Tables = dict[str, pd.DataFrame]
VOID = {"meta", "br", "hr", "img", "link", "input", "path", "use", "rect", "circle", "line"}
NEEDED = ("flow", "contenders", "measures", "differences")
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
            "net_benefit@0.05": (0.021, 0.003),
        }
        for measure, (estimate, half) in found.items():
            n = 200 if measure in ("ici", "e50", "e90", "emax", "calibration_slope") else 2000
            measures.append((name, measure, *around(estimate, half), n))
            if name != BASELINE and measure in ("auc", "log_loss", "brier"):
                base = {"auc": auc[BASELINE], "log_loss": 0.2716, "brier": 0.05184}[measure]
                differences.append((name, BASELINE, measure, *around(estimate - base, half), 2000))
    numbers = ("estimate", "low", "high", "replicates")
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
        "measure",
        "estimate",
        "low",
        "high",
        "smallest_detectable",
        "verdict",
        "sentence",
        of=[("questionnaire", "register_full", "logistic", "auc", 0.219, 0.197, 0.241, 0.031, "large gain", sentence)],
    )
    grid = np.linspace(0.005, 0.45, 60)
    names = [CHOSEN, BASELINE, "belief | level_rates", "questionnaire | logistic"]
    tops = dict(zip(names, (0.45, 0.19, 0.27, 0.42), strict=True))
    tables["calibration_curve"] = pd.concat(
        [
            pd.DataFrame(
                {
                    "contender": n,
                    "forecast": (x := grid * tops[n] / 0.45),
                    "observed": x + 0.02 * np.sin(9 * x),
                    "low": x * 0.86 - 0.004,
                    "high": x * 1.12 + 0.008,
                }
            )
            for n in names
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
    tables["capacity"] = rows(
        "contender",
        "k",
        "measure",
        "estimate",
        "low",
        "high",
        of=[
            (n, k, m, *around(v * tops[n], 0.03 * v))
            for k in ("5%", "10%", "20%", "200", "3")
            for n in names
            for m, v in (("precision", 0.8), ("recall", 1.1), ("lift", 13.0))
        ],
    )
    tables["overlap"] = rows(
        "contender",
        "other",
        "k",
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
        "name",
        "value",
        "words",
        of=[
            ("people needed", 4811.0, "by the strictest of three criteria"),
            ("smallest difference", 0.031, "in AUC, found four times in five"),
        ],
    )
    tables["designs"] = rows(
        "design",
        "contender",
        "auc",
        "low",
        "high",
        "rows",
        "clients",
        of=[
            ("leave one job centre out", CHOSEN, 0.861, 0.847, 0.874, 12512, 5011),
            ("leave one job centre out", BASELINE, 0.631, 0.61, 0.65, 12512, 5011),
            ("rolling origin", CHOSEN, 0.848, 0.83, 0.866, 4120, 2210),
            ("rolling origin", BASELINE, 0.622, 0.59, 0.65, 4120, 2210),
        ],
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
        "first", "second", "strength", of=[("Belief", f"Item {k}", 0.09 * 0.8**k) for k in range(14)]
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


def made_up_facts(**others: Any) -> dict[str, Any]:
    instrument = load_instrument("eriq22")
    return {
        "name": "demo",
        "question": "Does the 22-item questionnaire tell more about job entry within a year than the registers do?",
        "outcome_words": "job entry within 12 months",
        "horizon_days": 365,
        "about": "These people are made up. The cohort was tuned to published figures, so agreement with those figures "
        "is built in: it shows that the pipeline works, and says nothing about whether the questionnaire does.",
        "simulated": True,
        "instrument": {"id": "eriq22", "version": "1.0.0", "digest": instrument.digest, "notice": instrument.notice.en},
        "design": "5 folds of whole clients, stratified by outcome",
        "folds": 5,
        "repeats": 1,
        "seed": 1,
        "level": 0.95,
        "baseline": BASELINE,
        "chosen": CHOSEN,
        "chosen_words": "It has the lowest out-of-fold log loss; ties within one standard error go to the simpler.",
        "calibrator": {"intercept": 0.013, "slope": 0.981},
        "digests": {"answers": "ab" * 32, "persons": "cd" * 32},
        "config_yaml": "version: 1\nname: demo\nsource: {kind: simulated, preset: claim}\n",
        "started": "2026-01-05 09:00",
        "eriq_version": "0.1.0",
        "versions": {"pandas": "3.1.1", "scikit-learn": "1.9.1"},
        "leak_checks": ["No person is on both sides of any split.", "No single column has an AUC above the limit."],
        "sample_size_sentences": [
            "Enough people: 5,011 with 751 events, and 63 parameters need at least 4,811 with 722 events."
        ],
        "sample_size_enough": True,
        "n_read": 15818,
        "n_rows": 12512,
        "n_clients": 5011,
        "n_events": 751,
        "prevalence": 0.06,
        "not_savable_better": None,
        **others,
    }


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


@pytest.fixture(scope="module")
def html() -> str:
    return report_html(made_up(), made_up_facts())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


SECTIONS = {
    "decomposition": ("decomposition",),
    "oracle": ("oracle",),
    "decision": ("decision_curve",),
    "capacity": ("capacity", "overlap"),
    "designs": ("designs",),
    "missing": ("missing_policies",),
    "importance": ("importance",),
    "belief": ("belief",),
    "sample": ("sample_size",),
}


SLOW = ("calibration_curve", "decision_curve", "importance", "decomposition")  # with figures; drawn where asked for


def test_the_page_is_whole_and_fetches_nothing(page: Page) -> None:
    """Tags nest, no id is used twice, every link leads to a place on the page, and nothing is loaded from outside."""
    assert page.open == []
    assert len(page.ids()) == len(set(page.ids()))
    links = [value for _, name, value in page.attributes if name in ("href", "src")]
    assert links
    assert {link[1:] for link in links} <= set(page.ids())
    tags = {tag for tag, _, _ in page.attributes}
    assert not tags & {"script", "link", "img", "iframe", "image"}
    assert not [v for _, name, v in page.attributes if "http" in v and name != "xmlns"]


def test_every_reference_inside_a_figure_finds_its_id(page: Page) -> None:
    """Clip paths and labels keep pointing at their own figure after ids were made unique."""
    used = {m for _, _, value in page.attributes for m in re.findall(r"url\(#([^)]+)\)", value)}
    named = {i for _, name, value in page.attributes if name == "aria-labelledby" for i in value.split()}
    assert used
    assert used | named <= set(page.ids())


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_without_its_table_is_left_out(section: str, page: Page) -> None:
    """Taking the tables away takes the section and its link away, and nothing else breaks."""
    facts = made_up_facts(sample_size_sentences=[])
    tables = {name: table for name, table in made_up().items() if name not in (*SECTIONS[section], *SLOW)}
    absent = Page(report_html(tables, facts))
    assert section in page.ids()
    assert ("a", "href", f"#{section}") in page.attributes
    assert section not in absent.ids()
    assert ("a", "href", f"#{section}") not in absent.attributes


def test_four_tables_are_enough() -> None:
    """Flow, contenders, measures and differences make a page; empty tables count as absent."""
    tables = main_tables()
    empty = {**tables, **{name: table.head(0) for name, table in made_up().items() if name not in NEEDED}}
    facts = made_up_facts(instrument=None, simulated=False)
    assert report_html(tables, facts) == report_html(empty, facts)
    assert set(figures_of(tables, facts)) == {"flow", "auc"}


def test_a_needed_table_or_fact_is_asked_for() -> None:
    """Without measures there is no report, and the error names what is not there."""
    tables = main_tables()
    del tables["measures"]
    with pytest.raises(KeyError, match="measures"):
        report_html(tables, made_up_facts())


def test_the_verdict_and_the_notice_stand_at_the_top_and_the_notice_beside_the_results(page: Page) -> None:
    """The sentence comes before the first table; the notice is there three times and in the footer."""
    verdict = page.text.index("tells more about job entry within 12 months than the full register")
    assert verdict < page.text.index("Questionnaires read")
    assert page.text.count("Made-up people. These people are made up.") == 3
    assert page.text.count("These people are made up. The cohort") == 4


@pytest.mark.parametrize(
    ("low", "high", "simulated", "tint"),
    [
        (0.01, 0.03, False, "verdict good"),
        (-0.01, 0.03, False, "verdict "),
        (-0.04, -0.01, False, "verdict poor"),
        (0.01, 0.03, True, "verdict "),
    ],
)
def test_a_verdict_is_tinted_by_its_interval_and_never_for_made_up_people(
    low: float, high: float, simulated: bool, tint: str
) -> None:
    """An interval that includes 0 is neither good nor poor; a gain among made-up people is no good news."""
    tables = {**main_tables(), "headline": made_up()["headline"].assign(low=low, high=high)}
    page = Page(report_html(tables, made_up_facts(simulated=simulated)))
    assert ("div", "class", tint) in page.attributes


def test_numbers_follow_the_tables(page: Page) -> None:
    """The chosen AUC is printed as it stands in the table; another number there is another number on the page."""
    assert "0.868 (0.856 to 0.880)" in page.text
    tables = main_tables()
    tables["measures"] = tables["measures"].replace({"estimate": {0.868: 0.777}})
    assert "0.777 (0.856 to 0.880)" in Page(report_html(tables, made_up_facts())).text


def test_every_caption_names_the_file_of_its_numbers(html: str) -> None:
    """Each table caption names a file, and each file named on the page is one of the tables given."""
    captions = re.findall(r"<caption>(.*?)</caption>", html, re.DOTALL)
    assert len(captions) > 12
    assert all("tables/" in caption for caption in captions)
    assert set(re.findall(r"tables/(\w+)\.csv", html)) <= set(made_up())


def test_too_few_people_is_said_loudly() -> None:
    """The warning is there when the sample is too small, and only then."""
    words = "Too few people for this comparison."
    assert words in report_html(main_tables(), made_up_facts(sample_size_enough=False))
    assert words not in report_html(main_tables(), made_up_facts())


def test_human_forecasts_are_marked(page: Page) -> None:
    """The caseworker's and the client's forecast carry the mark in the table of leading contenders."""
    assert page.text.count("Caseworker's forecast human forecast") == 2  # leading, and among all
    assert page.text.count("Client's own forecast human forecast") == 2


def test_leading_contenders_are_the_best_of_each_block_humans_baseline_and_chosen() -> None:
    """Of two estimators per block one leads; human forecasts, rule and overall rate stay; order is by AUC."""
    names = leading(made_up(), made_up_facts(baseline="register_full | lightgbm_pairs"))
    assert len(names) == len(AUCS) + 4 + 1
    assert names[0] == CHOSEN
    assert names[-1] == "prevalence"
    assert "register_full | lightgbm_pairs" in names
    assert "client | lightgbm_pairs" not in names


def test_small_counts_are_hidden_and_cannot_be_worked_out() -> None:
    """Three rows are "<5"; the next smallest reason is withheld as well, in the table and in the figure."""
    page = Page(report_html(main_tables(), made_up_facts()))
    assert "Left out: no register facts <5" in page.text
    assert "Left out: no answer in either half withheld" in page.text
    flow = figures_of(main_tables(), made_up_facts())["flow"]
    assert [round(bar.get_width()) for bar in flow.axes[0].patches] == [15818, 1904, 1187, 12512]


def test_a_total_that_would_give_a_small_count_away_is_withheld() -> None:
    """With one small reason and nothing else to hide, the number read is not printed."""
    tables = {**main_tables(), "flow": rows("reason", "rows", of=[("no answer in either half", 3)])}
    page = Page(report_html(tables, made_up_facts(n_read=12515)))
    assert "12,515" not in page.text
    assert "withheld questionnaires were read" in page.text


def test_cells_of_fewer_than_five_people_are_not_drawn(page: Page) -> None:
    """The fourth belief answer rests on 4 people, so the line ends at the third; a list of 3 places is left out."""
    drawn = figures_of(made_up(), made_up_facts())
    heights = drawn["dependence"].axes[0].lines[-1].get_ydata()
    assert np.isnan(heights).tolist() == [False, False, False, True]
    dots = [line for line in drawn["calibration"].axes[0].lines if line.get_label() == "bins of people"]
    assert len(dots[0].get_xdata()) == 8  # of nine bins the last has 4 people
    assert "200" in page.words
    assert "3" not in page.words


def test_a_column_with_ids_never_reaches_page_or_card() -> None:
    """A marked id in an extra column of every table is in neither."""
    tables = {name: table.assign(client_id="P-MARKED-1") for name, table in made_up().items()}
    assert "P-MARKED-1" not in report_html(tables, made_up_facts())
    assert "P-MARKED-1" not in card_markdown(tables, made_up_facts())


def test_words_from_outside_are_escaped() -> None:
    """A question with markup is text on the page and in the card."""
    facts = made_up_facts(question="Is <script>alert(1)</script> | a question?")
    assert "<script" not in report_html(main_tables(), facts)
    assert "<script" not in card_markdown(main_tables(), facts)


def test_accuracy_needs_the_majority_rate_beside_it() -> None:
    """An accuracy alone is not shown; with the majority rate it is."""
    tables = main_tables()
    lone = pd.DataFrame([(CHOSEN, "accuracy@0.5", 0.94, 0.93, 0.95, 2000)], columns=tables["measures"].columns)
    both = pd.concat([lone, lone.assign(measure="accuracy_majority", estimate=0.9401)])
    without = report_html({**tables, "measures": pd.concat([tables["measures"], lone])}, made_up_facts())
    beside = report_html({**tables, "measures": pd.concat([tables["measures"], both])}, made_up_facts())
    assert "accuracy@0.5" not in without
    assert "accuracy@0.5" in beside
    assert "Majority rate" in beside


def test_intervals_say_how_many_replicates_and_what_they_leave_out(page: Page) -> None:
    """Replicates are printed by measure, and what an interval does not cover is said."""
    assert "2,000 replicates for AUC" in page.text
    assert "200 replicates for Calibration slope, E50, E90, Emax, ICI" in page.text
    assert "They do not cover other places and years" in page.text


def test_the_saved_model_is_judged_beside_the_contenders() -> None:
    """A row of measures that is no contender is shown under calibration, and one without any such measure is not."""
    tables = main_tables()
    names = tables["measures"].columns
    rest = [("saved model", "ici", 0.005, 0.004, 0.006, 200), ("majority", "accuracy_majority", 0.9, 0.9, 0.9, 2000)]
    tables["measures"] = pd.concat([tables["measures"], pd.DataFrame(rest, columns=names)])
    words = Page(report_html(tables, made_up_facts())).words
    assert "Saved model" in words
    assert "Majority" not in words


def test_pairs_are_named_by_the_words_of_their_items(html: str) -> None:
    """With labels there the codes of items are not printed; of 14 pairs the ten strongest are."""
    tables = {**main_tables(), "importance": made_up()["importance"].head(2)}
    tables["pairs"] = made_up()["pairs"].assign(first_label="Goal orientation", second_label="Health")
    page = Page(report_html(tables, made_up_facts()))
    assert page.words.count("Goal orientation") == 10
    assert "Item 0" not in page.words
    assert "Item 9" in Page(html).words
    assert "Item 10" not in Page(html).words


def test_tables_and_facts_are_left_as_they_were() -> None:
    """Making report, figures and card changes no input."""
    tables, facts = made_up(), made_up_facts()
    before, known = {name: table.copy() for name, table in tables.items()}, dict(facts)
    report_html(tables, facts)
    card_markdown(tables, facts)
    assert facts == known
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, before[name])


CARD = (
    "## Intended use",
    "A person decides.",
    "sanctions",
    "decisions on benefits",
    "ranking or judging caseworkers",
    "employers: they are never recipients",
    "Prediction is not effect",
    "Not validated on Swedish clients",
    "86/83/64 is a third-party claim",
    "The quality of jobs",
    "displacement",
    "own wording, not the licensed instrument",
    "These people are made up.",
    "0.868 (0.856 to 0.880)",
    "lowest out-of-fold log loss",
    "intercept 0.013, slope 0.981",
    "scikit-learn 1.9.1",
    "Do you believe that the client will get a job within the next year?",
)


@pytest.mark.parametrize("words", CARD)
def test_the_card_says_what_a_card_must_say(words: str) -> None:
    """Each promise, limit and number is in the card."""
    assert words in re.sub(r"\s+", " ", card_markdown(made_up(), made_up_facts()))


def test_the_card_of_real_people_makes_no_claim_on_made_up_ones() -> None:
    """Without an instrument and on real data, the card has neither wording section nor made-up people."""
    card = card_markdown(main_tables(), made_up_facts(about="", simulated=False, instrument=None))
    assert "made-up" not in card.lower()
    assert "## Questionnaire and wording" not in card
    assert "Not validated on Swedish clients" in card


def test_the_card_lists_features_by_block_when_they_are_given() -> None:
    """Blocks with features are headings; a bar in a label does not open a table cell."""
    card = card_markdown(made_up(), made_up_facts(features={"Client's answers": ["a | b"], "Register": []}))
    assert "**Client's answers**" in card
    assert "- a \\| b" in card
    assert "**Register**" not in card


def test_labels_and_blocks_in_words() -> None:
    """Unions read as sums; estimators are named unless the block alone says it."""
    labels = contender_labels(made_up()["contenders"])
    assert labels[CHOSEN] == "Questionnaire + full register · ridge logistic"
    assert labels["belief | level_rates"] == "Caseworker's forecast"
    assert len(set(labels.values())) == len(labels)


@pytest.mark.parametrize(("n", "shown"), [(4, False), (5, True), (6, True), (None, False)])
def test_the_threshold_is_five_people(n: int | None, shown: bool) -> None:
    """4 and unknown are blanked, 5 and 6 stay; words stay in any case."""
    table = pd.DataFrame({"group": ["a"], "n": pd.array([n], dtype="Int64"), "share": [0.25]})
    cleared = suppress_small(table)
    assert cleared["share"].notna().tolist() == [shown]
    assert cleared["group"].tolist() == ["a"]
    assert table["share"].tolist() == [0.25]
    assert MIN_PEOPLE == 5


def test_hidden_parts_leave_room_for_doubt() -> None:
    """1 and 2 beside their sum would leave two guesses, so 30 goes as well; no small part, nothing hidden."""
    assert hide_parts([1, 2, 30, 400]) == (["<5", "<5", "withheld", "400"], True)
    assert hide_parts([1, 2]) == (["<5", "<5"], False)
    assert hide_parts([5, 6]) == (["5", "6"], True)
    assert [count_words(n) for n in (0, 1, 4, 5)] == ["0", "<5", "<5", "5"]


def test_two_blanks_that_hold_seven_are_too_few() -> None:
    """7 left for two blanks below 5 could only be 3 and 4, so 40 goes as well; 10 left for two are enough."""
    assert hide_parts([3, 4, 40]) == (["<5", "<5", "withheld"], True)
    assert hide_parts([4, 6, 40]) == (["<5", "withheld", "40"], True)
