"""Commands that lead from one's own files to a config."""

from pathlib import Path
from typing import Annotated

import typer

from eriq.cli.app import Overwrite, command


@command()
def init(
    files: Annotated[list[Path], typer.Argument(help="Your tables, or one ready table (CSV, Parquet, Excel).")],
    out: Annotated[Path, typer.Option(help="Training config; a scoring config stands beside it.")] = Path("my.yaml"),
    overwrite: Overwrite = False,
) -> None:
    """Recognise your own files and write configs for them, unsure guesses marked.

    Example: eriq init answers.csv persons.csv spells.csv --out my.yaml
    """
    from eriq.workflows import init as init_job

    typer.echo(init_job.init(files, out, overwrite=overwrite))
