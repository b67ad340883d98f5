"""The command that looks at the questionnaire itself."""

from pathlib import Path
from typing import Annotated

import typer

from eriq.cli.app import Config, command, echo_wrapped
from eriq.cli.progress import bar, places


@command()
def psychometrics(
    config: Config,
    out: Annotated[Path | None, typer.Option(help="Folder of the results; none: mlruns/psychometrics/NAME.")] = None,
    replicates: Annotated[int, typer.Option(min=20, help="Draws of clients for intervals.")] = 200,
    without_cfa: Annotated[
        bool, typer.Option("--without-cfa", help="Leave out fit indices, which need eriq[psychometrics].")
    ] = False,
) -> None:
    """Look at the questionnaire itself: reliability, factors, agreement, groups, how people answered; trains nothing.

    Example: eriq psychometrics demo
    """
    from eriq.workflows import psychometrics as job

    with bar() as (begin, step):
        done = job.psychometrics(
            config, out=out, replicates=replicates, with_cfa=not without_cfa, begin=begin, step=step
        )
    echo_wrapped("\n".join(done.sentences))
    places(report=done.page, tables=done.page.parent / "tables", ui="eriq ui")
