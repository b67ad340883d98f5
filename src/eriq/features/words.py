"""Words for columns that no questionnaire file names, from `words.yaml`."""

from functools import cache
from pathlib import Path

from eriq.config import load_yaml
from eriq.instrument.texts import LANGUAGES, Texts


@cache
def words() -> dict[str, dict[str, Texts]]:
    """Return section -> name -> text.

    >>> words()["statuses"]["work"].sv
    'arbete'
    """
    content = load_yaml(Path(__file__).with_name("words.yaml"))
    return {
        section: {name: Texts.model_validate(text) for name, text in texts.items()}
        for section, texts in content.items()
    }


def filled(pattern: str, **parts: Texts | str) -> Texts:
    """Return a pattern of the words with its parts put in, language by language.

    >>> filled("now", status=words()["statuses"]["work"]).en
    'Now: work'
    """
    made = {}
    for language in LANGUAGES:
        here = {name: part.in_(language) if isinstance(part, Texts) else part for name, part in parts.items()}
        made[language] = words()["patterns"][pattern].in_(language).format(**here)
    return Texts(**made)
