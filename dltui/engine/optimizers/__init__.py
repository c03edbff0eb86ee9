"""One file per optimizer; `build()` returns parameters -> optimizer."""
