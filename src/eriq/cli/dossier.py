"""Commands on the paper trail of a model."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from eriq.cli.app import Overwrite, TrustedKeys, WholeSentence, app


class OrMake(TyperGroup):
    """A group in which what is no command is a run: ``eriq dossier demo`` makes the dossier of demo."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command that was left out in its place."""
        left_out = bool(args) and args[0] not in self.commands and args[0] != "--help"
        return super().parse_args(ctx, ["make", *args] if left_out else args)


dossier_app = typer.Typer(
    cls=OrMake,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Write and verify the paper trail of a run.\n\nExample: eriq dossier demo",
)
app.add_typer(dossier_app, name="dossier")
dossier_command = partial(dossier_app.command, cls=WholeSentence)


@dossier_command("make")
def dossier_make(
    run: Annotated[str, typer.Argument(help="Run id, folder of a report, name of a config, or a saved model.")],
    out: Annotated[Path, typer.Option(help="Folder for pages, evidence and numbers.json.")] = Path("dossier"),
    answers: Annotated[
        Path | None, typer.Option(help="What only people can say (YAML); a commented draft is written if it is absent.")
    ] = None,
    key_env: Annotated[
        str | None, typer.Option(help="Environment variable with the path of a private key that signs the dossier.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Write model card, reporting checklists, AI Act and GDPR documents of a run, each number with its digest.

    Example: eriq dossier demo --answers answers.yaml --out dossier
    """
    from eriq.workflows import dossier as job

    typer.echo(job.dossier(run, out, answers=answers, key_env=key_env, overwrite=overwrite).sentence)


@dossier_command("verify")
def dossier_verify(
    folder: Annotated[Path, typer.Argument(help="Folder of a dossier.")],
    run: Annotated[str | None, typer.Option(help="The run itself: evidence must be its files.")] = None,
    trusted_key: TrustedKeys = None,
) -> None:
    """Find out whether a number, a word or a table in a dossier was changed by hand.

    Exit code 26: it was.

    Example: eriq dossier verify dossier --run demo
    """
    from eriq.workflows import dossier as job

    typer.echo(job.verify(folder, run, tuple(trusted_key) if trusted_key else None))
