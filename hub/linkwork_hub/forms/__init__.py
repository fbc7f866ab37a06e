"""Papers written with a family on a case, of the kinds a profile has, and who signed them."""
