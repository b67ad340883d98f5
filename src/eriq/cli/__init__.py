"""The command line: thin, lazy and polite."""

import sys
from pathlib import Path
from typing import NoReturn

import typer

from eriq import __version__
from eriq.cli import study  # noqa: F401 - each of these puts its commands into the app, in the order of the help

# isort: split
from eriq.cli import (  # noqa: F401
    costs,
    data,
    decisions,
    dossier,
    evidence,
    forms,
    instrument,
    keys,
    monitoring,
    psychometrics,
    raters,
    report,
    scoring,
    sheet,
    start,
    trial,
)
from eriq.cli.app import app
from eriq.errors import FAULT, INTERRUPTED, EriqError, OutputError, shortened


def run() -> NoReturn:
    """Run the command line; expected errors are one paragraph and an exit code, never a traceback."""
    try:
        code = app(prog_name="eriq", standalone_mode=False) or 0  # what typer.Exit was given
    except EriqError as error:
        typer.echo(f"eriq: {error if error.whole else shortened(str(error))}", err=True)
        code = error.exit_code
    except typer.Exit as leave:
        code = leave.exit_code
    except KeyboardInterrupt:
        typer.echo("eriq: interrupted; nothing half-written was left under a final name", err=True)
        code = INTERRUPTED
    except Exception as error:
        code = _usage_or_fault(error)
    sys.exit(code)


def _usage_or_fault(error: Exception) -> int:
    """Show a mistake in the command itself, a full disk, or a fault of ours without people's values."""
    if hasattr(error, "show"):  # click's own errors know how to show themselves
        error.show()
        return int(getattr(error, "exit_code", 2))
    if isinstance(error, typer.Abort):
        return INTERRUPTED
    if isinstance(error, OSError):
        typer.echo(f"eriq: {error.strerror or type(error).__name__}", err=True)
        return OutputError.exit_code
    import os
    import traceback

    if os.environ.get("ERIQ_DEBUG"):  # shows everything, also values: for people who may see the data
        traceback.print_exception(error)
        return FAULT
    last = traceback.extract_tb(error.__traceback__)[-1]
    typer.echo(
        f"eriq: a fault of ours ({type(error).__name__} at {Path(last.filename).name}:{last.lineno}), version "
        f"{__version__}; please report it. The message is left out: it could hold a person's values.",
        err=True,
    )
    return FAULT
