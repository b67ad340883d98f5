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
    """Return a pattern of the words with its parts put in, in each language that all of them have.

    >>> filled("now", status=words()["statuses"]["work"]).en
    'Now: work'
    """
    made = {}
    texts = [part for part in parts.values() if isinstance(part, Texts)]
    for language in (language for language in LANGUAGES if all(language in part.languages for part in texts)):
        here = {name: part.in_(language) if isinstance(part, Texts) else part for name, part in parts.items()}
        made[language] = words()["patterns"][pattern].in_(language).format(**here)
    return Texts(**made)
