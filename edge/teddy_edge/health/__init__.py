"""How the bear is: every part of it looked at, each with what to do."""
