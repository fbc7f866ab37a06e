"""School feeds: the post between agents and this hub, and whether each school is heard of."""
