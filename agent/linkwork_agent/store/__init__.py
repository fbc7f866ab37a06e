"""One school's store: everything the agent remembers, in one SQLite file. The only SQL here."""
