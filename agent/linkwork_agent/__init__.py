"""The Linkwork agent: the service that runs at a school."""
