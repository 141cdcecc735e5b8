"""Many bears that are only their end of the wire: what they send is made up, the wire is real."""
