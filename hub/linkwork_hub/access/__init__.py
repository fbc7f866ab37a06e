"""People, roles, schools, calendars, the audit trail and the authority's profile."""
