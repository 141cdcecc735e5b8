"""Where the two heads go to school: voices speak, rooms and noise are laid over, a small network learns."""
