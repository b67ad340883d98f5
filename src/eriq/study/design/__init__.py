"""Who is in, what is known of them, and who trains and tests."""
