"""Callbacks: what [callback.NAME] names; each acts on a task while it is trained."""
