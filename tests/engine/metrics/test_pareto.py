"""The front by its definition, row by row; the volume by counting."""

import pytest
import torch

from dltui.engine.metrics.pareto import front, hypervolume


def costs(seed: int, rows: int = 60, columns: int = 2) -> torch.Tensor:
    """Whole numbers, so that rows are equal in a column, or in all."""
    return torch.randint(0, 9, (rows, columns), generator=torch.Generator().manual_seed(seed)).double()


def by_definition(rows: list[list[float]]) -> list[bool]:
    """Not beaten by any other: nowhere worse and somewhere better."""
    return [
        not any(all(a <= b for a, b in zip(other, row, strict=True)) and other != row for other in rows) for row in rows
    ]


@pytest.mark.parametrize("columns", [1, 2, 3])
@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_front_by_definition(seed, columns):
    """Guards the equal rows: with `<` in the place of `<=` a row that ties in one cost would stay."""
    rows = costs(seed, columns=columns)
    assert front(rows).tolist() == by_definition(rows.tolist())


def test_equal_rows_are_all_on_it_and_what_diverged_never():
    rows = torch.tensor([[1.0, 2.0], [1.0, 2.0], [1.0, 3.0], [torch.nan, 0.0]])
    assert front(rows).tolist() == [True, True, False, False]


@pytest.mark.parametrize("seed", range(5))
def test_the_volume_is_what_counting_cells_gives(seed):
    """Guards the corner from which the area is measured."""
    rows = costs(seed, rows=6)
    reference = torch.tensor([9.0, 9.0]).double()
    corners = torch.cartesian_prod(torch.arange(9), torch.arange(9)).double()  # each the lower left of a cell
    beaten = (rows[:, None] <= corners[None]).all(-1).any(0)
    assert hypervolume(rows, reference) == beaten.sum()


def test_what_lies_beyond_the_reference_conquers_nothing():
    assert hypervolume(torch.tensor([[2.0, 0.5]]), torch.tensor([1.0, 1.0])) == 0
