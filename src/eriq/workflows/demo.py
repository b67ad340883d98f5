"""The whole path on made-up people, with nothing to prepare: one place for each of those who look."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from eriq.config.sheets import SheetSettings
from eriq.errors import EriqError
from eriq.pages import render
from eriq.scoring.sinks.files import rejects_path
from eriq.tables.files import finished_or_nothing
from eriq.workflows.decide_made_up import made_up_decisions
from eriq.workflows.dossier import dossier
from eriq.workflows.forms import Options, export
from eriq.workflows.make import write_cohort
from eriq.workflows.monitor import second_year
from eriq.workflows.psychometrics import psychometrics
from eriq.workflows.raters import belief, raters
from eriq.workflows.score import score
from eriq.workflows.sheet import sheets
from eriq.workflows.train import Say, Trained, train

BUILD = Path("build/demo")
SAMPLE = Path("build/sample")  # what the documentation shows
SITE = Path("mkdocs.yml")  # there in a checkout, not in an installed package
SHEETS = 10
# What there is to open, by its name in the list that the demo ends with: a title, and who would look at it for what.
PAGES = {
    "report": ("Report", "Does the questionnaire tell more than registers do? First screen for the director."),
    "sheets": ("Sheets", "A page for each talk: both voices, what can move, what evidence says helps."),
    "forms": ("Form", "The questionnaire as caseworkers and clients fill it in."),
    "questionnaire": ("Questionnaire", "Its own quality: scales, agreement of the halves, missing answers."),
    "raters": ("Caseworkers", "How much of an answer is the caseworker, of all together."),
    "belief": ("Belief", "The same client under two caseworkers."),
    "second_year": ("Second year", "A model in use: a year in which two answers drift, planted."),
    "decisions": ("Decisions", "What people decided beside the scores, from a signed log."),
    "dossier": ("Dossier", "The paper trail: model card, TRIPOD+AI, AI Act, GDPR."),
    "docs": ("Documentation", "The whole documentation, with report and sheets as samples."),
}


def demo(*, say: Say, begin: Callable[[int], None], step: Callable[[str, str], None]) -> dict[str, object]:
    """Train the demo config, score people it has not seen, and make a page for everybody who would look.

    Returns
    -------
    dict
        What there is to open, in words, and where.
    """
    done = train("demo", say=say, begin=begin, step=step)
    if done.bundle is None:
        raise EriqError(f"the demo saved no model: {done.not_saved}")
    model, new = str(done.bundle.folder), BUILD / "new"
    say(write_cohort(new, clients=300, seed=99, preset="claim", format="csv", overwrite=True).splitlines()[0])
    batch = score(model, new, BUILD / "scores.csv", overwrite=True)
    say(batch.sentence)
    pages = _pages(done, new, say)
    made = {
        "report": done.report,
        "sheets": pages.pop("sheets"),
        "scores": batch.out,
        "set_aside": rejects_path(batch.out),
        **pages,
        "model": model,
        **({"docs": site} if (site := _site(done.report, say)) else {}),
        "ui": "eriq ui",
    }
    return {"all": index(made, BUILD), **made}


def index(made: Mapping[str, object], folder: Path) -> Path:
    """Write a page with a link to every page that was made, and return it."""
    listed = []
    for name, (title, words) in PAGES.items():
        if isinstance(page := made.get(name), Path):
            page = page if page.is_file() else next(iter(sorted(page.glob("*-en.html"))))  # of forms, the first
            listed.append((title, Path(os.path.relpath(page, folder)).as_posix(), words))
    page = folder / "index.html"
    with finished_or_nothing(page, overwrite=True) as draft:
        draft.write_text(render("demo.html", heading="What the demo made", listed=listed), encoding="utf-8")
    return page


def _pages(done: Trained, new: Path, say: Say) -> dict[str, object]:
    """Make the pages on clients, questionnaire, caseworkers, a second year and the paper trail."""
    model = str(done.bundle.folder) if done.bundle else ""
    ids = pd.read_csv(new / "answers.csv", usecols=["client_id"], dtype="str")["client_id"].drop_duplicates()
    settings = SheetSettings(model=model, groups=("long-term-social-assistance",))
    talks = sheets(new / "answers.csv", BUILD / "sheets", ids.head(SHEETS).tolist(), settings, overwrite=True)
    say(talks.sentence)
    export("eriq22", "html", BUILD / "forms", Options(consent=True, overwrite=True))
    cfa = importlib.util.find_spec("semopy") is not None  # an extra, which a pip user may not have
    looked = psychometrics("demo", out=BUILD / "psychometrics", replicates=50, with_cfa=cfa)
    watched = second_year(model, BUILD / "second-year")
    say(watched.sentence)
    papers = dossier("demo", BUILD / "dossier", answers=BUILD / "answers.yaml", overwrite=True)
    return {
        "sheets": talks.index,
        "forms": BUILD / "forms",
        "questionnaire": looked.page,
        "raters": raters("demo", BUILD / "raters", overwrite=True),
        "belief": belief("demo", BUILD / "belief", overwrite=True),
        "second_year": watched.page,
        "decisions": made_up_decisions(BUILD / "scores.csv", BUILD / "decisions"),
        "dossier": papers.folder / "dossier.html",
    }


def _site(report: Path, say: Say) -> Path | None:
    """Build the documentation with the report and the sheets as samples; nothing where it is not at hand."""
    if not SITE.is_file() or importlib.util.find_spec("mkdocs") is None:
        return None
    shutil.rmtree(SAMPLE, ignore_errors=True)
    shutil.copytree(BUILD / "sheets", SAMPLE / "sheets")
    shutil.copyfile(report, SAMPLE / "report.html")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    built = subprocess.run(command, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True)
    if built.returncode:
        say(f"the documentation was not built: {built.stderr.strip().splitlines()[-1:]}")
        return None
    return Path("build/site/index.html")
