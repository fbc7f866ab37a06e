"""The `linkwork-hub` command."""

from linkwork_hub.cli.main import main

__all__ = ["main"]
