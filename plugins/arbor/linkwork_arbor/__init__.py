"""Reads a school's register from Arbor's web interface, from the statutory roll-call records."""
