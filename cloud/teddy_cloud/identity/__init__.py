"""Who a parent is: accounts, passwords, sessions, and how often one may try."""
