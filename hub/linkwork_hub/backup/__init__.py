"""A hub's backup: settings, keys and database in one sealed file, and proof that it opens."""
