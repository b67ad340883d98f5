"""Commands for a model in use."""

from pathlib import Path
from typing import Annotated

import typer

from eriq.cli.app import TrustedKeys, command
from eriq.errors import ALARM


@command()
def monitor(config: Annotated[str, typer.Argument(help="Monitoring config.")]) -> None:
    """Hold a model in use against a new period: exit code 0 is quiet, 4 an alarm.

    Example: eriq monitor monitor.yaml
    """
    from eriq.workflows import monitor as job

    found = job.monitor(config)
    typer.echo(f"{found.sentence}\npage: {found.page}")
    if found.alarm:
        raise typer.Exit(ALARM)


@command()
def recalibrate(
    model: Annotated[str, typer.Argument(help="Model folder, its name, or models:/name@alias.")],
    data: Annotated[Path, typer.Argument(help="Folder with answers, persons, spells and events.")],
    key: Annotated[Path | None, typer.Option(help="File with the private key that signs the new model.")] = None,
    trusted_key: TrustedKeys = None,
) -> None:
    """Fit level, or level and spread, of forecasts to a new centre or year, where enough outcomes are known.

    Example: eriq recalibrate models/demo-20261121-1a2b3c4d north-2015 --key keys/agency.pem
    """
    from eriq.workflows import recalibrate as job

    typer.echo(job.recalibrate(str(model), data, key, trusted_key))
