"""Programs that stand in for what cannot be here: the demonstration and the tests share them."""
