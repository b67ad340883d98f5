"""The questionnaire: what the shipped files hold, and how a bad file is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from eriq.errors import InstrumentError
from eriq.instrument.instrument import AVOIDED, Instrument, avoided_in, load_instrument
from eriq.instrument.texts import LANGUAGES

SHIPPED = ("eriq22", "eriq-sv")
ERIQ22 = load_instrument("eriq22")
Edit = Callable[[dict[str, Any]], None]


def three(word: str) -> dict[str, str]:
    """Return one word as the text in three languages."""
    return {"en": word, "sv": word, "da": word}


def item(item_id: str, **changes: Any) -> dict[str, Any]:
    """Return an item as a file has it."""
    who = "caseworker" if item_id.startswith("cw") else "client"
    return {
        "id": item_id,
        "respondent": who,
        "indicator": "search",
        "text": three(f"question {item_id}"),
        "scale": "often",
        **changes,
    }


def small() -> dict[str, Any]:
    """Return a valid questionnaire: one caseworker item, two client items, the scale 1, 2, 3."""
    return {
        "format": 1,
        "id": "small",
        "version": "1.0.0",
        "name": three("small"),
        "notice": three("own wording"),
        "missing_codes": [{"code": -1, "name": "not_asked", "labels": three("not asked")}],
        "minimum_answered": {"caseworker": 1, "client": 1},
        "indicators": {"search": three("job search")},
        "scales": {"often": [{"code": code, "labels": three(f"answer {code}")} for code in (1, 2, 3)]},
        "items": [item("cw01"), item("cl01"), item("cl02", orientation=-1)],
    }


def write(content: dict[str, Any], path: Path) -> Path:
    """Write a questionnaire file and return its path."""
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


@pytest.fixture
def load(tmp_path: Path) -> Callable[[Edit], Instrument]:
    """Load the small questionnaire after an edit."""

    def edited(edit: Edit) -> Instrument:
        content = small()
        edit(content)
        return load_instrument(write(content, tmp_path / "small.yaml"))

    return edited


# --- the shipped files ---------------------------------------------------------------------


def test_the_questionnaire_has_eleven_items_for_each_respondent() -> None:
    """cw01 to cw11 go to the caseworker and cl01 to cl11 to the client, in this order."""
    expected = tuple(f"{who}{number:02d}" for who in ("cw", "cl") for number in range(1, 12))

    assert expected == ERIQ22.item_ids
    assert tuple(i.id for i in ERIQ22.half("caseworker")) == expected[:11]
    assert tuple(i.id for i in ERIQ22.half("client")) == expected[11:]


def test_each_of_eleven_indicators_is_asked_of_both() -> None:
    """There are eleven indicators, and each has one caseworker item and one client item."""
    for who in ("caseworker", "client"):
        assert sorted(ERIQ22.indicators) == sorted(i.indicator for i in ERIQ22.half(who))
    assert len(ERIQ22.indicators) == 11


def test_only_the_belief_item_has_published_wording() -> None:
    """Everything but cw11 is our own, cw11 stands as it was published in English and Danish."""
    belief = ERIQ22.by_id["cw11"]

    assert [i.id for i in ERIQ22.items if i.wording == "published"] == ["cw11"]
    assert belief.text.en == "Do you believe that the client will get a job within the next year?"
    assert belief.text.da == "Tror du, at borgeren kommer i job inden for det næste år?"


def test_the_two_forecasts_are_the_last_item_of_each_half() -> None:
    """Both forecasts, the caseworker's cw11 and the client's own cl11, have the same four levels and the same help."""
    assert (ERIQ22.belief, ERIQ22.client_belief) == ("cw11", "cl11")
    assert [level.code for level in ERIQ22.levels("cw11")] == [1, 2, 3, 4]
    assert {len(ERIQ22.levels(i)) for i in ERIQ22.item_ids if i not in ("cw11", "cl11")} == {5}
    assert all("four weeks" in str(ERIQ22.by_id[i].help) for i in ("cw11", "cl11"))


def test_both_halves_of_an_indicator_are_asked_alike() -> None:
    """Version 2.0.0: the two items of an indicator have one scale, one direction, and the same help."""
    for name in ERIQ22.indicators:
        mine, theirs = (i for i in ERIQ22.items if i.indicator == name)
        assert (mine.scale, mine.orientation, mine.help) == (theirs.scale, theirs.orientation, theirs.help), name


def test_the_first_version_stays_readable() -> None:
    """1.0.0 is shipped as eriq22-1, under its own id and version; the published text is the same in both."""
    old = load_instrument("eriq22-1")

    assert (old.label, ERIQ22.label) == ("eriq22 1.0.0", "eriq22 2.0.0")
    assert old.item_ids == ERIQ22.item_ids
    assert {i.id for i in old.items if i.orientation == -1} == {"cw05", "cw10", "cl06", "cl08"}
    assert [getattr(old.by_id["cw11"].text, k) for k in ("en", "da")] == [
        getattr(ERIQ22.by_id["cw11"].text, k) for k in ("en", "da")
    ]


def test_what_is_taken_over_from_the_first_version_has_the_same_scale() -> None:
    """No item of 1.0.0 serves as one of 2.0.0 unless its codes, its direction and its indicator are the same."""
    old = load_instrument("eriq22-1")

    for ours, taken in ERIQ22.accepts["eriq22 1.0.0"].items():
        before, now = old.by_id[taken.item], ERIQ22.by_id[ours]
        assert (before.indicator, before.scale, before.orientation) == (now.indicator, now.scale, now.orientation)
        codes = [[level.code for level in i.levels(x)] for i, x in ((old, taken.item), (ERIQ22, ours))]
        assert codes[0] == codes[1]


def test_a_key_that_is_not_used_changes_no_digest() -> None:
    """A questionnaire that says nothing of a key has the digest it had before the key was known."""
    plain = Instrument.model_validate(small())
    said = Instrument.model_validate({**small(), "accepts": {}, "assumption": None})

    assert plain.digest == said.digest


def test_no_answer_has_four_codes_and_no_item_is_required() -> None:
    """Voluntary by design: every item may be missing, in four ways."""
    codes = {code.code: code.name for code in ERIQ22.missing_codes}

    assert codes == {-1: "not_asked", -2: "dont_know", -3: "refused", -4: "no_contact"}
    assert not any(i.required for i in ERIQ22.items)


def test_no_item_is_reversed() -> None:
    """A higher code is always more ready, so that a reason reads as it is meant."""
    assert {i.orientation for i in ERIQ22.items} == {1}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_text_is_there_in_three_languages(name: str) -> None:
    """No question repeats another one's text, none is shared between languages, and easy-read is complete."""
    instrument = load_instrument(name)
    texts = [i.text.in_(language) for i in instrument.items for language in LANGUAGES]

    assert len(set(texts)) == 3 * len(instrument.items)
    assert all(text.endswith("?") for text in texts)
    assert all(i.easy_read is not None for i in instrument.items)


@pytest.mark.parametrize("name", SHIPPED)
def test_no_shipped_text_labels_a_person(name: str) -> None:
    """No phrase of the list of avoided words, in any language, in any text."""
    assert load_instrument(name).remarks() == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_labelling_word_is_found_in_each_language(language: str, load: Callable[[Edit], Instrument]) -> None:
    """The list bites: each of its phrases is reported where it stands, here in a question."""
    for phrase in AVOIDED[language]:  # type: ignore[index]
        instrument = load(lambda c, p=phrase: c["items"][0]["text"].update({language: f"Is {p}?".upper()}))  # type: ignore[misc]
        assert f"item cw01 ({language}): avoid '{phrase.strip()}'" in instrument.remarks()


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("sv", "Hon har talat, förutsatt att det går.", []),
        ("sv", "En lat man", ["lat"]),
        ("sv", "Resurssvaga hushåll", ["resurssvag"]),
        ("da", "Forudsat at det går.", []),
        ("da", "En udsat gruppe", ["udsat"]),
    ],
)
def test_words_to_avoid_are_beginnings_of_words(language: str, text: str, found: list[str]) -> None:
    """What only ends like such a word is none; compounds are listed."""
    assert avoided_in(text, language) == found  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_notice_says_what_this_is_not(name: str) -> None:
    """Every shipped questionnaire says that it is not the licensed one."""
    assert "ERIQ-style, own wording, not the licensed instrument" in load_instrument(name).notice.en


def test_the_swedish_variant_is_a_marked_assumption() -> None:
    """The variant is part of the parent, keeps the belief item, and has a digest of its own."""
    variant = load_instrument("eriq-sv")

    assert set(variant.item_ids) < set(ERIQ22.item_ids)
    assert variant.belief == "cw11"
    assert "not public" in str(variant.assumption)
    assert variant.digest != ERIQ22.digest
    assert variant.by_id["cw11"] == ERIQ22.by_id["cw11"]


def test_a_changed_copy_is_checked_and_has_its_own_digest() -> None:
    """A copy with another version does not keep the digest of the original, and a copy can be refused."""
    copy = ERIQ22.model_copy(update={"version": "1.0.9"})

    assert copy.digest != ERIQ22.digest
    assert copy.model_copy(update={"version": ERIQ22.version}).digest == ERIQ22.digest
    with pytest.raises(ValueError, match="version"):
        ERIQ22.model_copy(update={"version": "next"})


# --- loading -------------------------------------------------------------------------------


@pytest.mark.parametrize(("caseworker", "client"), [(11, 11), (11, 9), (3, 1), (1, 0)])
def test_any_number_of_items_loads(caseworker: int, client: int, load: Callable[[Edit], Instrument]) -> None:
    """The count of items comes from the file: the older 11 + 9, shorter forms, even one half alone."""
    ids = [f"cw{n:02d}" for n in range(1, caseworker + 1)] + [f"cl{n:02d}" for n in range(1, client + 1)]

    def change(content: dict[str, Any]) -> None:
        content["items"] = [item(i) for i in ids]
        content["minimum_answered"] = {"caseworker": 1, "client": min(1, client)}

    instrument = load(change)

    assert instrument.item_ids == tuple(ids)
    assert (len(instrument.half("caseworker")), len(instrument.half("client"))) == (caseworker, client)


def test_the_digest_ignores_the_order_of_keys_and_the_spacing(tmp_path: Path) -> None:
    """The same content written with keys backwards, at every depth, and as one line has the same digest."""
    content = small()
    content["scales"]["seldom"] = content["scales"]["often"]
    there = load_instrument(write(content, tmp_path / "there.yaml"))
    turned = yaml.safe_dump(_backwards(content), sort_keys=False, default_flow_style=True)
    (tmp_path / "back.yaml").write_text(turned, encoding="utf-8")

    assert load_instrument(tmp_path / "back.yaml").digest == there.digest


def _backwards(content: Any) -> Any:
    """Return content with the keys of every mapping in reverse order, lists as they are."""
    if isinstance(content, dict):
        return {key: _backwards(content[key]) for key in reversed(content)}
    return [_backwards(value) for value in content] if isinstance(content, list) else content


@pytest.mark.parametrize(
    "edit",
    [
        lambda c: c["scales"]["often"][0]["labels"].update(sv="aldrig"),
        lambda c: c["items"][0].update(orientation=-1),
        lambda c: c["items"].reverse(),
        lambda c: c.update(version="1.0.1"),
    ],
    ids=["label", "orientation", "order of items", "version"],
)
def test_the_digest_changes_with_the_content(edit: Edit, load: Callable[[Edit], Instrument]) -> None:
    """One other label, direction, order or version is another questionnaire."""
    assert load(edit).digest != load(lambda _: None).digest


BAD: dict[str, tuple[Edit, str]] = {
    "repeated item": (lambda c: c["items"].append(item("cw01")), "item cw01 is there 2 times"),
    "unknown scale": (
        lambda c: c["items"][0].update(scale="oftn"),
        r"item cw01: scale 'oftn' is not defined\. Did you mean 'often'\?",
    ),
    "unknown indicator": (
        lambda c: c["items"][0].update(indicator="serch"),
        r"item cw01: indicator 'serch' is not defined\. Did you mean 'search'\?",
    ),
    "falling codes": (lambda c: c["scales"]["often"].reverse(), "scale often: needs at least two levels with rising"),
    "repeated code": (lambda c: c["scales"]["often"][1].update(code=1), "scale often: needs at least two levels"),
    "one level": (lambda c: c["scales"].update(often=c["scales"]["often"][:1]), "scale often: needs at least two"),
    "impossible minimum": (
        lambda c: c["minimum_answered"].update(client=3),
        "minimum_answered: 3 of 2 client items can never be met",
    ),
    "repeated missing code": (
        lambda c: c["missing_codes"].append({"code": -1, "name": "refused", "labels": three("no")}),
        "missing codes repeat a number",
    ),
    "missing code that could be an answer": (lambda c: c["missing_codes"][0].update(code=9), "missing_codes.0.code"),
    "language left out": (
        lambda c: c["items"][2]["text"].pop("da"),
        "item cl02: no text in 'da', which other texts have",
    ),
    "empty text": (lambda c: c["items"][2]["text"].update(da=""), r"items\.2\.text\.da: must not be empty"),
    "misspelt key": (
        lambda c: c["items"][0].update(orientaton=1),
        r"items\.0\.orientaton: not a known key\. Did you mean 'orientation'\?",
    ),
    "unreadable version": (lambda c: c.update(version="one"), "version: must be three numbers"),
    "later format": (lambda c: c.update(format=2), "format: must be 1"),
    "no items": (lambda c: c.update(items=[]), "there is no item; for registers alone there is 'no-questions'"),
    "mapping to no item": (
        lambda c: c.update(accepts={"old 1.0.0": {"cw02": "q1"}}),
        "accepts old 1.0.0: item 'cw02' is not defined",
    ),
    "mapping to no code": (
        lambda c: c.update(accepts={"old 1.0.0": {"cw01": {"item": "q1", "codes": {1: 5}}}}),
        "accepts old 1.0.0: cw01: codes that our scale does not have: 5",
    ),
    "mapping of a missing code": (
        lambda c: c.update(accepts={"old 1.0.0": {"cw01": {"item": "q1", "codes": {-1: 1}}}}),
        "accepts old 1.0.0: cw01: missing codes mean the same everywhere",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_refused_by_name(kind: str, load: Callable[[Edit], Instrument]) -> None:
    """Each kind of mistake gives an InstrumentError that names the place and the problem."""
    edit, message = BAD[kind]

    with pytest.raises(InstrumentError, match=message) as caught:
        load(edit)
    assert "small.yaml" in str(caught.value)


def test_all_problems_of_a_file_are_reported_at_once(load: Callable[[Edit], Instrument]) -> None:
    """A repeated item and a wrong scale come in one message, so that one round of mending is enough."""

    def two_mistakes(content: dict[str, Any]) -> None:
        content["items"][0]["scale"] = "oftn"
        content["items"].append(item("cl01"))

    with pytest.raises(InstrumentError, match=r"item cl01 is there 2 times.*scale 'oftn'"):
        load(two_mistakes)


def test_a_repeated_key_is_refused(tmp_path: Path) -> None:
    """YAML would let the last of two equal keys win; here the key is named."""
    path = write(small(), tmp_path / "small.yaml")
    path.write_text(path.read_text(encoding="utf-8") + "id: other\n", encoding="utf-8")

    with pytest.raises(InstrumentError, match=r"small\.yaml is not valid YAML.*key given twice: id"):
        load_instrument(path)


def test_an_unquoted_no_is_refused(load: Callable[[Edit], Instrument]) -> None:
    """YAML reads an unquoted `no` as false, which is not a text."""
    with pytest.raises(InstrumentError, match=r"scales\.often\.0\.labels\.en: must be text"):
        load(lambda c: c["scales"]["often"][0]["labels"].update(en=False))


def test_a_name_that_is_not_shipped_gets_a_suggestion() -> None:
    """`eriq23` is not there, and eriq22 is the nearest."""
    with pytest.raises(InstrumentError, match=r"no 'eriq23' among the shipped instruments\. Did you mean 'eriq22'"):
        load_instrument("eriq23")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The message has the path that was tried."""
    with pytest.raises(InstrumentError, match=r"there is no file .*absent\.yaml"):
        load_instrument(tmp_path / "absent.yaml")


# --- one questionnaire that extends another ------------------------------------------------


def extension(tmp_path: Path, **changes: Any) -> Path:
    """Write the small questionnaire and one that extends it, and return the path of the latter."""
    write(small(), tmp_path / "small.yaml")
    content = {
        "extends": "small.yaml",
        "format": 1,
        "id": "part",
        "version": "2.0.0",
        "minimum_answered": {"caseworker": 1, "client": 0},
        "items": ["cw01"],
        **changes,
    }
    return write(content, tmp_path / "part.yaml")


def test_an_extension_takes_everything_it_does_not_say(tmp_path: Path) -> None:
    """Scales, texts and missing codes come from the parent; id, version and items from the extension."""
    part = load_instrument(extension(tmp_path))
    parent = load_instrument(tmp_path / "small.yaml")

    assert (part.id, part.version, part.item_ids) == ("part", "2.0.0", ("cw01",))
    assert (part.scales, part.missing_codes, part.items[0]) == (parent.scales, parent.missing_codes, parent.items[0])


def test_an_extension_accepts_only_what_it_says_itself(tmp_path: Path) -> None:
    """What the parent takes over is said of the parent's items, and is not inherited."""
    path = extension(tmp_path)
    write({**small(), "accepts": {"old 1.0.0": ["cw01", "cl01"]}}, tmp_path / "small.yaml")

    assert load_instrument(tmp_path / "small.yaml").accepts.keys() == {"old 1.0.0"}
    assert load_instrument(path).accepts == {}


def test_an_extension_of_an_extension_loads(tmp_path: Path) -> None:
    """Two steps up still find the item."""
    extension(tmp_path, items=["cw01", "cl02"])
    content = {"extends": "part.yaml", "id": "smaller", "items": ["cl02"]}
    content["minimum_answered"] = {"caseworker": 0, "client": 1}  # type: ignore[assignment]

    assert load_instrument(write(content, tmp_path / "smaller.yaml")).item_ids == ("cl02",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"items": ["cw01", "cw0l"]}, r"part\.yaml:\n  - item 'cw0l' is not in small\.yaml\. Did you mean 'cw01'\?"),
        ({"items": ["cw01", "cw01"]}, "item cw01 is there 2 times"),
        ({"items": [{"id": "cw01"}]}, "a questionnaire that extends another lists item ids"),
        ({"minimum_answered": {"caseworker": 1, "client": 1}}, "1 of 0 client items can never be met"),
        ({"extends": "part.yaml"}, r"part\.yaml extends itself"),
        ({"extends": "gone.yaml"}, r"there is no file .*gone\.yaml"),
    ],
    ids=["unknown item", "repeated item", "whole items", "minimum", "itself", "no parent"],
)
def test_a_bad_extension_is_refused_by_name(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    """What is wrong with an extension is said in terms of its own file."""
    with pytest.raises(InstrumentError, match=message):
        load_instrument(extension(tmp_path, **changes))


# --- answers as ranks ----------------------------------------------------------------------


def test_oriented_answers_rise_with_readiness(load: Callable[[Edit], Instrument]) -> None:
    """Codes 1, 2, 3 become 0, 1, 2, and 2, 1, 0 for a reversed item; no answer becomes a gap."""
    instrument = load(lambda _: None)
    codes = pd.Series([1, 2, 3, -1, None], dtype="Int8")

    expected = pd.Series([0, 1, 2, None, None], dtype="float64")
    pd.testing.assert_series_equal(instrument.oriented("cl01", codes), expected)
    pd.testing.assert_series_equal(instrument.oriented("cl02", codes), 2 - expected)


def test_oriented_keeps_the_index_and_the_callers_answers(load: Callable[[Edit], Instrument]) -> None:
    """Rows keep their labels, and what was handed in is as it was."""
    codes = pd.Series([3, 1], index=[7, 4], dtype="Int8")
    before = codes.copy()

    assert load(lambda _: None).oriented("cl01", codes).index.tolist() == [7, 4]
    pd.testing.assert_series_equal(codes, before)


def test_oriented_goes_by_rank_and_not_by_code(load: Callable[[Edit], Instrument]) -> None:
    """Codes 0, 5, 100 are three steps: 0, 1, 2."""

    def spread(content: dict[str, Any]) -> None:
        for level, code in zip(content["scales"]["often"], (0, 5, 100), strict=True):
            level["code"] = code

    assert load(spread).oriented("cl01", pd.Series([100, 5, 0])).tolist() == [2.0, 1.0, 0.0]


def test_a_label_is_found_again_from_the_oriented_answer(load: Callable[[Edit], Instrument]) -> None:
    """Place 0 of a reversed item is its highest code."""
    instrument = load(lambda _: None)

    assert instrument.answer_label("cl01", 0.0, "en") == "answer 1"
    assert instrument.answer_label("cl02", 0.0, "en") == "answer 3"


@given(
    which=st.sampled_from(ERIQ22.item_ids),
    picks=st.lists(st.integers(0, 8), min_size=1, max_size=30),
)
def test_reversing_twice_is_nothing(which: str, picks: list[int]) -> None:
    """The reverse of an item's reverse is the item, for any answers; and reversed answers mirror on the scale."""
    allowed = [*ERIQ22.allowed(which), None]
    codes = pd.Series([allowed[pick % len(allowed)] for pick in picks], dtype="Int8")
    turned, back = (_turned(ERIQ22, which, times) for times in (1, 2))

    there = ERIQ22.oriented(which, codes)
    highest = len(ERIQ22.levels(which)) - 1

    pd.testing.assert_series_equal(back.oriented(which, codes), there)
    pd.testing.assert_series_equal(turned.oriented(which, codes), highest - there)


def _turned(instrument: Instrument, which: str, times: int) -> Instrument:
    sign = (-1) ** times
    items = tuple(
        i.model_copy(update={"orientation": sign * i.orientation}) if i.id == which else i for i in instrument.items
    )
    return instrument.model_copy(update={"items": items})


@given(which=st.sampled_from(ERIQ22.item_ids), place=st.integers(0, 4))
def test_orienting_a_code_and_reading_its_label_agree(which: str, place: int) -> None:
    """The label of a level is the label of its oriented place, whatever the direction."""
    level = ERIQ22.levels(which)[place % len(ERIQ22.levels(which))]
    oriented = ERIQ22.oriented(which, pd.Series([level.code]))[0]

    assert ERIQ22.answer_label(which, oriented, "da") == level.labels.da


def test_every_code_allowed_is_a_level_or_a_missing_code() -> None:
    """cw11 may hold 1 to 4 and the four codes for no answer."""
    assert ERIQ22.allowed("cw11") == (1, 2, 3, 4, -1, -2, -3, -4)


def test_a_subset_keeps_the_order_of_the_questionnaire() -> None:
    """Named backwards and with a stranger, two items come in file order."""
    assert ERIQ22.subset(("cl11", "cw01", "zz99")) == ("cw01", "cl11")


def test_the_stamp_identifies_the_content() -> None:
    """Id, version and a SHA-256 of 64 hexadecimal digits travel with every result."""
    assert ERIQ22.stamp == {"id": "eriq22", "version": ERIQ22.version, "digest": ERIQ22.digest}
    assert len(ERIQ22.digest) == 64


def test_a_questionnaire_without_easy_read_or_forecast_is_remarked_on(load: Callable[[Edit], Instrument]) -> None:
    """It loads; gaps, a reversed item without words of its own and absent forecasts are there to judge."""
    assert load(lambda _: None).remarks() == (
        "3 item(s) have no easy-read text: cw01, cl01, cl02",
        "item cl02 is reversed and has no short: explanations would read backwards",
        "no caseworker item is marked as a forecast of job entry",
        "no client item is marked as a forecast of job entry",
    )
