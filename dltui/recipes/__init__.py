"""Recipes: TOML files found by name, read, checked and overridden; nothing here knows of a run."""
