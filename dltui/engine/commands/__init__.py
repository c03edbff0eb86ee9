"""Commands: engine processes that answer once, in JSON."""
