"""What was called otherwise in an earlier version: the old name in a recipe is an error that tells the new one."""

# (section, old kind) -> what to write now
KINDS = {
    ("task", "beginnings"): 'task.kind = "random_restarts"',
    ("model", "little_nets"): 'model.kind = "random_restarts"',
    ("task", "cluster"): '[algorithm] kind = "kmeans", "dbscan", "hac" or "diana"',
    ("task", "padding"): '[algorithm] kind = "padding"',
    ("data", "blobs"): 'data.kind = "clouds" with shape = "separable"',
    ("data", "breast_cancer"): 'data.kind = "bundled_table" with name = "breast_cancer"',
    ("data", "diabetes"): 'data.kind = "bundled_table" with name = "diabetes"',
    ("data", "rare"): 'data.kind = "clouds" with shape = "imbalanced"',
    ("data", "ring"): 'data.kind = "clouds" with shape = "circle"',
    ("data", "wine"): 'data.kind = "bundled_table" with name = "wine"',
    ("data", "xor"): 'data.kind = "clouds" with shape = "xor"',
}

# (section, kind, old option) -> what to write now
OPTIONS: dict[tuple[str, str, str], str] = {
    ("task", "classify", "loss"): "a section of its own: [loss] kind",
    ("task", "classify", "l1"): 'regularizer.l1, with regularizer.kind = "elastic_net"',
    ("task", "classify", "l2"): 'regularizer.l2, with regularizer.kind = "elastic_net"',
    ("task", "classify", "augment"): 'augment.changes, with augment.kind = "pictures"',
    ("task", "classify", "strength"): 'augment.strength, with augment.kind = "pictures"',
    ("task", "classify", "show"): "sections [probe.NAME]: see dltui kinds probes",
}


def kind(section: str, old: str) -> str:
    """Returns "was renamed to ..." for a kind's old name, '' for any other."""
    new = KINDS.get((section, old))
    return f"was renamed: write {new}." if new else ""


def option(section: str, of_kind: str, old: str) -> str:
    """Returns "was renamed to ..." for an option's old name, '' for any other."""
    new = OPTIONS.get((section, of_kind, old))
    return f"was renamed to {new}." if new else ""
