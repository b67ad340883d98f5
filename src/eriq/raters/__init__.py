"""Caseworkers as raters, as a body and never by name: how much of an answer is the one who gave it."""
