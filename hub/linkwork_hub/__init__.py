"""The Linkwork hub: the authority's side of a mark's journey."""
