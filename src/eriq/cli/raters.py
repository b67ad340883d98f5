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

    A table by caseworker is written only where the config asks for it and says why (raters: naming, reason).

    Example: eriq raters demo --out build/raters
    """
    from eriq.workflows import raters as raters_job

    typer.echo("Reading the cohort and comparing caseworkers ...")
    page, names = raters_job.raters(config, out, overwrite=overwrite), out / raters_job.NAMES
    places(page=page, **({"names": f"{names} (data about staff, for its owner alone)"} if names.exists() else {}))


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
