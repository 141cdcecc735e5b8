"""What the authors of stories, riddles and facts check and begin with."""
