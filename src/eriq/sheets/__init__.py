"""One page for the talk of a client and a caseworker: where we are, what can move, what evidence says helps."""

from eriq.sheets.client import Person, people
from eriq.sheets.page import Forecast, Page, pages_of
from eriq.sheets.table import answers_table

__all__ = ["Forecast", "Page", "Person", "answers_table", "pages_of", "people"]
