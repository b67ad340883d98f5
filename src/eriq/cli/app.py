"""The app, its groups of commands, and the options that several commands share."""

import shutil
import sys
import textwrap
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer
from typer.core import TyperCommand

from eriq import __version__


class WholeSentence(TyperCommand):
    """A command whose first sentence stands whole in the list of commands."""

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 - wrapped there, never cut
        """Return the first sentence, whatever its length."""
        return super().get_short_help_str(limit=10_000)


app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # local variables are people's rows
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Employment readiness from a paired questionnaire: compared with registers, explained, scored.\n\n"
    "Example: eriq train quick",
)
instrument_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look at a questionnaire file.")
app.add_typer(instrument_app, name="instrument")
key_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make keys that sign models.")
app.add_typer(key_app, name="key")
command = partial(app.command, cls=WholeSentence)
instrument_command = partial(instrument_app.command, cls=WholeSentence)
key_command = partial(key_app.command, cls=WholeSentence)

Config = Annotated[str, typer.Argument(help="Experiment file, or the name of a shipped one such as 'demo'.")]
TrustedKeys = Annotated[
    list[Path] | None,
    typer.Option("--trusted-key", help="Public key file, one of which must have signed the model; may be repeated."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]
Consent = Annotated[Literal["required", "not_collected"], typer.Option(help="Whether answers have a column consent.")]
Language = Annotated[
    Literal["en", "sv", "da"] | None, typer.Option(help="Language of labels; none: the first there is.")
]
Readable = Annotated[
    Literal["owner", "group"],
    typer.Option("--access", help="Who may read what is written: owner (0600) or group (0640)."),
]


def echo_wrapped(text: str) -> None:
    """Print lines, on a terminal broken between words; in a pipe each stays one line."""
    width = shutil.get_terminal_size().columns
    for line in text.splitlines():
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        typer.echo(textwrap.fill(line, width, subsequent_indent=indent) if sys.stdout.isatty() and line else line)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"eriq {__version__}")
        raise typer.Exit


@app.callback()
def eriq(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Hold what stands before a command; the help is that of the app."""
