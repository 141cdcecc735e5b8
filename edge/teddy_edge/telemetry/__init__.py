"""The bear's numbers for whoever watches over it: counted here, read over HTTP on this machine alone."""
