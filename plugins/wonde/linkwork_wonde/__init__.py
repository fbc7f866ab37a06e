"""Reads a school's register through Wonde."""
