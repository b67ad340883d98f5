"""Made-up people, with the truth written down."""
