"""One file per algorithm without gradients."""
