"""Named blocks of columns, made by the same code for training and for scoring."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd

from eriq.config import Flat
from eriq.data.cohort import DAY, Registers
from eriq.data.instrument import RESPONDENTS, Instrument, Item, MissingPolicy
from eriq.data.schema import BENEFITS, EDUCATION, WORK
from eriq.errors import ConfigError, LeakageError, nearest

Kind = Literal["continuous", "ordinal", "flag", "category"]
Part = Literal["belief", "caseworker_rest", "client", "register_basic", "register_history", "changes"]
PARTS: tuple[Part, ...] = ("belief", "caseworker_rest", "client", "register_basic", "register_history", "changes")

# A block is a name people write in a config; a part is what a column belongs to.
BLOCKS: Mapping[str, tuple[Part, ...]] = {
    "none": (),
    "belief": ("belief",),
    "caseworker": ("belief", "caseworker_rest"),
    "caseworker_without_belief": ("caseworker_rest",),
    "client": ("client",),
    "questionnaire": ("belief", "caseworker_rest", "client"),
    "questionnaire_without_belief": ("caseworker_rest", "client"),
    "register_basic": ("register_basic",),
    "register_full": ("register_basic", "register_history"),
    "changes": ("changes",),
}
FACTORS = ("belief", "caseworker_without_belief", "client", "register_full")  # of the full factorial

WINDOWS = {"1y": 52, "3y": 156, "5y": 260}  # weeks
NEVER_WEEKS = 520.0  # stands for "not in the last ten years"


@dataclass(frozen=True, slots=True)
class Feature:
    """One column a model may use, and what is known about it before any model."""

    name: str
    part: Part
    kind: Kind = "continuous"
    monotone: int = 0
    item: str | None = None
    malleable: bool = False
    sensitive: bool = False  # never named in an explanation, a log or an export
    protected: bool = False
    indicate: bool = True  # a gap says something no other column says
    levels: tuple[str, ...] = ()
    labels: tuple[str, str, str] = ("", "", "")  # English, Swedish, Danish

    @property
    def respondent(self) -> str:
        """Whose knowledge the column holds: caseworker, client or register."""
        by_part = {"belief": "caseworker", "caseworker_rest": "caseworker", "client": "client", "changes": "changes"}
        return by_part.get(self.part, "register")


# --- blocks --------------------------------------------------------------------------------


def select(
    block: str, features: Sequence[Feature], variants: Mapping[str, frozenset[str]] | None = None
) -> tuple[str, ...]:
    """Return the columns of a block, or of several joined by "+".

    Parameters
    ----------
    block : str
        For example ``"belief"`` or ``"questionnaire + register_full"``.
    features : sequence of Feature
        What there is; protected ones are never selected.
    variants : mapping of str to frozenset of str, optional
        Further block names, each a set of items.

    Raises
    ------
    ConfigError
        For an unknown name, with the nearest known one, and for a block with no column at all.

    Examples
    --------
    >>> some = [Feature("belief.cw11", "belief"), Feature("client.cl01", "client")]
    >>> select("belief + client", some)
    ('belief.cw11', 'client.cl01')
    """
    variants = variants or {}
    wanted: set[str] = set()
    usable = [f for f in features if not f.protected]
    for name in (part.strip() for part in block.split("+")):
        if name in variants:
            found = {f.name for f in usable if f.item in variants[name]}
            if len(found) > 1:
                found |= {f.name for f in usable if f.name in UNANSWERED}
        elif name in BLOCKS:
            found = {f.name for f in usable if f.part in BLOCKS[name]}
        else:
            raise ConfigError(f"there is no block '{name}'.{nearest(name, [*BLOCKS, *variants])}")
        if not found and name != "none":
            raise ConfigError(f"block '{name}' has no usable column in this data")
        wanted |= found
    return tuple(f.name for f in usable if f.name in wanted)


def factorial() -> tuple[str, ...]:
    """Return every union of the four factors, the empty one first.

    >>> len(factorial()), factorial()[-1]
    (16, 'belief + caseworker_without_belief + client + register_full')
    """
    unions = []
    for bits in range(2 ** len(FACTORS)):
        names = [name for place, name in enumerate(FACTORS) if bits >> place & 1]
        unions.append(" + ".join(names) or "none")
    return tuple(unions)


# --- questionnaire -------------------------------------------------------------------------

UNANSWERED = ("belief.unanswered", "caseworker.unanswered", "client.unanswered")
_ABSENT = {
    "belief.unanswered": (
        "Caseworker's forecast not given",
        "Handläggarens bedömning saknas",
        "Sagsbehandlerens vurdering mangler",
    ),
    "caseworker.unanswered": (
        "Share of caseworker questions without an answer",
        "Andel obesvarade handläggarfrågor",
        "Andel ubesvarede sagsbehandlerspørgsmål",
    ),
    "client.unanswered": (
        "Share of client questions without an answer",
        "Andel obesvarade klientfrågor",
        "Andel ubesvarede borgerspørgsmål",
    ),
}


def questionnaire_features(instrument: Instrument) -> tuple[Feature, ...]:
    """Return the columns a questionnaire gives: one per item, and what was left unanswered."""
    features = []
    for item in instrument.items:
        part: Part = "client" if item.respondent == "client" else "caseworker_rest"
        if item.id == instrument.belief:
            part = "belief"
        prefix = {"caseworker_rest": "caseworker"}.get(part, part)
        features.append(
            Feature(
                f"{prefix}.{item.id}",
                part,
                "ordinal",
                monotone=1,
                item=item.id,
                malleable=item.malleable,
                indicate=False,  # the share left unanswered is a column of its own
                labels=_short(instrument, item),
            )
        )
    parts: dict[str, Part] = {"belief": "belief", "caseworker": "caseworker_rest", "client": "client"}
    present = {f.part for f in features}
    for prefix, part in parts.items():
        if part in present:
            kind: Kind = "flag" if prefix == "belief" else "continuous"
            features.append(Feature(name := f"{prefix}.unanswered", part, kind, labels=_ABSENT[name]))
    return tuple(sorted(features, key=lambda f: PARTS.index(f.part)))


_WHO = {"caseworker": ("caseworker", "handläggare", "sagsbehandler"), "client": ("client", "klient", "borger")}


def _short(instrument: Instrument, item: Item) -> tuple[str, str, str]:
    """Return what a question is about and who answered it, in three languages."""
    about, who = instrument.indicators[item.indicator], _WHO[item.respondent]
    return (f"{about.en} ({who[0]})", f"{about.sv} ({who[1]})", f"{about.da} ({who[2]})")


def questionnaire_columns(
    answers: pd.DataFrame, instrument: Instrument, policy: MissingPolicy | None = None
) -> pd.DataFrame:
    """Return oriented answers as numbers, NaN where there is none, with shares left unanswered.

    Parameters
    ----------
    answers : DataFrame of shape (n_rows, any)
        ANSWERS, checked.
    instrument : Instrument
        Gives orientation and missing codes.
    policy : {"indicator", "worst", "drop"}, optional
        What a missing answer becomes; the questionnaire's own rule when not given. "worst" puts
        the least ready answer in its place; "drop" leaves gaps (the cohort left such rows out).
    """
    policy = policy or instrument.missing_policy
    columns: dict[str, np.ndarray] = {}
    for feature in questionnaire_features(instrument):
        if feature.item:
            place = _oriented(answers[feature.item], instrument, feature.item)
            columns[feature.name] = np.nan_to_num(place, nan=0.0) if policy == "worst" else place
    gone = {item: _oriented(answers[item], instrument, item) for item in instrument.item_ids}
    if instrument.belief:
        columns["belief.unanswered"] = np.isnan(gone[instrument.belief]).astype("float64")
    for respondent in RESPONDENTS:
        rest = [i.id for i in instrument.half(respondent) if i.id != instrument.belief]
        if rest:
            columns[f"{respondent}.unanswered"] = np.mean([np.isnan(gone[i]) for i in rest], axis=0)
    names = [f.name for f in questionnaire_features(instrument)]
    return pd.DataFrame({name: columns[name] for name in names})


def _oriented(codes: pd.Series, instrument: Instrument, item: str) -> np.ndarray:
    """Return places 0, 1, ... by one look-up; codes lie between -100 and 100 after the check."""
    return _places(instrument, item)[codes.fillna(-128).to_numpy("int64") + 128]


@cache
def _places_by_digest(digest: str, item: str, order: tuple[int, ...]) -> np.ndarray:
    places = np.full(256, np.nan)
    for place, code in enumerate(order):
        places[code + 128] = place
    return places


def _places(instrument: Instrument, item: str) -> np.ndarray:
    order = tuple(level.code for level in instrument.levels(item))
    if instrument.by_id[item].orientation == -1:
        order = order[::-1]
    return _places_by_digest(instrument.digest, item, order)


CHANGES = (
    Feature(
        "changes.belief",
        "changes",
        monotone=1,
        labels=(
            "Change of caseworker's forecast",
            "Ändring av handläggarens bedömning",
            "Ændring i sagsbehandlerens vurdering",
        ),
    ),
    Feature(
        "changes.caseworker",
        "changes",
        monotone=1,
        labels=(
            "Mean change of caseworker answers",
            "Genomsnittlig ändring av handläggarens svar",
            "Gennemsnitlig ændring i sagsbehandlerens svar",
        ),
    ),
    Feature(
        "changes.client",
        "changes",
        monotone=1,
        labels=(
            "Mean change of client answers",
            "Genomsnittlig ändring av klientens svar",
            "Gennemsnitlig ændring i borgerens svar",
        ),
    ),
    Feature(
        "changes.rater",
        "changes",
        "flag",
        labels=(
            "New caseworker since the last wave",
            "Ny handläggare sedan förra omgången",
            "Ny sagsbehandler siden sidste runde",
        ),
    ),
)


def change_columns(answers: pd.DataFrame, everyone: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return changes since the client's wave before, NaN for a first wave.

    `everyone` holds all answered waves, also those outside the cohort: a wave before is a fact
    about the past whether or not it can be used itself.
    """
    past = everyone.sort_values(["client_id", "answered_on"], kind="stable").reset_index(drop=True)
    oriented = pd.DataFrame({item: _oriented(past[item], instrument, item) for item in instrument.item_ids})
    before = oriented.groupby(past["client_id"]).shift()
    change = oriented - before
    table = past[["client_id", "answered_on"]].copy()
    half = {r: [i.id for i in instrument.half(r) if i.id != instrument.belief] for r in RESPONDENTS}
    table["changes.belief"] = change[instrument.belief] if instrument.belief else np.nan
    table["changes.caseworker"] = change[half["caseworker"]].mean(axis="columns")
    table["changes.client"] = change[half["client"]].mean(axis="columns")
    last = past.groupby("client_id")["caseworker_id"].shift()
    changed = (past["caseworker_id"] != last).astype("float64")
    table["changes.rater"] = changed.where(past["caseworker_id"].notna() & last.notna())
    keys = ["client_id", "answered_on"]
    joined = answers[keys].merge(table, on=keys, how="left", validate="many_to_one")
    return joined[[f.name for f in CHANGES]].astype("float64")


# --- registers -----------------------------------------------------------------------------

_STATUS_WORDS = {
    "work": ("work", "arbete", "arbejde"),
    "education": ("education", "utbildning", "uddannelse"),
    "social_assistance": ("social assistance", "ekonomiskt bistånd", "kontanthjælp"),
    "unemployment_benefit": ("unemployment benefit", "arbetslöshetsersättning", "dagpenge"),
    "sickness_benefit": ("sickness benefit", "sjukpenning", "sygedagpenge"),
    "disability_benefit": ("disability benefit", "aktivitets- eller sjukersättning", "førtidspension"),
    "activation": ("activation", "arbetsmarknadsinsats", "aktivering"),
}
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "work": WORK,
    "education": ("education",),
    **{benefit: (benefit,) for benefit in BENEFITS},
    "activation": ("activation",),
}
_EVENT_WORDS = {
    "gp_contact": ("register: health", "register: hälsa", "register: helbred"),
    "psychiatric_contact": ("register: health", "register: hälsa", "register: helbred"),
    "musculoskeletal_contact": ("register: health", "register: hälsa", "register: helbred"),
    "conviction": ("register: justice", "register: rättsväsende", "register: retsvæsen"),
    "disability_code": ("register: health", "register: hälsa", "register: helbred"),
}


def _register_features() -> tuple[Feature, ...]:
    basic: Part = "register_basic"
    history: Part = "register_history"
    features = [
        Feature("register.age", basic, labels=("Age in years", "Ålder i år", "Alder i år")),
        Feature(
            "register.sex",
            basic,
            "category",
            protected=True,
            levels=("female", "male", "other"),
            labels=("Sex", "Kön", "Køn"),
        ),
        Feature(
            "register.origin",
            basic,
            "category",
            protected=True,
            levels=("native", "europe", "outside_europe"),
            labels=("Origin", "Ursprung", "Oprindelse"),
        ),
        Feature("register.couple", basic, "flag", labels=("Lives with a partner", "Sammanboende", "Samboende")),
        Feature("register.children", basic, labels=("Children", "Barn", "Børn")),
        Feature(
            "register.education", basic, "ordinal", labels=("Education level", "Utbildningsnivå", "Uddannelsesniveau")
        ),
        Feature(
            "register.vocational",
            basic,
            "flag",
            labels=("Vocational education", "Yrkesutbildning", "Erhvervsuddannelse"),
        ),
        Feature(
            "register.weeks_registered",
            basic,
            labels=("Weeks since registration", "Veckor sedan inskrivning", "Uger siden tilmelding"),
        ),
        Feature("register.disability_code", basic, "flag", sensitive=True, labels=_EVENT_WORDS["disability_code"]),
    ]
    for benefit in BENEFITS:
        en, sv, da = _STATUS_WORDS[benefit]
        labels = (f"Now on {en}", f"Har nu {sv}", f"Modtager nu {da}")
        features.append(Feature(f"register.on_{benefit}", basic, "flag", labels=labels))
    for group, words in _STATUS_WORDS.items():
        for window in WINDOWS:
            years = window[0]
            labels = (
                f"Weeks in {words[0]}, {years} y",
                f"Veckor i {words[1]}, {years} år",
                f"Uger i {words[2]}, {years} år",
            )
            features.append(Feature(f"register.weeks_{group}_{window}", history, labels=labels))
    features += [
        Feature(
            "register.weeks_since_work",
            history,
            labels=("Weeks since last work", "Veckor sedan senaste arbete", "Uger siden seneste arbejde"),
        ),
        Feature(
            "register.never_worked",
            history,
            "flag",
            labels=("No work on record", "Inget registrerat arbete", "Intet registreret arbejde"),
        ),
        Feature(
            "register.work_spells_5y",
            history,
            labels=("Work spells, 5 y", "Arbetsperioder, 5 år", "Arbejdsperioder, 5 år"),
        ),
        Feature(
            "register.weeks_current_benefit",
            history,
            labels=("Weeks on current benefit", "Veckor med nuvarande ersättning", "Uger på nuværende ydelse"),
        ),
    ]
    for kind, labels in _EVENT_WORDS.items():
        for window in ("1y", "5y"):
            features.append(Feature(f"register.{kind}_{window}", history, sensitive=True, labels=labels))
    return tuple(features)


REGISTER_FEATURES = _register_features()


def register_columns(rows: pd.DataFrame, registers: Registers, lag_days: int) -> pd.DataFrame:
    """Return what the registers held about each client on the answer date.

    Registers are known `lag_days` late, so only spells begun and events dated on or before
    ``answered_on - lag_days`` are seen, and of a spell that goes on nothing after that day. A
    ``known_on`` date, where there is one, must not lie after the answer.

    Parameters
    ----------
    rows : DataFrame of shape (n_rows, any)
        Has client_id and answered_on.
    registers : Registers
        Spells and events may hold later facts: they are not looked at.
    lag_days : int
        Reporting delay in days.

    Returns
    -------
    DataFrame of shape (n_rows, n_register_features)

    Raises
    ------
    LeakageError
        When PERSONS was compiled after the answer.
    """
    base = rows[["client_id", "answered_on"]].reset_index(drop=True)
    base = base.assign(row=np.arange(len(base)), cut=base["answered_on"] - lag_days * DAY)
    columns = _person_columns(base, registers.persons)
    columns |= _spell_columns(base, registers.spells)
    columns |= _event_columns(base, registers.events)
    return pd.DataFrame({f.name: columns[f.name] for f in REGISTER_FEATURES})


def _person_columns(base: pd.DataFrame, persons: pd.DataFrame) -> dict[str, np.ndarray]:
    who = base[["client_id", "answered_on", "cut"]].merge(persons, on="client_id", how="left", validate="many_to_one")
    if late := int((who["known_on"] > who["answered_on"]).sum()):
        raise LeakageError(
            f"persons: facts recorded after the answer in {late} answered wave(s); give them as known then"
        )
    levels = {name: float(place) for place, name in enumerate(EDUCATION)}
    codes = {f.name: {name: float(place) for place, name in enumerate(f.levels)} for f in REGISTER_FEATURES if f.levels}
    return {
        "register.age": _weeks(who["answered_on"] - who["born_on"]) * 7 / 365.25,
        "register.sex": who["sex"].map(codes["register.sex"]).to_numpy("float64"),
        "register.origin": who["origin"].map(codes["register.origin"]).to_numpy("float64"),
        "register.couple": who["family"].map({"single": 0.0, "couple": 1.0}).to_numpy("float64"),
        "register.children": who["children"].to_numpy("float64", na_value=np.nan),
        "register.education": who["education"].map(levels).to_numpy("float64"),
        "register.vocational": who["vocational_education"].to_numpy("float64", na_value=np.nan),
        "register.weeks_registered": np.maximum(_weeks(who["cut"] - who["registered_on"]), 0.0),
    }


def _weeks(length: pd.Series) -> np.ndarray:
    """Return lengths of time in weeks, NaN where unknown."""
    weeks: np.ndarray = length.to_numpy("timedelta64[us]") / np.timedelta64(7, "D")
    return weeks


def _known(base: pd.DataFrame, facts: pd.DataFrame, dated: str) -> pd.DataFrame:
    """Return every (row, fact of the same client) that was known on the row's answer date."""
    pairs = base.merge(facts, on="client_id", how="inner")
    in_time = (pairs[dated] <= pairs["cut"]) & (pairs["known_on"].isna() | (pairs["known_on"] <= pairs["answered_on"]))
    return pairs[in_time.to_numpy(bool)].reset_index(drop=True)


def _spell_columns(base: pd.DataFrame, spells: pd.DataFrame) -> dict[str, np.ndarray]:
    pairs, n = _known(base, spells, "started_on"), len(base)
    row, status = pairs["row"].to_numpy(), pairs["status"].to_numpy()
    cut = pairs["cut"].to_numpy()
    ended = pairs["ended_on"].fillna(pd.Timestamp.max.floor("D").as_unit("us")).to_numpy()
    # Weeks back to the first and to the last day; a spell holds both days, so one of a single day is 1/7 week.
    start_back = (cut - pairs["started_on"].to_numpy()) / np.timedelta64(7, "D") + 1 / 7
    end_back = np.maximum((cut - ended) / np.timedelta64(7, "D"), 0.0)
    ongoing = ended >= cut
    columns: dict[str, np.ndarray] = {}
    for group, kinds in _GROUPS.items():
        mine = np.flatnonzero(np.isin(status, kinds))
        first, last = start_back[mine], end_back[mine]
        if len(kinds) > 1:  # two jobs at a time are one time in work
            mine = mine[np.lexsort((-first, row[mine]))]
            first = np.minimum(start_back[mine], _covered(row[mine], end_back[mine]))
            last = end_back[mine]
        for window, weeks in WINDOWS.items():
            overlap = np.clip(np.minimum(first, weeks) - last, 0.0, None)
            total = np.bincount(row[mine], weights=overlap, minlength=n)
            columns[f"register.weeks_{group}_{window}"] = total.astype("float64")  # numpy counts nothing as int
    work = np.isin(status, WORK)
    since = np.full(n, np.inf)
    np.minimum.at(since, row[work], end_back[work])
    columns["register.never_worked"] = np.isinf(since).astype("float64")
    columns["register.weeks_since_work"] = np.minimum(since, NEVER_WEEKS)
    recent = work & (end_back < WINDOWS["5y"])
    columns["register.work_spells_5y"] = np.bincount(row[recent], minlength=n).astype("float64")
    length = np.zeros(n)
    for benefit in BENEFITS:
        now = (status == benefit) & ongoing
        columns[f"register.on_{benefit}"] = (np.bincount(row[now], minlength=n) > 0).astype("float64")
        np.maximum.at(length, row[now], start_back[now])
    columns["register.weeks_current_benefit"] = np.minimum(length, NEVER_WEEKS)
    return columns


def _covered(row: np.ndarray, end_back: np.ndarray) -> np.ndarray:
    """Return how far back earlier spells of the same row reach; spells come in order of row and start.

    >>> _covered(np.array([0, 0, 0, 1]), np.array([9.0, 4.0, 6.0, 3.0])).tolist()
    [inf, 9.0, 4.0, inf]
    """
    before = pd.Series(end_back).groupby(row).cummin().groupby(row).shift()
    return before.fillna(np.inf).to_numpy()


def _event_columns(base: pd.DataFrame, events: pd.DataFrame) -> dict[str, np.ndarray]:
    pairs, n = _known(base, events, "occurred_on"), len(base)
    row, kind = pairs["row"].to_numpy(), pairs["kind"].to_numpy()
    weeks_back = _weeks(pairs["cut"] - pairs["occurred_on"])
    columns: dict[str, np.ndarray] = {}
    for name in _EVENT_WORDS:
        for window in ("1y", "5y"):
            mine = (kind == name) & (weeks_back < WINDOWS[window])
            columns[f"register.{name}_{window}"] = np.bincount(row[mine], minlength=n).astype("float64")
    coded = np.bincount(row[kind == "disability_code"], minlength=n) > 0
    columns["register.disability_code"] = coded.astype("float64")
    return columns


# --- one ready table -----------------------------------------------------------------------


def flat_features(source: Flat, frame: pd.DataFrame) -> tuple[Feature, ...]:
    """Return the columns a flat source declares as known at baseline.

    Raises
    ------
    LeakageError
        When the outcome itself is declared as a feature.
    ConfigError
        When the client's id or the answer date is.
    """
    for given in (source.client, source.answered_on):
        if given in source.columns and source.columns[given].role in ("register", "questionnaire"):
            raise ConfigError(f"column '{given}' says who or when and cannot be a feature")
    if source.outcome in source.columns and source.columns[source.outcome].role in ("register", "questionnaire"):
        raise LeakageError(f"column '{source.outcome}' is the outcome and cannot be a feature")
    features = []
    for name, column in source.columns.items():
        if column.role in ("register", "questionnaire"):
            levels = tuple(sorted(frame[name].dropna().astype("str").unique())) if column.kind == "category" else ()
            features.append(
                Feature(
                    f"{column.role}.{name}",
                    "register_basic" if column.role == "register" else "client",
                    column.kind,
                    column.monotone,
                    item=name if column.role == "questionnaire" else None,
                    malleable=column.malleable,
                    protected=column.protected,
                    levels=levels,
                    labels=(column.label or name,) * 3,
                )
            )
    return tuple(features)


def flat_columns(frame: pd.DataFrame, features: Iterable[Feature]) -> pd.DataFrame:
    """Return declared columns as numbers; a category becomes the place of its level."""
    columns = {}
    for feature in features:
        given = frame[feature.name.split(".", 1)[1]]
        if feature.levels:
            place = {level: float(n) for n, level in enumerate(feature.levels)}
            columns[feature.name] = given.astype("str").map(place).where(given.notna()).astype("float64")
        else:
            columns[feature.name] = given.astype("Float64").astype("float64")
    return pd.DataFrame(columns)
