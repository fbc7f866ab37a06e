"""Stand-ins for the systems of other vendors: real programs and servers that misbehave on order."""
