"""The comparison: fair choices, honest verdicts, and tables that agree with each other."""
