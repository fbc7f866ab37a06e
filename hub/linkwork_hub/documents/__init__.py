"""Paper: renders what it is given and knows no case."""
