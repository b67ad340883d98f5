"""The questionnaire in the tools that agencies have: out as a form, and back as answers."""
