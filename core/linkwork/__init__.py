"""Linkwork: the domain and the contracts shared by agent, plugins and hub."""

__version__ = "0.1.0"
