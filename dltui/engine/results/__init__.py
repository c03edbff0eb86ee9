"""Results: what algorithms of a kind have in common, measured and drawn once; their RESULT names the file."""
