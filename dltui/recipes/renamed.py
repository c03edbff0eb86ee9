"""What was called otherwise in an earlier version: the old name in a recipe is an error that tells the new one."""

# (section, old kind) -> what to write now
KINDS = {
    ("task", "beginnings"): 'task.kind = "random_restarts"',
    ("model", "little_nets"): 'model.kind = "random_restarts"',
    ("task", "cluster"): '[algorithm] kind = "kmeans", "dbscan", "hac" or "diana"',
    ("task", "padding"): '[algorithm] kind = "padding"',
}

# (section, kind, old option) -> what to write now
OPTIONS: dict[tuple[str, str, str], str] = {}


def kind(section: str, old: str) -> str:
    """Returns "was renamed to ..." for a kind's old name, '' for any other."""
    new = KINDS.get((section, old))
    return f"was renamed: write {new}." if new else ""


def option(section: str, of_kind: str, old: str) -> str:
    """Returns "was renamed to ..." for an option's old name, '' for any other."""
    new = OPTIONS.get((section, of_kind, old))
    return f"was renamed to {new}." if new else ""
