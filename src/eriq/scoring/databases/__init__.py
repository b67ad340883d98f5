"""Databases answers come from and scores go to: connections, cells, errors without an address."""
