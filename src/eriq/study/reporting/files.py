"""The folder of a training: report, tables, figures, facts, config and card."""

import shutil
from pathlib import Path

import pandas as pd

from eriq.disclosure import publishable_all
from eriq.errors import OutputError
from eriq.study.reporting.canvas import as_png, as_svg, data_of
from eriq.study.reporting.card import card_markdown
from eriq.study.reporting.facts import Facts, told
from eriq.study.reporting.figures import figures_of
from eriq.study.reporting.findings import Findings, cleared, total_may_show
from eriq.study.reporting.report import report_html
from eriq.tables.files import write_aggregates
from eriq.tables.results import Results


def write_results(folder: Path, tables: Results, facts: Facts) -> Path:
    """Write report, tables and figures of a training; nothing stands under the folder's name before all is written.

    Raises
    ------
    OutputError
        When the folder cannot be made.
    """
    draft = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        (draft / "tables").mkdir(parents=True)
        (draft / "figures").mkdir()
    except OSError as why:
        raise OutputError(f"{folder} cannot be written: {why.strerror}") from None
    for name, table in publishable_all(tables, facts.n_rows).items():
        write_aggregates(table, draft / "tables" / f"{name}.csv")
    found = cleared(tables, facts)
    drawn = _write_figures(found, draft / "figures")
    stored = told(facts, total_may_show=total_may_show(tables.get("flow")))
    numbers = pd.DataFrame(list(stored.numbers().items()), columns=["name", "value"])
    write_aggregates(numbers, draft / "tables" / "facts.csv")
    texts = {
        "report.html": report_html(found, drawn),
        "facts.json": stored.to_json(),
        "config.yaml": facts.config_yaml,
        "model-card.md": card_markdown(found),
    }
    for name, text in texts.items():
        (draft / name).write_text(text, encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    return draft.rename(folder)


def _write_figures(found: Findings, folder: Path) -> dict[str, str]:
    """Write each figure as PNG and SVG, with what it shows as CSV; return the SVG of each by name."""
    made = {}
    for name, figure in figures_of(found).items():
        made[name] = as_svg(figure)
        (folder / f"{name}.png").write_bytes(as_png(figure))
        (folder / f"{name}.svg").write_text(made[name] + "\n", encoding="utf-8")
        if (data := data_of(figure)) is not None:
            write_aggregates(data, folder / f"{name}.csv")
    return made
