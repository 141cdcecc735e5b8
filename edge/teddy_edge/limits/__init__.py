"""When, how long and how loud a child may talk with the bear; counted and kept on the bear."""
