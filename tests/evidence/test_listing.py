"""The catalogue as table, page and text."""

import io

import pandas as pd

from eriq.evidence.catalogue import load_catalogue
from eriq.evidence.listing import fact_option, table_of, written

EVIDENCE = load_catalogue()


def test_an_empty_page_says_that_there_is_no_evidence():
    """A page for a group nobody studied says so, and still that evidence is about groups."""
    page = written(pd.DataFrame(), "Health", "html", "sv")
    assert "Det finns ingen kunskap om denna grupp." in page
    assert "Kunskap om grupper, inte en prognos" in page


def test_every_fact_is_listed_with_harms_and_source():
    """Each of the seventy rows has a harm and a source, in CSV as in text."""
    table = table_of([fact_option(f, EVIDENCE, "da") for f in EVIDENCE.facts.values()], "da", linked=False)
    back = pd.read_csv(io.StringIO(written(table, "x", "csv", "da")))
    assert len(back) == 70
    assert back[["Skader", "Kilde"]].notna().all(axis=None)
    assert written(table, "x", "text", "da").count("Skader: ") == 70
