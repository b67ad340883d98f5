"""Commands that lead from one's own files to a config."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from eriq.cli.app import Overwrite, command


@command()
def init(
    files: Annotated[
        list[Path],
        typer.Argument(help="Your tables, or one ready table (CSV, Excel, Parquet, SPSS, ...)."),
    ],
    out: Annotated[Path, typer.Option(help="Training config; a scoring config stands beside it.")] = Path("my.yaml"),
    instrument: Annotated[
        str | None, typer.Option(help="Your own questionnaire file, where it is none of the shipped ones.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Recognise your own files and write configs for them, unsure guesses marked.

    Example: eriq init answers.csv persons.csv spells.csv --out my.yaml
    """
    from eriq.workflows import init as init_job

    typer.echo(init_job.init(files, out, instrument=instrument, overwrite=overwrite))


@command()
def schema(
    kind: Annotated[
        Literal["experiment", "scoring", "promotion", "instrument", "simulation"] | None,
        typer.Argument(help="Kind of config; all with --out."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for <kind>.json; else it is printed.")] = None,
) -> None:
    """Print or write the JSON schema of a kind of config, for editors.

    Example: eriq schema experiment --out schemas
    """
    from eriq.workflows import schema as schema_job

    if out is not None:
        for place in schema_job.write_schemas(out, kind):
            typer.echo(place)
    else:
        typer.echo(schema_job.schema_text(kind or "experiment"), nl=False)
