"""Forms out to other tools, and answers back."""
