"""The questionnaire: a versioned file, the only place that knows an item."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import BaseModel, Field, model_validator

from eriq.config import Section, checked, load_yaml, shipped
from eriq.errors import ConfigError, InstrumentError, bullets, nearest
from eriq.instrument.fits import RESPONDENTS, Respondent, languages_apart, odd_ids, odd_respondents
from eriq.instrument.scores import Score, problems_of_scores
from eriq.instrument.texts import LANGUAGES, Language, Texts
from eriq.instrument.versions import Accepted, problems_of_accepted

MissingPolicy = Literal["indicator", "worst", "drop"]
NO_QUESTIONS = "no-questions"  # the shipped questionnaire of a register-only experiment

# Words that make a trait of a person out of a situation. They are beginnings of words, so that endings are caught as
# well and "förutsatt" is not; a space behind makes a whole word.
AVOIDED: dict[Language, tuple[str, ...]] = {
    "en": (
        "far from the labour market", "hard to place", "hard-to-place", "weak", "lazy", "passive", "unmotivated",
        "unemployable", "incapable", "burden", "vulnerable", "deficien", "dependent on benefits", "inability",
    ),
    "sv": (
        "långt från arbetsmarknaden", "svårplacerad", "svag", "lat ", "passiv", "omotiverad", "oanställningsbar",
        "oförmögen", "oförmåga", "utsatt", "belastning", "bidragsberoende", "bristfällig", "resurssvag",
    ),
    "da": (
        "langt fra arbejdsmarkedet", "svært placerbar", "svag", "doven", "passiv", "umotiveret",
        "udsat", "belastning", "bistandsklient", "mangelfuld", "uegnet", "ude af stand", "ressourcesvag",
    ),
}  # fmt: skip


def avoided_in(text: str, language: Language) -> list[str]:
    """Return the words to avoid that a text has.

    >>> avoided_in("Hon har talat, förutsatt att ingen är lat.", "sv"), avoided_in("En utsatt grupp", "sv")
    (['lat'], ['utsatt'])
    """
    ends = {word: r"\b" if word.endswith(" ") else "" for word in AVOIDED[language]}
    return [word.strip() for word, end in ends.items() if re.search(rf"\b{word.strip()}{end}", text.lower())]


class Level(Section):
    """One answer a respondent can choose."""

    code: int = Field(ge=0, le=100)
    labels: Texts
    easy_read: Texts | None = None  # beside the easy-read text of an item


class MissingCode(Section):
    """One way of having no answer; codes are negative so that no level can be mistaken for one."""

    code: int = Field(lt=0, ge=-100)
    name: Literal["not_asked", "dont_know", "refused", "no_contact"]
    labels: Texts
    to: dict[Respondent, Texts] = Field(default={}, description="Other words where this respondent is asked.")

    def label(self, respondent: Respondent) -> Texts:
        """Return the words this respondent sees."""
        return self.to.get(respondent, self.labels)


class Item(Section):
    """One question to one respondent."""

    id: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=40)
    respondent: Respondent
    indicator: str
    text: Texts
    easy_read: Texts | None = None
    help: Texts | None = None  # a line under the question: what counts, or examples
    short: Texts | None = None  # what an answer rates, beside it in explanations; none: the indicator
    scale: str
    orientation: Literal[1, -1] = 1
    malleable: bool = True
    required: bool = False
    forecast: bool = False
    wording: Literal["own", "published"] = "own"


class PartialRule(BaseModel, frozen=True, extra="allow"):
    """How many answers each half needs before a questionnaire is scored, by respondent."""

    __pydantic_extra__: dict[str, Annotated[int, Field(ge=0)]]


class Instrument(BaseModel, frozen=True, extra="forbid"):
    """A checked questionnaire, with everything it extends already filled in."""

    format: Literal[1]
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    name: Texts
    notice: Texts
    assumption: str | None = None
    extends: str | None = None
    missing_codes: tuple[MissingCode, ...]
    missing_policy: MissingPolicy = "indicator"
    respondents: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=30)], Texts] = Field(
        default={}, description="Respondents besides caseworker and client, in words."
    )
    minimum_answered: PartialRule
    accepts: dict[str, Accepted] = Field(
        default={}, description="'id version' of another questionnaire -> our item: theirs, or items that are the same."
    )
    indicators: dict[str, Texts]
    scales: dict[str, tuple[Level, ...]]
    reliable_change: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default={}, description="indicator -> steps of its scale from which a change is more than chance."
    )
    items: tuple[Item, ...]
    scores: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=30)], Score] = Field(
        default={}, description="Scores of several items: the block `indicators`, and what psychometrics looks at."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = list(languages_apart(tuple(self._texts())))
        if not self.items and self.id != NO_QUESTIONS:
            problems.append(f"there is no item; for registers alone there is '{NO_QUESTIONS}'")
        ids = [item.id for item in self.items]
        problems += [f"item {i} is there {ids.count(i)} times" for i in sorted({*ids}) if ids.count(i) > 1]
        problems += odd_ids(ids)
        problems += problems_of_scores(self.scores, ids)
        for item in self.items:
            for kind, name, known in (
                ("scale", item.scale, self.scales),
                ("indicator", item.indicator, self.indicators),
            ):
                if name not in known:
                    problems.append(f"item {item.id}: {kind} '{name}' is not defined.{nearest(name, known)}")
        for name, levels in self.scales.items():
            codes = [level.code for level in levels]
            if len(codes) < 2 or codes != sorted(set(codes)):
                problems.append(f"scale {name}: needs at least two levels with rising codes")
        problems += [
            f"reliable_change: indicator '{name}' is not defined.{nearest(name, self.indicators)}"
            for name in self.reliable_change
            if name not in self.indicators
        ]
        missing = [code.code for code in self.missing_codes]
        if len(set(missing)) != len(missing):
            problems.append("missing codes repeat a number")
        halves = {who: len(self.half(who)) for who in dict.fromkeys(item.respondent for item in self.items)}
        problems += odd_respondents(halves, tuple(self.respondents), self._need)
        if problems:
            raise ValueError("; ".join(problems))
        ours = {item.id: frozenset(level.code for level in self.levels(item.id)) for item in self.items}
        if problems := problems_of_accepted(self.accepts, ours):
            raise ValueError("; ".join(problems))
        return self

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:  # noqa: ARG002
        """Return a checked copy; pydantic's own would keep the digest and the look-ups of the original."""
        return type(self).model_validate({**self.model_dump(), **(update or {})})

    def half(self, respondent: Respondent) -> tuple[Item, ...]:
        """Return the items one respondent answers."""
        return tuple(item for item in self.items if item.respondent == respondent)

    @property
    def _need(self) -> dict[str, int]:
        return dict(self.minimum_answered.model_extra or {})

    def need(self, respondent: Respondent) -> int:
        """Return how many of a respondent's items must be answered before a questionnaire is scored."""
        return self._need.get(respondent, 0)

    @cached_property
    def halves(self) -> tuple[Respondent, ...]:
        """Who is asked anything: caseworker and client first, then others in the order they are declared.

        >>> load_instrument("eriq22").halves, load_instrument("no-questions").halves
        (('caseworker', 'client'), ())
        """
        return tuple(who for who in (*RESPONDENTS, *self.respondents) if self.half(who))

    @cached_property
    def languages(self) -> tuple[Language, ...]:
        """The languages it has every text in; the first is used where nobody asks for one."""
        texts = [text.languages for _, text in self._texts()]
        return tuple(language for language in LANGUAGES if all(language in there for there in texts))

    def language(self, asked: Language | None) -> Language:
        """Return the language asked for, or the first there is.

        Raises
        ------
        InstrumentError
            When the questionnaire has no text in it.
        """
        if asked is not None and asked not in self.languages:
            raise InstrumentError(
                f"{self.id} {self.version} has no texts in '{asked}'; it has {', '.join(self.languages)}"
            )
        return asked or self.languages[0]

    @cached_property
    def by_id(self) -> dict[str, Item]:
        """Items by their id."""
        return {item.id: item for item in self.items}

    @cached_property
    def item_ids(self) -> tuple[str, ...]:
        """Ids in the order of the file."""
        return tuple(item.id for item in self.items)

    @cached_property
    def belief(self) -> str | None:
        """Id of the caseworker's own forecast, where the questionnaire asks for one."""
        return next((i.id for i in self.half("caseworker") if i.forecast), None)

    @cached_property
    def client_belief(self) -> str | None:
        """Id of the client's own forecast, where the questionnaire asks for one."""
        return next((i.id for i in self.half("client") if i.forecast), None)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content, whatever the order of keys or the spacing of the file."""
        # What is left at its default is left out: a key that a later eriq learns changes no digest of today.
        content = _said(self.model_dump(exclude_defaults=True))
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def label(self) -> str:
        """Id and version, as they stand in the column `instrument` of answers and scores."""
        return f"{self.id} {self.version}"

    @property
    def stamp(self) -> dict[str, str]:
        """Id, version and digest, as they travel with every run, model and score."""
        return {"id": self.id, "version": self.version, "digest": self.digest}

    def levels(self, item: str) -> tuple[Level, ...]:
        """Return the answers to choose from, as printed."""
        return self.scales[self.by_id[item].scale]

    def allowed(self, item: str) -> tuple[int, ...]:
        """Return every code that may stand in the column of `item`."""
        return (*(level.code for level in self.levels(item)), *(code.code for code in self.missing_codes))

    def oriented(self, item: str, codes: pd.Series) -> pd.Series:
        """Return answers as 0, 1, ... so that higher is always more ready; no answer is NaN.

        Parameters
        ----------
        item : str
            Id of the item.
        codes : Series of shape (n_rows,)
            Answer codes; missing codes and gaps become NaN.

        Returns
        -------
        Series of float64, shape (n_rows,)
            With the index and name of `codes`.

        Examples
        --------
        >>> load_instrument("eriq22").oriented("cw05", pd.Series([1, 5, -2, None], dtype="Int8")).tolist()
        [0.0, 4.0, nan, nan]
        """
        order = [level.code for level in self.levels(item)]
        if self.by_id[item].orientation == -1:
            order.reverse()
        given = codes.to_numpy("float64", na_value=np.nan)
        ranks = np.full(len(codes), np.nan)
        for place, code in enumerate(order):  # a pass per level is ten times quicker than mapping each row
            ranks[given == code] = place
        return pd.Series(ranks, index=codes.index, name=codes.name)

    def answer_label(self, item: str, place: float, language: Language) -> str:
        """Return the label of the oriented answer `place`."""
        levels = self.levels(item)
        if self.by_id[item].orientation == -1:
            levels = tuple(reversed(levels))
        return levels[int(place)].labels.in_(language)

    def remarks(self) -> tuple[str, ...]:
        """Return what is allowed and deserves a second look, as ``eriq instrument check`` prints it.

        Texts without an easy-read version, words that label a person, a half without its own forecast, and reversed
        items without words of their own for explanations: "coping with health: to a very large extent" would be said of
        somebody whose health is in the way.

        Examples
        --------
        >>> load_instrument("eriq22").remarks()
        ()
        """
        lacking = [item.id for item in self.items if item.easy_read is None]
        remarks = [f"{len(lacking)} item(s) have no easy-read text: {', '.join(lacking)}"] if lacking else []
        for where, texts in self._texts():
            for language in texts.languages:
                found = avoided_in(texts.in_(language), language)
                remarks += [f"{where} ({language}): avoid '{word}'" for word in found]
        remarks += [
            f"item {item.id} is reversed and has no short: explanations would read backwards"
            for item in self.items
            if item.orientation == -1 and item.short is None
        ]
        for respondent in self.halves:
            if not any(item.forecast for item in self.half(respondent)):
                remarks.append(f"no {respondent} item is marked as a forecast of job entry")
        return tuple(remarks)

    def _texts(self) -> Iterator[tuple[str, Texts]]:
        """Yield (where, texts) for everything a respondent or reader sees."""
        yield from (("name", self.name), ("notice", self.notice))
        yield from ((f"respondent {name}", texts) for name, texts in self.respondents.items())
        yield from ((f"indicator {name}", texts) for name, texts in self.indicators.items())
        yield from ((f"score {name}", score.labels) for name, score in self.scores.items())
        for name, levels in self.scales.items():
            yield from ((f"scale {name} code {level.code}", level.labels) for level in levels)
            yield from ((f"scale {name} code {x.code} easy-read", x.easy_read) for x in levels if x.easy_read)
        for code in self.missing_codes:
            yield from ((f"missing code {code.code}", texts) for texts in (code.labels, *code.to.values()))
        for item in self.items:
            yield f"item {item.id}", item.text
            further = (("easy-read", item.easy_read), ("help", item.help), ("short", item.short))
            yield from ((f"item {item.id} {kind}", texts) for kind, texts in further if texts is not None)

    def subset(self, items: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of `items` that this questionnaire has, in its order."""
        return tuple(i for i in self.item_ids if i in items)


def _said(content: Any) -> Any:
    """Return content without the languages that a text lacks, so that a digest is of what is said."""
    if isinstance(content, dict):
        gone = {name for name in LANGUAGES if name in content and content[name] is None}
        return {key: _said(value) for key, value in content.items() if key not in gone}
    return [_said(value) for value in content] if isinstance(content, list | tuple) else content


def load_instrument(path: str | Path) -> Instrument:
    """Read and check a questionnaire file; a plain name means one that is shipped.

    Parameters
    ----------
    path : str or Path
        A YAML file, or the name of a shipped questionnaire such as ``"eriq22"``.

    Returns
    -------
    Instrument

    Raises
    ------
    InstrumentError
        With every problem of the file at once.

    Examples
    --------
    >>> instrument = load_instrument("eriq22")
    >>> len(instrument.half("caseworker")), len(instrument.half("client")), instrument.belief
    (11, 11, 'cw11')
    """
    try:
        file = shipped("instruments", path)
    except ConfigError as error:
        raise InstrumentError(str(error)) from None
    return _load(file, ())


def _load(file: Path, below: tuple[Path, ...]) -> Instrument:
    """Return the questionnaire in `file`; `below` are the files that extend it."""
    if file.resolve() in below:
        raise InstrumentError(f"{file.name} extends itself")
    content = load_yaml(file, InstrumentError)
    if "extends" in content:
        content = _extend(content, file, (*below, file.resolve()))
    return checked(Instrument, content, f"{file.name} is not a valid questionnaire:", InstrumentError)


def _extend(content: dict[str, Any], file: Path, below: tuple[Path, ...]) -> dict[str, Any]:
    """Return `content` with the items it names taken from the file it extends."""
    base = _load(file.parent / str(content["extends"]), below).model_dump()
    named = content.get("items")
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise InstrumentError(f"{file.name}: a questionnaire that extends another lists item ids")
    known = {item["id"]: item for item in base["items"]}
    if unknown := [name for name in named if name not in known]:
        lines = [f"item '{name}' is not in {content['extends']}.{nearest(name, known)}" for name in unknown]
        raise InstrumentError(bullets(f"{file.name}:", lines))
    # What the parent accepts and adds up is said of its own items.
    return {**base, "accepts": {}, "scores": {}, **content, "items": [known[name] for name in named]}
