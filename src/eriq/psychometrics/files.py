"""The folder of a look at a questionnaire: page, tables, and thresholds for the questionnaire file."""

import shutil
from pathlib import Path

from eriq.disclosure import publishable_all
from eriq.errors import OutputError
from eriq.psychometrics.change import as_yaml
from eriq.psychometrics.page import About, page_html
from eriq.tables.files import write_aggregates
from eriq.tables.results import Results

PAGE, SNIPPET = "psychometrics.html", "reliable_change.yaml"


def write_quality(folder: Path, tables: Results, about: About) -> tuple[Path, Results]:
    """Write page, tables and thresholds, cleared; return the page and the cleared tables.

    Raises
    ------
    OutputError
        When the folder cannot be made.
    """
    try:
        if folder.exists():
            shutil.rmtree(folder)
        (folder / "tables").mkdir(parents=True)
    except OSError as why:
        raise OutputError(f"{folder} cannot be written: {why.strerror}") from None
    cleared = publishable_all(tables, about.rows)
    for name, table in cleared.items():
        write_aggregates(table, folder / "tables" / f"{name}.csv")
    (folder / SNIPPET).write_text(about.snippet, encoding="utf-8")
    page = folder / PAGE
    page.write_text(page_html(cleared, about), encoding="utf-8")
    return page, cleared


def snippet_of(tables: Results) -> str:
    """Return the thresholds as lines for the questionnaire file."""
    return as_yaml(tables["reliable_change"])
