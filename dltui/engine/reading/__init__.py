"""Rows from the hub, from the cache and from a user's own files."""
