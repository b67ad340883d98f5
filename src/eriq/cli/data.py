"""Commands on files about people: what is kept beyond its use, and ids that tell nobody."""

import re
from pathlib import Path
from typing import Annotated

import typer

from eriq.cli.app import Overwrite, Readable, command


@command()
def purge(
    folders: Annotated[
        list[Path] | None, typer.Argument(help="Where scores are written; below, what killed runs left is looked for.")
    ] = None,
    older_than: Annotated[str, typer.Option(help="Age in days, such as 30d.")] = "30d",
    yes: Annotated[bool, typer.Option("--yes", help="Remove it; without, it is only listed.")] = False,
) -> None:
    """List what is kept about people beyond its use, with counts and sizes; --yes removes it.

    Example: eriq purge --older-than 30d
    """
    from eriq.workflows import purge as purge_job

    days = re.fullmatch(r"(\d{1,5})d?", older_than)
    if days is None:
        raise typer.BadParameter("give --older-than in days, such as 30d")
    typer.echo(purge_job.purge(float(days[1]), folders or (Path(),), yes=yes))


@command()
def pseudonymise(
    files: Annotated[list[Path], typer.Argument(help="Tables, .csv, .txt or .parquet.")],
    key_env: Annotated[str, typer.Option(help="Environment variable that holds the key, 32 characters or more.")],
    out: Annotated[Path, typer.Option(help="Folder for the tables with pseudonyms, under the same names.")],
    id_column: Annotated[
        list[str] | None,
        typer.Option(help="Columns with ids of clients, as named in the tables; client_id by default."),
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of a CSV, for example latin-1.")] = "utf-8",
    overwrite: Overwrite = False,
    access: Readable = "owner",
) -> None:
    """Replace ids by keyed pseudonyms, the same in every table; all other columns stay as they are.

    Example: eriq pseudonymise cohort/answers.csv cohort/persons.csv --key-env ERIQ_KEY --out shared
    """
    from eriq.workflows import pseudonymise as pseudonymise_job

    columns = tuple(id_column or ("client_id",))
    typer.echo(
        pseudonymise_job.pseudonymise(
            files, key_env, out, columns, encoding=encoding, overwrite=overwrite, access=access
        )
    )
