"""Arbor's objects to pupils, marks and days. Pure: what was fetched comes in as arguments."""
