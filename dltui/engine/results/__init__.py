"""Results: what algorithms of a kind have in common, measured and drawn once. An algorithm's RESULT names the file.

    labels     clustering: which cluster each row belongs to
    embedding  dimension reduction: rows as points of a plane
    ranking    feature selection by measures of single columns: columns from the best to the worst
    subset     feature selection by sets of columns: which columns are kept

To add an algorithm write one file, algorithms/<kind>.py, and a recipe with `[algorithm] kind = "<kind>"`. The file says
`RESULT = "<file of this folder>"`, and METRICS for what only this algorithm measures. Its `build(**options)` returns a
function from a context to a Process (contracts/algorithm.py) that also has what the result's protocol names: Labels,
Embedding, Ranking or Subset. It needs no `pictures()`, and no `evaluate()` where it measures nothing of its own.
algorithms/dbscan.py is a short example.
"""
