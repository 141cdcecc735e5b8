"""What the bench of the voice needs: sentences, one real turn after another, and where its time went."""
