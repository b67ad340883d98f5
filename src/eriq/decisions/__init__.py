"""What people decided beside a score, and why: a log that only grows, and shows when it was touched."""
