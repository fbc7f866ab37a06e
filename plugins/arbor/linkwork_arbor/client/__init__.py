"""Asking Arbor over HTTP: one request at a time, every answer other than data in words."""
