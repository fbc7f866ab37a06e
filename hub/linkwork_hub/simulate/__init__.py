"""Schools and a hub through weeks in one process: seeded, with faults, and judged at each step."""
