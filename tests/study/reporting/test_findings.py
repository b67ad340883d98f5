"""What may be printed of a training, and who is shown first."""

import numpy as np
import pandas as pd
from tests.study.reporting.made_up import AUCS, CHOSEN, Page, made_up, made_up_facts, main_tables, report, rows

from eriq.study.reporting.card import card_markdown
from eriq.study.reporting.figures import figures_of
from eriq.study.reporting.findings import cleared, leading, saved
from eriq.study.reporting.report import key_numbers
from eriq.study.reporting.shapes import contender_table
from eriq.tables.results import SAVED


def test_leading_contenders_are_the_best_of_each_block_humans_baseline_and_chosen() -> None:
    """Of two estimators per block one leads; human forecasts, rule and overall rate stay; order is by AUC."""
    names = leading(cleared(made_up(), made_up_facts(baseline="register_full | lightgbm_pairs")))
    assert len(names) == len(AUCS) + 4 + 1
    assert names[0] == CHOSEN
    assert names[-1] == "prevalence"
    assert "register_full | lightgbm_pairs" in names
    assert "client | lightgbm_pairs" not in names


def test_small_counts_are_hidden_and_cannot_be_worked_out() -> None:
    """Three rows are "<5"; the next smallest reason is withheld as well, in the table and in the figure."""
    page = Page(report(main_tables()))
    assert "Left out: no register facts <5" in page.text
    assert "Left out: no answer in either half withheld" in page.text
    flow = figures_of(cleared(main_tables(), made_up_facts()))["flow"]
    assert [round(bar.get_width()) for bar in flow.axes[0].patches] == [15818, 1904, 1187, 12512]


def test_a_total_that_would_give_a_small_count_away_is_withheld() -> None:
    """With one small reason and nothing else to hide, the number read is not printed."""
    tables = {**main_tables(), "flow": rows("reason", "rows", of=[("no answer in either half", 3)])}
    page = Page(report(tables, made_up_facts(n_read=12515)))
    assert "12,515" not in page.text
    assert "withheld questionnaires were read" in page.text


def test_cells_of_fewer_than_five_people_are_not_drawn() -> None:
    """The fourth belief answer rests on 4 people, so the line ends at the third; a list of 3 places is left out."""
    drawn, page = figures_of(cleared(made_up(), made_up_facts())), Page(report(made_up()))
    heights = drawn["dependence"].axes[0].lines[-1].get_ydata()
    assert np.isnan(heights).tolist() == [False, False, False, True]
    dots = [line for line in drawn["calibration"].axes[0].lines if line.get_label() == "bins of people"]
    assert len(dots[0].get_xdata()) == 8  # of nine bins the last has 4 people
    assert "200" in page.words
    assert "3" not in page.words


def test_the_saved_model_has_one_number() -> None:
    """Its own measures stand in card, comparison and tiles; those of its contender only where nothing is saved."""
    tables = main_tables()
    facts = made_up_facts()
    assert saved(cleared(tables, facts)) == facts.chosen
    own = tables["measures"].query("contender == @facts.chosen and measure == 'auc'")
    measures = pd.concat([tables["measures"], own.assign(contender=SAVED, estimate=0.8675)])
    found = cleared({**tables, "measures": measures}, facts)
    assert saved(found) == SAVED
    assert "| AUC (discrimination) | 0.868 (" in card_markdown(found)
    row = contender_table(found, [facts.chosen]).iloc[-1]
    assert (row["contender"], row["auc"][:5]) == ("Saved model", "0.868")
    assert ("AUC, saved model", "0.868") in [tile[:2] for tile in key_numbers(found)]
