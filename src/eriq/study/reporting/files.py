"""The folder of a training: report, tables, figures, facts, config and card."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A figure as files hold it."""

    svg: str
    png: bytes
    data: pd.DataFrame | None  # what it shows


def draw(found: Findings, names: Sequence[str] | None = None) -> dict[str, Drawn]:
    """Return the figures that findings allow, or those of some names, ready to be written."""
    figures = figures_of(found, names)
    return {name: Drawn(as_svg(figure), as_png(figure), data_of(figure)) for name, figure in figures.items()}


def write_results(folder: Path, tables: Results, facts: Facts, drawn: Mapping[str, Drawn] | None = None) -> Path:
    """Write report, tables and figures of a training; nothing stands under the folder's name before all is written.

    Parameters
    ----------
    folder : Path
    tables : mapping of str to DataFrame
    facts : Facts
    drawn : mapping of str to Drawn, optional
        What `draw` gives for these tables, where that is done already.

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
    drawn = draw(found) if drawn is None else drawn
    for name, figure in drawn.items():
        (draft / "figures" / f"{name}.png").write_bytes(figure.png)
        (draft / "figures" / f"{name}.svg").write_text(figure.svg + "\n", encoding="utf-8")
        if figure.data is not None:
            write_aggregates(figure.data, draft / "figures" / f"{name}.csv")
    stored = told(facts, total_may_show=total_may_show(tables.get("flow")))
    numbers = pd.DataFrame(list(stored.numbers().items()), columns=["name", "value"])
    write_aggregates(numbers, draft / "tables" / "facts.csv")
    texts = {
        "report.html": report_html(found, {name: figure.svg for name, figure in drawn.items()}),
        "facts.json": stored.to_json(),
        "config.yaml": facts.config_yaml,
        "model-card.md": card_markdown(found),
    }
    for name, text in texts.items():
        (draft / name).write_text(text, encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    return draft.rename(folder)
