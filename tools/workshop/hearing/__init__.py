"""What the bench of hearing needs: human clips, sounds without words, another recogniser, a fair count."""
