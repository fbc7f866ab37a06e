"""What each school is charged, and the causes behind every line of it."""
