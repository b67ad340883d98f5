"""Commands on caseworkers as raters, as a body."""

from pathlib import Path
from typing import Annotated

import typer

from eriq.cli.app import Config, Overwrite, command
from eriq.cli.progress import places


@command()
def raters(
    config: Config,
    out: Annotated[Path, typer.Option(help="Folder for the page and its tables.")] = Path("build/raters"),
    overwrite: Overwrite = False,
) -> None:
    """Say how much of the answers is the caseworker who gave them; of all caseworkers together, never of one.

    Example: eriq raters demo --out build/raters
    """
    from eriq.workflows import raters as raters_job

    typer.echo("Reading the cohort and comparing caseworkers ...")
    places(page=raters_job.raters(config, out, overwrite=overwrite))


@command()
def belief(
    config: Config,
    out: Annotated[Path, typer.Option(help="Folder for the page and its table.")] = Path("build/belief"),
    overwrite: Overwrite = False,
) -> None:
    """Compare the same client under two caseworkers who believe differently, and say what that cannot tell.

    Example: eriq belief demo --out build/belief
    """
    from eriq.workflows import raters as raters_job

    typer.echo("Reading the cohort and comparing clients with themselves ...")
    places(page=raters_job.belief(config, out, overwrite=overwrite))
