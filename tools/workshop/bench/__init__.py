"""The benches: each module says in its docstring what it measures, and has `run(options)` for figures."""
