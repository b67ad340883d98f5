"""Commands that vouch for a model."""

from pathlib import Path
from typing import Annotated

import typer

from eriq.cli.app import command, key_command


@key_command("new")
def key_new(
    out: Annotated[Path, typer.Option(help="File for the private key, outside of models; OUT.pub is the public one.")],
) -> None:
    """Make a key to sign models with.

    Example: eriq key new --out keys/agency.pem
    """
    from eriq.workflows import sign as sign_job

    typer.echo(sign_job.make_key(out))


@command()
def sign(
    model: Annotated[str, typer.Argument(help="Model folder, its name, or models:/name@alias.")],
    key: Annotated[Path | None, typer.Option(help="File with the private key.")] = None,
    key_env: Annotated[str | None, typer.Option(help="Environment variable with the path of that file.")] = None,
) -> None:
    """Sign a saved model, so that those who trust the key can tell it from any other.

    Example: eriq sign models/demo-20261121-1a2b3c4d --key keys/agency.pem
    """
    import os

    from eriq.workflows import sign as sign_job

    if (key is None) == (key_env is None):
        raise typer.BadParameter("give either --key or --key-env")
    if key_env is not None and not os.environ.get(key_env):
        raise typer.BadParameter(f"the environment variable {key_env} is not set; it holds the path of the private key")
    typer.echo(sign_job.sign_model(model, key or Path(os.environ[str(key_env)])))
