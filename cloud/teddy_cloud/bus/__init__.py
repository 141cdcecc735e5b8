"""What people and other parts want done, want to know, and want to hear of: commands, queries, events."""
