"""Where the guard's heads go to school: on sentences written for it, with the bear's own sentence model."""
