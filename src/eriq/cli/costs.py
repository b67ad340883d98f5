"""The command on what support costs."""

from pathlib import Path
from typing import Annotated

import typer

from eriq.cli.app import Overwrite, command, echo_wrapped


@command()
def costs(
    config: Annotated[str, typer.Argument(help="File of costs, or the name of a shipped one.")],
    out: Annotated[Path | None, typer.Option(help="Folder for a page and its tables.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Say what support costs per participant, and when it has come back.

    Example: eriq costs swedish-trial --out build/costs
    """
    from eriq.workflows import costs as job

    echo_wrapped(job.costs(config, out, overwrite=overwrite))
