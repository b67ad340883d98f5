"""Commands on what people decided beside a score."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eriq.cli.app import Overwrite, TrustedKeys, WholeSentence, app

if TYPE_CHECKING:
    from collections.abc import Sequence

decide_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Log what people decided beside a score, and report on it."
)
app.add_typer(decide_app, name="decide")
decide_command = partial(decide_app.command, cls=WholeSentence)

Config = Annotated[Path, typer.Option("--config", help="What can be decided, by whom and why; and where the log is.")]
KeyEnv = Annotated[
    str | None, typer.Option(help="Environment variable with the path of the private key that signs the head.")
]
Expect = Annotated[
    str | None, typer.Option("--expect-head", help="A head as it was printed before; it must be in the log still.")
]
USUAL = Path("decisions.yaml")


@decide_command("start")
def decide_start(config: Config = USUAL, key_env: KeyEnv = None) -> None:
    """Begin a log of decisions.

    Example: eriq decide start --config decisions.yaml --key-env ERIQ_KEY
    """
    from eriq.workflows import decide as job

    typer.echo(job.start(job.Asked(config, key_env)))


@decide_command("add")
def decide_add(
    file: Annotated[
        Path | None, typer.Argument(help="Entries as CSV, Parquet or Excel; '-': CSV from standard input; none: asks.")
    ] = None,
    config: Config = USUAL,
    key_env: KeyEnv = None,
    trusted_key: TrustedKeys = None,
) -> None:
    """Add decisions, showings of a score, or objections to the log: all rows of FILE, or none.

    Exit code 11: a row breaks a rule, or is about a score that does not exist; 26: the log is not whole.

    Example: eriq decide add decided.csv --config decisions.yaml --key-env ERIQ_KEY
    """
    from eriq.workflows import decide as job

    asked = job.Asked(config, key_env, tuple(trusted_key) if trusted_key else None)
    if file is None:
        import pandas as pd

        told = {name: _answer(words, codes) for name, (words, codes) in job.fields(config).items()}
        typer.echo(job.add(asked, pd.DataFrame([{k: v or None for k, v in told.items()}], dtype="str")))
    else:
        typer.echo(job.add(asked, sys.stdin.read() if str(file) == "-" else file))


def _answer(words: str, codes: "Sequence[str]") -> str:
    """Ask for one cell; an empty line is a gap."""
    hint = f" [{', '.join(codes)}]" if codes else ""
    return str(typer.prompt(f"{words}{hint}", default="", show_default=False)).strip()


@decide_command("verify")
def decide_verify(config: Config = USUAL, trusted_key: TrustedKeys = None, expect_head: Expect = None) -> None:
    """Find out whether a line of the log was changed, removed or added, or all of it built anew.

    Exit code 26: it was.

    Example: eriq decide verify --config decisions.yaml --trusted-key agency.pem.pub
    """
    from eriq.workflows import decide as job

    typer.echo(job.verify(job.Asked(config, None, tuple(trusted_key) if trusted_key else None), expect_head))


@decide_command("report")
def decide_report(
    out: Annotated[Path, typer.Option(help="Folder for the page and its tables.")],
    config: Config = USUAL,
    outcomes: Annotated[
        Path | None, typer.Option(help="What happened later: client_id, answered_on, outcome (0 or 1).")
    ] = None,
    trusted_key: TrustedKeys = None,
    expect_head: Expect = None,
    overwrite: Overwrite = False,
) -> None:
    """Report how often people departed from the score, why, and what happened later.

    Example: eriq decide report --config decisions.yaml --out decided
    """
    from eriq.workflows import decide as job

    asked = job.Asked(config, None, tuple(trusted_key) if trusted_key else None)
    typer.echo(job.make_report(asked, out, outcomes, expect=expect_head, overwrite=overwrite))


@decide_command("exposures")
def decide_exposures(
    out: Annotated[Path, typer.Option(help="File about people, .csv or .parquet.")],
    config: Config = USUAL,
    trusted_key: TrustedKeys = None,
    overwrite: Overwrite = False,
) -> None:
    """Write when beliefs were recorded and scores shown, so that training leaves out beliefs that came after a score.

    Example: eriq decide exposures --config decisions.yaml --out exposures.csv
    """
    from eriq.workflows import decide as job

    asked = job.Asked(config, None, tuple(trusted_key) if trusted_key else None)
    typer.echo(job.exposures(asked, out, overwrite=overwrite))
