"""The cloud's commands on the `teddy` command line."""
