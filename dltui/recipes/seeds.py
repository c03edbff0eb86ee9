"""The seed of generated rows, beside `train.seed`: of those data kinds that have one."""

from collections.abc import Mapping

from dltui.recipes import schema


def of_data(table: Mapping) -> int | None:
    """Returns `data.seed` of a checked recipe's table, its kind's default where it is not set; None where the rows have
    no seed."""
    data = table.get("data")
    options = schema.find("data", data["kind"]).options if data else {}
    return data.get("seed", options["seed"].default) if "seed" in options else None
