"""Commands on the reports of trainings that are done."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from eriq.cli.app import Overwrite, WholeSentence, app
from eriq.cli.progress import places

report_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look at reports of trainings.")
app.add_typer(report_app, name="report")
report_command = partial(report_app.command, cls=WholeSentence)
Report = Annotated[
    str, typer.Argument(help="Report folder, or below mlruns/reports a config's name (its newest) or name/time.")
]


@report_command()
def compare(
    first: Report,
    second: Report,
    out: Annotated[Path, typer.Option(help="The page.")] = Path("compare.html"),
    overwrite: Overwrite = False,
) -> None:
    """Show two trainings side by side: headline, measures, calibration, people, and what differs in their configs.

    Example: eriq report compare demo/20260105T090000Z demo --out compare.html
    """
    from eriq.workflows import report as report_job

    places(compared=report_job.compare(first, second, out, overwrite=overwrite))
