"""The demonstration: a hub and three schools on this machine, for looking at or for checking."""
