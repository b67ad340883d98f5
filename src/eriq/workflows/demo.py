"""The whole path on made-up people, with nothing to prepare."""

from collections.abc import Callable
from pathlib import Path

from eriq.errors import EriqError
from eriq.scoring.sinks.files import rejects_path
from eriq.workflows.make import write_cohort
from eriq.workflows.score import score
from eriq.workflows.train import Say, Trained, train

BUILD = Path("build/demo")


def demo(*, say: Say, begin: Callable[[int], None], step: Callable[[str, str], None]) -> tuple[Trained, Path, Path]:
    """Train the demo config, then score the questionnaires of people it has not seen."""
    done = train("demo", say=say, begin=begin, step=step)
    if done.bundle is None:
        raise EriqError(f"the demo saved no model: {done.not_saved}")
    new = BUILD / "new"
    say(write_cohort(new, clients=300, seed=99, preset="claim", format="csv", overwrite=True).splitlines()[0])
    batch = score(str(done.bundle.folder), new, BUILD / "scores.csv", overwrite=True)
    say(batch.sentence)
    return done, batch.out, rejects_path(batch.out)
