"""What stands behind the tools: setting up, the demo, the checks, the benches, the recording."""
