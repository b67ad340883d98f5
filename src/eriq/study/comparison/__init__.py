"""Contenders on the same people: tables, choice and verdict."""
