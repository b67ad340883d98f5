"""Blocks of columns in words: as a heading, within a sentence, and as the parts an explanation is grouped by."""

import re
from collections.abc import Mapping

from eriq.features.feature import Part

BLOCKS: Mapping[str, str] = {
    "none": "Overall rate",
    "belief": "Caseworker's forecast",
    "client_belief": "Client's own forecast",
    "caseworker": "Caseworker's answers",
    "caseworker_without_belief": "Caseworker's answers without the forecast",
    "client": "Client's answers",
    "questionnaire": "Questionnaire",
    "questionnaire_without_belief": "Questionnaire without the caseworker's forecast",
    "register_basic": "Register at registration",
    "register_full": "Full register",
    "protected": "Sex, origin and what else is kept for audit",
    "form": "Form filled in by staff",
    "indicators": "Indicator scores",
    "changes": "Changes since the last wave",
    "setting": "Caseworker at the time",
    "swedish": "Swedish-style variant",
}
PARTS: Mapping[Part, str] = {
    "caseworker_rest": "caseworker, other items",
    "others": "other respondents",
    "register_basic": "register, basic",
    "register_history": "register, history",
}


def block_words(block: str) -> str:
    """Return a block as people call it, to stand on its own.

    >>> block_words("questionnaire + register_full"), block_words("own_block")
    ('Questionnaire + full register', 'Own block')
    """
    parts = [BLOCKS.get(part, part.replace("_", " ")) for part in re.split(r"\s*\+\s*", block)]
    whole = " + ".join([parts[0], *(part[:1].lower() + part[1:] for part in parts[1:])])
    return whole[:1].upper() + whole[1:]


def block_in_sentence(block: str) -> str:
    """Return a block by the names of the config, as a sentence says it.

    >>> block_in_sentence("belief + register_full")
    'belief and register full'
    """
    return block.replace(" + ", " and ").replace("_", " ")


def part_words(part: Part) -> str:
    """Return the part of the columns that an explanation is grouped by.

    >>> part_words("caseworker_rest"), part_words("belief")
    ('caseworker, other items', 'belief')
    """
    return PARTS.get(part, part)
