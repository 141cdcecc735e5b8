"""The parents' pages, live, and the same as JSON for tools."""
