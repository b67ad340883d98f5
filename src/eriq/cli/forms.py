"""Commands that bring answers back from other tools."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from eriq.cli.app import Overwrite, command


@command("import")
def bring(
    files: Annotated[list[Path], typer.Argument(help="What the tool exported; halves may come in several files.")],
    origin: Annotated[
        Literal["xlsform", "limesurvey", "redcap", "fhir", "html"],
        typer.Option("--from", help="The tool; xlsform is ODK and KoBo."),
    ],
    out: Annotated[Path, typer.Option(help="Table of answers: .csv or .parquet.")],
    instrument: Annotated[str, typer.Option(help="Questionnaire file, or a shipped name.")] = "eriq22",
    ignore: Annotated[list[str] | None, typer.Option(help="Heading of a column that is not to be read.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Bring answers back from the tool a questionnaire was exported to.

    Example: eriq import caseworkers.csv clients.csv --from limesurvey --out answers.csv
    """
    from eriq.workflows import forms as job

    typer.echo(job.bring(files, origin, instrument, out, ignore or [], overwrite=overwrite))
