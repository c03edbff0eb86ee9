"""The engine: the only code that imports torch, in a process of its own."""
