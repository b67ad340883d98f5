"""The report: one page that holds everything, says nothing it may not, and leaves out what is not there."""

import re

import pandas as pd
import pytest
from tests.study.reporting.made_up import CHOSEN, Page, made_up, made_up_facts, main_tables, report, rows

from eriq.study.reporting.card import card_markdown
from eriq.study.reporting.figures import figures_of
from eriq.study.reporting.findings import cleared
from eriq.study.reporting.words import SHARED, SIDES

NEEDED = ("flow", "contenders", "measures", "differences")


@pytest.fixture(scope="module")
def html() -> str:
    return report(made_up())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


SECTIONS = {
    "decomposition": ("decomposition",),
    "oracle": ("oracle",),
    "decision": ("decision_curve",),
    "capacity": ("measures", "overlap"),
    "designs": ("designs",),
    "folds": ("by_fold",),
    "away": ("home_and_away",),
    "missing": ("missing_policies",),
    "importance": ("importance",),
    "belief": ("belief",),
    "sample": ("sample_size",),
    "slices": ("slices",),
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
    facts = made_up_facts(sample_size_sentences=())
    tables = {name: table for name, table in made_up().items() if name not in (*SECTIONS[section], *SLOW)}
    if section == "capacity":  # what lists reach stands among the measures
        tables["measures"] = main_tables()["measures"]
    absent = Page(report(tables, facts))
    assert section in page.ids()
    assert ("a", "href", f"#{section}") in page.attributes
    assert section not in absent.ids()
    assert ("a", "href", f"#{section}") not in absent.attributes


def test_four_tables_are_enough() -> None:
    """Flow, contenders, measures and differences make a page; empty tables count as absent."""
    tables = main_tables()
    empty = {**tables, **{name: table.head(0) for name, table in made_up().items() if name not in NEEDED}}
    facts = made_up_facts(instrument=None, simulated=False)
    assert report(tables, facts) == report(empty, facts)
    assert set(figures_of(cleared(tables, facts))) == {"flow", "auc"}


def test_a_needed_table_or_fact_is_asked_for() -> None:
    """Without measures there is no report, and the error names what is not there."""
    tables = main_tables()
    del tables["measures"]
    with pytest.raises(KeyError, match="measures"):
        report(tables)


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
    page = Page(report(tables, made_up_facts(simulated=simulated)))
    assert ("div", "class", tint) in page.attributes


def test_numbers_follow_the_tables(page: Page) -> None:
    """The chosen AUC is printed as it stands in the table; another number there is another number on the page."""
    assert "0.868 (0.856 to 0.880)" in page.text
    tables = main_tables()
    tables["measures"] = tables["measures"].replace({"estimate": {0.868: 0.777}})
    assert "0.777 (0.856 to 0.880)" in Page(report(tables)).text


def test_every_caption_names_the_file_of_its_numbers(html: str) -> None:
    """Each table caption names a file, and each file named on the page is one of the tables given."""
    captions = re.findall(r"<caption>(.*?)</caption>", html, re.DOTALL)
    assert len(captions) > 12
    assert all("tables/" in caption for caption in captions)
    assert set(re.findall(r"tables/(\w+)\.csv", html)) <= set(made_up())


def test_too_few_people_is_said_loudly() -> None:
    """The warning is there when the sample is too small, and only then."""
    words = "Too few people for this comparison."
    assert words in report(main_tables(), made_up_facts(sample_size_enough=False))
    assert words not in report(main_tables())


def test_human_forecasts_are_marked(page: Page) -> None:
    """The caseworker's and the client's forecast carry the mark in the table of leading contenders."""
    assert page.text.count("Caseworker's forecast human forecast") == 2  # leading, and among all
    assert page.text.count("Client's own forecast human forecast") == 2


def test_a_column_with_ids_never_reaches_page_or_card() -> None:
    """A marked id in an extra column of every table is in neither."""
    tables = {name: table.assign(client_id="P-MARKED-1") for name, table in made_up().items()}
    assert "P-MARKED-1" not in report(tables)
    assert "P-MARKED-1" not in card_markdown(cleared(tables, made_up_facts()))


def test_words_from_outside_are_escaped() -> None:
    """A question with markup is text on the page and in the card."""
    facts = made_up_facts(question="Is <script>alert(1)</script> | a question?")
    assert "<script" not in report(main_tables(), facts)
    assert "<script" not in card_markdown(cleared(main_tables(), facts))


def test_accuracy_needs_the_majority_rate_beside_it() -> None:
    """An accuracy alone is not shown; with the majority rate it is."""
    tables = main_tables()
    lone = rows(*tables["measures"].columns, of=[(CHOSEN, "accuracy", "0.5", 0.94, 0.93, 0.95, 2000)])
    majority = lone.assign(measure="accuracy_majority", at=None, estimate=0.9401)
    without = report({**tables, "measures": pd.concat([tables["measures"], lone])})
    beside = report({**tables, "measures": pd.concat([tables["measures"], lone, majority])})
    assert "accuracy at 0.5" not in without
    assert "accuracy at 0.5" in beside
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
    rest = [
        ("saved model", "ici", None, 0.005, 0.004, 0.006, 200),
        ("majority", "accuracy_majority", None, 0.9, 0.9, 0.9, 2000),
    ]
    tables["measures"] = pd.concat([tables["measures"], pd.DataFrame(rest, columns=names)])
    words = Page(report(tables)).words
    assert "Saved model" in words
    assert "Majority" not in words


def test_pairs_are_named_by_the_words_of_their_items(page: Page) -> None:
    """The names of columns are not printed; of 14 pairs the ten strongest are."""
    assert page.words.count("Belief") == 10
    assert "belief.cw11" not in page.words
    assert "Item 9" in page.words
    assert "Item 10" not in page.words


def test_tables_are_left_as_they_were() -> None:
    """Making report, figures and card changes no input."""
    tables = made_up()
    before = {name: table.copy() for name, table in tables.items()}
    report(tables)
    card_markdown(cleared(tables, made_up_facts()))
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, before[name])


def test_each_period_and_centre_has_a_row_and_small_centres_none_that_tells(page: Page) -> None:
    """A centre with four people with the outcome and one more beside it have no numbers; the rest have theirs."""
    tables = cleared(made_up(), made_up_facts()).tables["by_fold"].drop_duplicates("fold").set_index("fold")
    assert tables.index[tables["rows"].isna()].tolist() == ["centre 1", "centre 3"]
    assert "centre 4" in page.text
    assert "beneath the centres their mean" in page.text  # the words under a figure that was drawn
    assert "+0.220 (0.180 to 0.260)" in page.text
    assert "The declared difference. Over 9 job centres the difference is 0.23." in page.text


def test_what_a_list_and_a_prediction_interval_count_is_said(page: Page) -> None:
    """Of several questionnaires of a person each holds a place; the interval over centres says what stands for tau."""
    assert "A place is a questionnaire: who answered several times can hold several" in page.text
    assert "Net benefit counts questionnaires" in page.text
    assert "t on two degrees of freedom fewer than centres, as tau is estimated" in page.text
    tables = {name: table for name, table in made_up().items() if name not in SLOW}
    once = Page(report(tables, made_up_facts(n_rows=5011, n_clients=5011)))
    assert "A place is a questionnaire" not in once.text


def test_home_and_away_stand_side_by_side_and_in_words(page: Page) -> None:
    """Slope and base rate at home and away, and the sentence; the card says it too."""
    assert "Forecasts were too extreme away; base rate 12 % at home, 7 % away." in page.text
    assert "0.390 (0.300 to 0.480)" in page.text
    card = card_markdown(cleared(made_up(), made_up_facts()))
    assert "## Home and away" in card
    assert "Forecasts were too extreme away; base rate 12 % at home, 7 % away." in card
    assert "Over 9 job centres the difference is 0.23." in card


def test_the_page_says_what_the_auc_is_a_mean_of_and_who_may_be_on_both_sides() -> None:
    """In calendar time people may train with earlier waves; the page says so, and nothing to the contrary."""
    facts = made_up_facts(auc="mean of AUCs within periods", sides=SHARED, also=("leave one job centre out",))
    html = report(made_up(), facts)
    page = Page(html)
    assert "AUC is the mean of AUCs within periods, never over them together." in page.text
    assert "AUC, mean of AUCs within periods (95" in page.text
    assert SHARED in page.text
    assert SIDES not in page.text
    assert "Leave one job centre out." in page.text
    card = card_markdown(cleared(made_up(), facts))
    assert f"AUC is the mean of AUCs within periods; {SHARED}." in card
    assert "- also judged by: leave one job centre out" in card
    plain = Page(report(made_up()))
    assert SIDES in plain.text
    assert "never over them together" not in plain.text


def test_what_may_go_wrong_is_said_and_pointed_to_before_the_contenders(page: Page) -> None:
    """Every doubt, and that a column is somebody's decision, have a section of their own; without any there is none."""
    words = page.text
    place = words.index("What may go wrong Found")
    for sentence in (*made_up_facts().doubts, made_up_facts().decided):
        assert place < words.index(sentence) < words.index("How it was made", place)
    assert words.index("What may go wrong : found in these data") < words.index("Contenders on the same people")
    nothing = Page(report(main_tables(), made_up_facts(doubts=(), decided="")))
    assert "doubts" in page.ids()
    assert "doubts" not in nothing.ids()
    assert ("a", "href", "#doubts") not in nothing.attributes


def test_published_rates_stand_beside_the_outcome_as_context(page: Page) -> None:
    """They follow the flow, all of them with their caution, and a study without them has no such line."""
    first, *_, caution = made_up_facts().context
    assert page.text.index("Questionnaires in") < page.text.index(first) < page.text.index(caution)
    assert "as context" not in report(main_tables(), made_up_facts(context=()))


def test_contributions_say_what_they_are_measured_against(page: Page) -> None:
    """The convention of the SHAP values stands where importance is explained."""
    assert "Contributions are SHAP values, interventional: against one stored background." in page.text


def test_slices_are_described_in_words(page: Page) -> None:
    """The slice in words, counts, share and both AUCs as they stand in the table."""
    assert "Disability code coded 1,204 3,011 120 4.0 % 0.842 0.620" in page.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "disability_code" not in page.text


# --- rows whose follow-up breaks off -------------------------------------------------------


def test_a_page_of_weighted_rows_says_what_is_weighted_and_what_is_not() -> None:
    """The rule, the strata and the monthly curve are there; measures without weights say so beside the number."""
    facts = made_up_facts(censoring=("The rule that was declared.",), weighted=True)
    text = Page(report(made_up(), facts)).text
    assert "Rows whose follow-up breaks off The rule that was declared." in text
    for words in (
        "ICI, unweighted",
        "Unweighted: rows followed to the end, each once. Smooth curve",
        "ICI, E50, E90 and Emax are unweighted: rows followed to the end, each once.",
        "Unweighted: rows followed to the end, each once. Share of a list",
        "6.0 % by weight",
        "2020 6,000 3,512 3,100 0 6.4 % 6.1 % 3.10 40 2,711",
        "12 365 1,411 0.060 (0.054 to 0.066) 0.061",
    ):
        assert words in text
    assert "15 456" in text
    assert "0.075" not in text.split("15 456")[1][:40]  # four people were followed so long


def test_a_page_of_rows_that_count_alike_has_no_word_of_weights(page: Page) -> None:
    """Under leave_out there is no such section, and no measure is called unweighted."""
    assert "Rows whose follow-up breaks off" not in page.text
    assert "nweighted" not in page.text


def test_the_card_says_what_became_of_censored_rows() -> None:
    """The sentences of the report, and measures without weights by name."""
    facts = made_up_facts(censoring=("The rule that was declared.",), weighted=True)
    card = card_markdown(cleared(made_up(), facts))
    assert "by weight).\nThe rule that was declared.\n" in card
    assert "| ICI, unweighted |" in card
    assert "weight" not in card_markdown(cleared(made_up(), made_up_facts())).split("## Limits")[0]
