"""Every event that bears sent, in order, once, and nothing that a family did not grant."""
