"""What was agreed, who does it by when, and what became of it."""
