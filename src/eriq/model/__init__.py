"""The shared product: a fitted model, what it says of itself, and how it is kept."""
