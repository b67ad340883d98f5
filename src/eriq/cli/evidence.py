"""Commands on what studies found."""

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from eriq.cli.app import Language, WholeSentence, app

evidence_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look at what studies found.")
app.add_typer(evidence_app, name="evidence")
evidence_command = partial(evidence_app.command, cls=WholeSentence)

Groups = Annotated[
    list[str] | None,
    typer.Option(
        "--group", help="A group people are declared to belong to; may be repeated. See `eriq evidence groups`."
    ),
]
Own = Annotated[list[Path] | None, typer.Option("--own", help="Your own file of evidence; may be repeated.")]
Form = Annotated[Literal["text", "csv", "html"], typer.Option("--format", help="How it is written.")]


@evidence_command("list")
def evidence_list(group: Groups = None, language: Language = None, form: Form = "text", own: Own = None) -> None:
    """List what studies found, of all groups or of some.

    Example: eriq evidence list --group long-term-social-assistance
    """
    from eriq.workflows import evidence as job

    typer.echo(job.listed(group or [], language or "en", form, own or []))


@evidence_command("groups")
def evidence_groups(language: Language = None, own: Own = None) -> None:
    """List the groups that studies were about, by the names that commands and configs take.

    Example: eriq evidence groups --language sv
    """
    from eriq.workflows import evidence as job

    typer.echo(job.groups(language or "en", own or []))


@evidence_command("show")
def evidence_show(
    fact: Annotated[str, typer.Argument(help="Id of a finding, such as SA-08.")],
    language: Language = None,
    form: Form = "text",
    own: Own = None,
) -> None:
    """Show one finding, and those that say otherwise.

    Example: eriq evidence show SA-17 --format html > finding.html
    """
    from eriq.workflows import evidence as job

    typer.echo(job.shown(fact, language or "en", form, own or []))


@evidence_command("for-item")
def evidence_for_item(
    item: Annotated[str, typer.Argument(help="Id of an item or of an indicator.")],
    group: Groups = None,
    instrument: Annotated[str, typer.Option(help="Questionnaire file, or a shipped name.")] = "eriq22",
    language: Language = None,
    form: Form = "text",
    own: Own = None,
) -> None:
    """Say what studies found that may be looked at beside an item, for people of some groups.

    Example: eriq evidence for-item cw09 --group long-term-social-assistance
    """
    from eriq.workflows import evidence as job

    typer.echo(job.for_item(item, group or [], instrument, language or "en", form, own or []))
