"""The bear's commands on the `teddy` command line."""
