"""Long deeds step by step: persisted, resumed by any worker, undone in reverse where they cannot be done."""
