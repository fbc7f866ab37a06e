"""Reads a school's register from CSV files in Linkwork's canonical shape."""
