"""What people decided beside a score: into the log, out of it as a report, and back to training as exposures."""

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from eriq.config import Decisions, load_decisions
from eriq.decisions import chain, report
from eriq.decisions.entries import as_entries, as_frame, check_entries, exposures_of, read_scores
from eriq.disclosure import count_words, in_force, publishable_all
from eriq.errors import ConfigError, OutputError, SchemaError
from eriq.model.signature import Keys, fingerprint, read_keys, trusted_keys
from eriq.pages import interval, percent, render
from eriq.registry.models import MODELS
from eriq.registry.tracking import HOME
from eriq.tables import schema
from eriq.tables.files import finished_or_nothing, read_table, write_aggregates, write_table
from eriq.tables.schema import Column
from eriq.workflows.sign import key_of_env

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

OUTCOMES = (
    Column("client_id", "str", required=True),
    Column("answered_on", "datetime64[us]", required=True),
    Column("outcome", "Int8", allowed=(0, 1), required=True),
)
KEEP_HEAD = (
    "keep this head where the log is not: 'eriq decide verify --expect-head' then finds a log put back or rebuilt"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command of decisions works with: its config, and keys that are not those of the config."""

    config: Path
    key_env: str | None = None
    trusted: tuple[Path, ...] | None = None

    def read(self) -> Decisions:
        """Return the config."""
        return load_decisions(self.config)


def start(asked: Asked) -> str:
    """Begin a log.

    Raises
    ------
    ConfigError, OutputError
        By cause.
    """
    config = asked.read()
    head = chain.begin(config.log, _key(asked, config))
    return f"{config.log} begins, signed by key {head.key}\nhead {head}\n{KEEP_HEAD}"


def add(asked: Asked, given: pd.DataFrame | Path | str, *, today: dt.date | None = None) -> str:
    """Add entries to the log: a file, the text of one, or a table with a row each; all of them or none.

    Raises
    ------
    SchemaError
        When a row breaks a rule, or is about a score that does not exist.
    ChainError, BusyError, ConfigError, SourceError
        By cause; then nothing was added.
    """
    config = asked.read()
    key = _key(asked, config)
    found = check_entries(_table(given), config, today or dt.date.today())
    own = (key.public_key().public_bytes_raw(),)
    trusted = _given(asked, config) or own
    if own[0] not in trusted:
        raise ConfigError(
            f"the key that signs, {fingerprint(own[0])[:16]}, is not among the trusted ones: its head would not pass"
        )
    known = chain.verify(config.log, trusted).entries
    made = as_entries(found, read_scores(config.scores), known)
    head = chain.append(config.log, made, key, trusted)
    late = int((found["belief_recorded_on"] > found["score_shown_on"]).sum())
    said = [f"{len(made)} added", f"head {head}", KEEP_HEAD]
    if late:
        said.insert(1, f"{late} with a belief recorded after a score was shown: training leaves them out")
    return "\n".join(said)


def verify(asked: Asked, expect: str | None = None) -> str:
    """Check every line of the log, the signed head, and a head that was kept elsewhere.

    Raises
    ------
    ChainError
        When a line was changed, removed or added, or the head is not signed by a trusted key.
    ConfigError
        When no trusted key is known.
    """
    log = _verified(asked, asked.read(), expect)
    said = [f"whole: {log.head.entries} entries, signed by key {log.head.key}", f"head {log.head}"]
    if log.unfinished:
        said.append("an entry was interrupted; the next 'eriq decide add' finishes it")
    if expect is None:
        said.append("without --expect-head a log put back to an older signed state is not found")
    return "\n".join(said)


def exposures(asked: Asked, out: Path, *, overwrite: bool = False) -> str:
    """Write when beliefs were recorded and when scores were shown, for `exposures` in the source of an experiment."""
    config = asked.read()
    table = exposures_of(as_frame(_verified(asked, config).entries, config))
    if table.empty:
        raise SchemaError("the log says of no entry when a belief was recorded or a score was shown")
    write_table(table, out, overwrite=overwrite)
    return f"{len(table):,} rows in {out}; name it as exposures in the source of the experiment"


def make_report(
    asked: Asked, out: Path, outcomes: Path | None = None, *, expect: str | None = None, overwrite: bool = False
) -> Path:
    """Write the page on decisions and its tables; aggregates only, no free text; return the page.

    Raises
    ------
    ChainError
        When the log is not whole: nothing is reported of it.
    SchemaError, SourceError, OutputError
        By cause.
    """
    config = asked.read()
    page = out / "decisions.html"
    if page.exists() and not overwrite:
        raise OutputError(f"{page} is there already; give --overwrite to replace it")
    log = _verified(asked, config, expect)
    frame = as_frame(log.entries, config)
    decided = frame[frame["event"] == "decision"]
    if decided.empty:
        raise SchemaError("the log holds no decision, so there is nothing to report")
    last = decided.drop_duplicates(["client_id", "answered_on"], keep="last")
    tables = {
        "overrides": report.overrides(last),
        "decision_reasons": report.reasons(last, frame[frame["event"] == "objection"]),
    }
    if outcomes is not None:
        tables["decisions_later"] = report.later(last, _outcomes(outcomes))
    with in_force(config.disclosure.release):
        cleared = publishable_all(tables, len(last))
        text = render(
            "decisions.html",
            heading=f"What people decided: {config.name}",
            config=config,
            tables={name: _in_words(table, config) for name, table in cleared.items()},
            warnings=report.warnings(tables["overrides"], frame),
            people=count_words(decided["client_id"].nunique()),
            objected=count_words(frame.loc[frame["event"] == "objection", "client_id"].nunique()),
            head=log.head,
            expected=expect,
        )
    for name, table in cleared.items():
        write_aggregates(table, out / "tables" / f"{name}.csv", overwrite=True)
    with finished_or_nothing(page, overwrite=True) as draft:
        draft.write_text(text, encoding="utf-8")
    return page


def fields(config: Path) -> Mapping[str, tuple[str, Sequence[str]]]:
    """Return what is asked of a single entry: name -> (words, codes that are allowed; none: free)."""
    read = load_decisions(config)
    return {
        "event": ("decision, exposure or objection", ("decision", "exposure", "objection")),
        "client_id": ("client", ()),
        "answered_on": ("day of the answers that the score is about (YYYY-MM-DD)", ()),
        "happened_on": ("day of the decision or objection", ()),
        "by": ("role", tuple(read.roles)),
        "decision": ("decision", tuple(read.decisions)),
        "beside_score": (
            "followed the score, departed from it, or had not seen it",
            ("followed", "departed", "not_seen"),
        ),
        "reason": ("reason", tuple(read.reasons)),
        "note": ("note, never in a report", ()),
        "belief_recorded_on": ("day the own belief was recorded", ()),
        "score_shown_on": ("day the score was shown", ()),
    }


def _table(given: pd.DataFrame | Path | str) -> pd.DataFrame:
    if isinstance(given, pd.DataFrame):
        return given
    if isinstance(given, Path):
        return read_table(given)
    try:
        return pd.read_csv(io.StringIO(given), dtype="str", keep_default_na=False, na_values=[""])
    except (pd.errors.ParserError, pd.errors.EmptyDataError):
        raise SchemaError("standard input holds no CSV with a header and rows of as many cells") from None


def _key(asked: Asked, config: Decisions) -> "Ed25519PrivateKey":
    name = asked.key_env or config.key_env
    if name is None:
        raise ConfigError("give --key-env, or key_env in the config: the variable with the path of the key that signs")
    return key_of_env(name, (MODELS, HOME, config.log.parent))


def _given(asked: Asked, config: Decisions) -> Keys:
    return read_keys(asked.trusted) if asked.trusted else trusted_keys(config.trusted_keys)


def _verified(asked: Asked, config: Decisions, expect: str | None = None) -> chain.Log:
    trusted = _given(asked, config)
    if not trusted:
        raise ConfigError(
            "no key is trusted, so nobody can tell who signed: give --trusted-key, trusted_keys in the config, or "
            "ERIQ_TRUSTED_KEYS"
        )
    return chain.verify(config.log, trusted, expect)


def _outcomes(file: Path) -> pd.DataFrame:
    found, problems = schema.check(read_table(file), OUTCOMES, "outcomes", extra="ignore")
    problems += schema.check_repeats(found, ["client_id", "answered_on"], "outcomes")
    schema.refuse(problems)
    return found


def _in_words(table: pd.DataFrame, config: Decisions) -> pd.DataFrame:
    """Return a table with the words of the config in the place of its codes."""
    words = {**config.roles, **config.decisions}
    made = table.copy()
    if "estimate" in made:
        ends = zip(made["low"], made["high"], strict=True)
        share = [percent(value) for value in made.pop("estimate")]
        limits = [f" ({interval(100 * low, 100 * high, 1)})" if pd.notna(low) else "" for low, high in ends]
        made = made.drop(columns=["low", "high", "people_without"])
        made["share"] = [a + b for a, b in zip(share, limits, strict=True)]
    if "beside_score" in made:
        made["beside_score"] = made["beside_score"].str.replace("_", " ")
    if "group" in made:
        made["group"] = [words.get(group, group) for group in made["group"]]
        made["column"] = made["column"].replace("", "all")
    if "decision" in made:
        made["decision"] = [config.decisions.get(code, code) for code in made["decision"]]
    if "reason" in made:
        made["reason"] = [config.reasons.get(code, code) for code in made["reason"]]
    return made
