"""The command that reads a trial as a trial."""

from pathlib import Path
from typing import Annotated

import typer

from eriq.cli.app import Overwrite, command, echo_wrapped


@command()
def trial(
    config: Annotated[str, typer.Argument(help="File of a trial, or the name of a shipped one.")],
    out: Annotated[Path, typer.Option(help="Folder for a page and its tables.")] = Path("trial"),
    overwrite: Overwrite = False,
) -> None:
    """Read a randomised trial as a trial: balance, shares by month, differences between arms.

    Example: eriq trial swedish-trial --out build/trial
    """
    from eriq.workflows import trial as job

    echo_wrapped(job.trial(config, out, overwrite=overwrite))
