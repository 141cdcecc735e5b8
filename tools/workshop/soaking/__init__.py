"""A bear that lives through simulated days, with its real parts and models, to see what a day does to it."""
