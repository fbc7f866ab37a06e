"""The authority's work with a pupil: where it stands, what comes next, and by when."""
