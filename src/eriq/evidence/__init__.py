"""What studies have found, for whom and how sure; and what support costs."""

from eriq.evidence.catalogue import Catalogue, load_catalogue
from eriq.evidence.options import Option, options_for
from eriq.evidence.words import about_groups, basis_words, no_evidence

__all__ = ["Catalogue", "Option", "about_groups", "basis_words", "load_catalogue", "no_evidence", "options_for"]
