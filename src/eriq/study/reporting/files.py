"""The folder of a training: report, tables, figures, facts, config and card."""

import shutil
from pathlib import Path

import pandas as pd

from eriq.disclosure import publishable_all
from eriq.errors import OutputError
from eriq.study.reporting.canvas import as_png, as_svg
from eriq.study.reporting.card import card_markdown
from eriq.study.reporting.facts import Facts, told
from eriq.study.reporting.figures import figures_of
from eriq.study.reporting.findings import cleared, total_may_show
from eriq.study.reporting.report import report_html
from eriq.tables.files import write_aggregates
from eriq.tables.results import Results


def write_results(folder: Path, tables: Results, facts: Facts) -> Path:
    """Write report, tables and figures of a training; the folder holds the newest run of its config.

    Raises
    ------
    OutputError
        When the folder cannot be made.
    """
    try:
        if folder.exists():
            shutil.rmtree(folder)
        (folder / "tables").mkdir(parents=True)
        (folder / "figures").mkdir()
    except OSError as why:
        raise OutputError(f"{folder} cannot be written: {why.strerror}") from None
    for name, table in publishable_all(tables, facts.n_rows).items():
        write_aggregates(table, folder / "tables" / f"{name}.csv")
    found = cleared(tables, facts)
    figures = figures_of(found)
    for name, figure in figures.items():
        (folder / "figures" / f"{name}.png").write_bytes(as_png(figure))
    stored = told(facts, total_may_show=total_may_show(tables.get("flow")))
    numbers = pd.DataFrame(list(stored.numbers().items()), columns=["name", "value"])
    write_aggregates(numbers, folder / "tables" / "facts.csv")
    texts = {
        "report.html": report_html(found, {name: as_svg(figure) for name, figure in figures.items()}),
        "facts.json": stored.to_json(),
        "config.yaml": facts.config_yaml,
        "model-card.md": card_markdown(found),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
