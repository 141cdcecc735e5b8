"""The bear: it hears, understands and answers on its own."""
