"""What the service owes a school each year: a summary, a plan, and how its duties stand."""
