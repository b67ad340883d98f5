"""The data flow of a run as a picture: sources, tables, features, model, scores, and who sees them."""

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from eriq.dossier.numbers import Evidence

BOX, GAP, LINE = 150, 34, 17
SEEN = ("caseworker: reasons, no number", "operator: what the job declares", "client: in the talk", "employer: never")


@dataclass(frozen=True, slots=True)
class Step:
    """One box of the picture: its heading, and what is in it."""

    name: str
    lines: tuple[str, ...]


def steps(evidence: Evidence) -> tuple[Step, ...]:
    """Return the boxes, from where data come from to who sees the scores."""
    source = evidence.look_up("config.yaml", "source") or {}
    tables = tuple(evidence.look_up("facts.json", "digests") or ())
    protected = evidence.look_up("config.yaml", "protected") or ()
    columns = evidence.look_up("manifest.json", "columns") or ()
    parts = Counter(str(column["part"]).replace("_", " ") for column in columns)
    model = evidence.look_up("facts.json", "model_name")
    kind = {"simulated": "made-up people", "tables": "the agency's files", "flat": "one ready table"}
    form = evidence.look_up("facts.json", "instrument.id")
    return (
        Step("sources", tuple(x for x in (kind.get(str(source.get("kind")), ""), form and f"form {form}") if x)),
        Step("tables", tables),
        Step("features", (*(f"{part}: {n}" for part, n in parts.items()), f"never: {len(protected)} protected")),
        Step("model", (model or "none is saved", str(evidence.look_up("facts.json", "outcome_words")))),
        Step("scores", ("one row per form", "rows set aside", "0600")),
        Step("who sees them", SEEN),
    )


def drawing(found: Sequence[Step]) -> Markup:
    """Return the picture as SVG, with the same said in words for those who do not see it."""
    wrapped = [[part for line in step.lines for part in _wrapped(line)] for step in found]
    high = 46 + LINE * max(len(lines) for lines in wrapped)
    wide = len(found) * BOX + (len(found) - 1) * GAP + 4
    said = "; ".join(f"{step.name}: {', '.join(step.lines)}" for step in found)
    pieces = [
        Markup(
            '<svg viewBox="0 0 {} {}" role="img" aria-label="Data flow. {}" xmlns="http://www.w3.org/2000/svg">'
        ).format(wide, high + 4, said)
    ]
    for place, (step, lines) in enumerate(zip(found, wrapped, strict=True)):
        left = 2 + place * (BOX + GAP)
        pieces.append(
            Markup('<rect x="{}" y="2" width="{}" height="{}" rx="6" fill="#ffffff" stroke="#1d5c63"/>').format(
                left, BOX, high
            )
        )
        pieces.append(
            Markup('<text x="{}" y="25" font-size="15" font-weight="600" fill="#1d5c63">{}</text>').format(
                left + 10, step.name
            )
        )
        for row, line in enumerate(lines):
            pieces.append(
                Markup('<text x="{}" y="{}" font-size="12.5" fill="#23282d">{}</text>').format(
                    left + 10, 48 + row * LINE, line
                )
            )
        if place:
            pieces.append(
                Markup(
                    '<path d="M{} {} h{} m-7 -5 l7 5 l-7 5" fill="none" stroke="#23282d" stroke-width="1.5"/>'
                ).format(left - GAP + 3, high / 2 + 2, GAP - 6)
            )
    return Markup("\n").join([*pieces, Markup("</svg>")])


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, 20, subsequent_indent="  ", break_on_hyphens=True) or [""]
