"""Block names people write in a config, and the columns they stand for."""

from collections.abc import Mapping, Sequence

from eriq.errors import ConfigError, nearest
from eriq.features.feature import Feature, Part
from eriq.features.questionnaire import UNANSWERED

# A block is a name people write in a config; a part is what a column belongs to.
BLOCKS: Mapping[str, tuple[Part, ...]] = {
    "none": (),
    "belief": ("belief",),
    "caseworker": ("belief", "caseworker_rest"),
    "caseworker_without_belief": ("caseworker_rest",),
    "client": ("client",),
    "questionnaire": ("belief", "caseworker_rest", "client", "others"),
    "questionnaire_without_belief": ("caseworker_rest", "client", "others"),
    "register_basic": ("register_basic",),
    "register_full": ("register_basic", "register_history"),
    "form": ("form",),
    "changes": ("changes",),
    "setting": ("setting",),
    "indicators": ("indicators",),
}
PROTECTED = "protected"  # what is kept for audit, so that an opponent need not be weakened by leaving it out
FACTORS = ("belief", "caseworker_without_belief", "client", "register_full")  # of the full factorial


def select(
    block: str, features: Sequence[Feature], variants: Mapping[str, frozenset[str]] | None = None
) -> tuple[str, ...]:
    """Return the columns of a block, or of several joined by "+".

    Parameters
    ----------
    block : str
        For example ``"belief"`` or ``"questionnaire + register_full"``; a respondent that the questionnaire declares
        is a block by that name.
    features : sequence of Feature
        What there is; protected ones are in the block `protected` only, whose contenders are never saved.
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
    others: dict[str, set[str]] = {}  # by respondent
    for feature in usable:
        if feature.part == "others":
            others.setdefault(feature.respondent, set()).add(feature.name)
    audit = {f.name for f in features if f.protected and f.recorded}
    for name in (part.strip() for part in block.split("+")):
        if name in variants:
            found = {f.name for f in usable if f.item in variants[name]}
            if len(found) > 1:
                asked = {f.respondent for f in usable if f.name in found}
                found |= {
                    f.name
                    for f in usable
                    if f.name in UNANSWERED or (f.name == f"{f.respondent}.unanswered" and f.respondent in asked)
                }
        elif name == PROTECTED:
            found = audit
        elif name in others:
            found = others[name]
        elif name in BLOCKS:
            found = {f.name for f in usable if f.part in BLOCKS[name]}
        else:
            raise ConfigError(f"there is no block '{name}'.{nearest(name, [*BLOCKS, PROTECTED, *variants, *others])}")
        if not found and name != "none":
            raise ConfigError(f"block '{name}' has no usable column in this data")
        wanted |= found
    return tuple(f.name for f in features if f.name in wanted)


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
