"""The section on groups: what the tables say, and no more than may be said."""

import pandas as pd
import pytest
from tests.study.groups.world import asked, people
from tests.study.reporting.made_up import Page, made_up_facts, main_tables, report

from eriq.disclosure import publishable
from eriq.study.groups.audit import audit
from eriq.study.groups.words import sentences
from eriq.study.reporting.card import card_markdown
from eriq.study.reporting.figures import figures_of
from eriq.study.reporting.findings import cleared
from eriq.study.reporting.groups import by_group, columns_drawn, every_gap, further_by_group, shown_gaps
from eriq.study.reporting.report import report_html
from eriq.tables.results import Results


@pytest.fixture(scope="module")
def tables() -> Results:
    """Return tables of 900 people: a gap is planted, and three people stand apart."""
    return audit(*people(900, 3, missed=1.5, tiny=3), asked(100))


def test_the_page_has_a_section_with_verdicts_and_a_figure(tables):
    """One row per group, every gap, those that are shown, and what is said of them; without tables no section."""
    facts = made_up_facts(groups=sentences(tables, asked(100)))
    page = Page(report({**main_tables(), **tables}, facts))
    assert page.open == []
    assert "groups" in page.ids()
    assert ("a", "href", "#groups") in page.attributes
    for words in (*facts.groups, "insufficient evidence", "not assessable", "half x third"):
        assert words in page.text
    assert f"All {len(tables['group_gaps'])} gaps" in page.text
    assert "groups" not in Page(report(main_tables())).ids()


def test_the_card_says_for_whom_it_works(tables):
    """The same sentences; without them no heading."""
    facts = made_up_facts(groups=sentences(tables, asked(100)))
    card = card_markdown(cleared({**main_tables(), **tables}, facts))
    assert "## For whom it works" in card
    assert "Insufficient evidence is no sign of being alike." in card
    assert "For whom" not in card_markdown(cleared(main_tables(), made_up_facts()))


def test_three_people_are_on_no_page_and_in_no_file(tables):
    """Neither their count nor the one that would give it away; the planted groups keep theirs."""
    stored = publishable("groups", tables["groups"]).set_index(["column", "group"])
    assert stored.loc["rare", ["people", "rows", "events"]].isna().all(axis=None)
    assert stored.loc[("rare", "t")].isna().all()
    assert stored.loc["half", "people"].notna().all()
    shown = by_group(cleared({**main_tables(), **tables}, made_up_facts()).tables).set_index(["column", "group"])
    assert shown.loc[("rare", "t"), ["people", "with the outcome"]].isna().all()
    numbers = (
        tables["group_gaps"].query("column == 'rare' and group == 't'").select_dtypes("float").drop(columns="tolerance")
    )
    assert numbers.isna().all(axis=None)


def test_rows_show_the_numbers_of_the_tables(tables):
    """Cells are those of the gaps' own table, and verdicts are counted, those that ask for attention first."""
    wide = by_group(tables).set_index(["column", "group"])
    gap = tables["group_gaps"].query("column == 'half' and group == 'b' and measure == 'auc'").iloc[0]
    assert wide.loc[("half", "b"), "AUC"].startswith(f"{gap['estimate']:.2f} ({gap['low']:.2f}")
    assert wide.loc[("half", "b"), "gaps to the rest"].split(";")[0].endswith("gap shown")
    assert wide.loc[("rare", "t"), "gaps to the rest"] == "7 not assessable"
    further = further_by_group(tables).set_index(["column", "group"])
    assert not set(wide.columns) & set(further.columns)
    measured = tables["group_gaps"]["measure"].nunique()
    assert len(wide.columns) - 3 + len(further.columns) == measured  # people, with the outcome, gaps to the rest
    every, shown = every_gap(tables), shown_gaps(tables)
    assert shown is not None
    assert len(shown) == (every["verdict"] == "gap shown").sum()
    assert shown_gaps({"group_gaps": tables["group_gaps"].query("verdict != 'gap shown'")}) is None


def test_two_columns_with_few_groups_are_drawn(tables):
    """Two panels each, without shares of a handful of rows; a column with one large group is not, nor one with many."""
    room = tables["group_capacity"]
    assert columns_drawn(room) == ["half", "third"]
    found = cleared({**main_tables(), **tables}, made_up_facts())
    drawn = figures_of(found)["groups"]
    assert len(drawn.axes) == 4
    line = found.tables["group_capacity"].query("column == 'half' and group == 'a'")
    assert 0 < len(line) < len(room.query("column == 'half' and group == 'a'"))
    assert drawn.axes[0].lines[0].get_ydata().tolist() == line["share_picked"].tolist()
    many = pd.concat([room.query("column == 'half'").assign(column="x", group=str(k)) for k in range(6)])
    assert columns_drawn(many) == []
    assert "<svg" not in report_html(found, {}).split('id="groups"')[1].split("<section")[0]
