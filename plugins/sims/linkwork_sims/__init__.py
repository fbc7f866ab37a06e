"""Reads a school's register from the XML files that scheduled SIMS reports write."""
