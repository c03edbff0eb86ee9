"""One file per schedule; `build()` returns (t, T) -> the share of `optimizer.lr` that holds after t of T steps."""
