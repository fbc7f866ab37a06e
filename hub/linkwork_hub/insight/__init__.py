"""The first page of every role, and whatever compares the domains below."""
