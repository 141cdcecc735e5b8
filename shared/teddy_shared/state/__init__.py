"""The only place of mutable state: scopes, expiry, observers, compare-and-set, sealing, readers, audit."""
