"""What compares each row with each refuses thousands of them before it starts."""

import pytest
import torch

from dltui.engine.algorithms import diana, graph_clustering, hac, mds, sne, spectral, tsne
from dltui.engine.contracts.row_limit import refuse_more
from dltui.errors import DltuiError, ExitStatus
from tests.engine.conftest import built


def test_it_says_what_it_would_need_and_what_takes_more():
    refuse_more(2000, 2000, "It", "algorithm.kind=kmeans")
    with pytest.raises(DltuiError, match=r"It of 10,000 rows .* takes 1\.5 GiB .* at most 2,000") as error:
        refuse_more(10_000, 2000, "It", "algorithm.kind=kmeans", matrices=2)
    assert error.value.status == ExitStatus.USAGE
    assert "data.rows=2000" in error.value.hint and "algorithm.kind=kmeans" in error.value.hint


@pytest.mark.parametrize("module", [hac, diana, tsne, sne, mds, spectral, graph_clustering])
def test_ten_thousand_rows_are_refused(module):
    with pytest.raises(DltuiError, match="at most"):
        built(module, torch.zeros(10_000, 2))
