"""How the cloud reaches its store; everything that is kept goes through here."""
