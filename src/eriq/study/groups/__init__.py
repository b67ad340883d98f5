"""For whom a forecast works: every measure by group, every gap between groups, and what can be said of it."""
