"""Meetings between a school and the service: planned, prepared, and noted."""
