#!/usr/bin/env python3
"""Clusterings and embeddings on 10,000 rows: seconds of our steps, without what is drawn and measured, against those of
scikit-learn's.

    python tests/bench/algorithms.py [--rows 10000] [--limit 120] [NAME ...]

Each is a process of its own on one thread; seconds are those of CPU. What refuses so many rows says why, and it stands
in the table in words; what is not through after `--limit` seconds is ended.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from dltui.engine.contracts import kinds
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context
from dltui.errors import DltuiError
from dltui.recipes.recipe import Section

GOAL = 3.0  # times scikit-learn's seconds
K = 8
ROUND = {"shape": "round", "groups": K, "spread": 0.12}
RINGS = {"shape": "rings", "spread": 0.05}
MOST_STEPS = 2000


def theirs() -> dict[str, tuple[dict, dict, Callable[[np.ndarray], object]]]:
    """Name of an algorithm -> its options, those of the points, and what scikit-learn does of the same kind."""
    from sklearn import cluster, decomposition, manifold, mixture

    return {
        "kmeans": ({"k": K}, ROUND, cluster.KMeans(K, n_init=1).fit),
        "gmm": ({"k": K}, ROUND, mixture.GaussianMixture(K, tol=1e-9, max_iter=500).fit),
        "meanshift": ({"radius": 0.4}, ROUND, cluster.MeanShift(bandwidth=0.4, bin_seeding=True).fit),
        "dbscan": ({"eps": 0.1}, ROUND, cluster.DBSCAN(eps=0.1).fit),
        "hac": ({}, ROUND, cluster.AgglomerativeClustering(K, linkage="average").fit),
        "spectral": ({"k": 2}, RINGS, cluster.SpectralClustering(2, affinity="nearest_neighbors").fit),
        "pca": ({}, ROUND, decomposition.PCA().fit),
        "kernel_pca": ({}, RINGS, decomposition.KernelPCA(2, kernel="rbf").fit),
        "mds": ({}, ROUND, manifold.MDS(n_init=1, init="random").fit),
        "tsne": ({}, ROUND, manifold.TSNE().fit),
    }


def measured(name: str, rows: int) -> str:
    """Returns a line of the table."""
    torch.set_num_threads(1)
    options, points, fit = theirs()[name]
    data = kinds.built("data", Section("clouds", {**points, "rows": rows})).builtin()
    x = Rows(data, torch.device("cpu")).points()[0].numpy()
    begun = time.process_time()
    fit(x)
    their_seconds = time.process_time() - begun
    begun = time.process_time()
    try:
        algorithm = kinds.made(
            "algorithm", Section(name, options), Context(Rows(data, torch.device("cpu")), {}, torch.device("cpu"), 0)
        )
        steps = 0
        if hasattr(algorithm, "length"):
            algorithm.at(algorithm.length)
        while not getattr(algorithm, "done", True) and steps < MOST_STEPS:
            algorithm.step()
            steps += 1
    except DltuiError as error:
        return f"{name:12} {'':9} {their_seconds:9.2f} {'':6}  refused: {error.message} {error.hint}"
    ours = time.process_time() - begun
    ratio = ours / their_seconds
    return f"{name:12} {ours:9.2f} {their_seconds:9.2f} {ratio:6.1f}{' !' * (ratio > GOAL)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--limit", type=float, default=120.0)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(measured(given.names[0], given.rows))
        return
    print(f"{given.rows:,} rows in the plane; at most {GOAL:g} times scikit-learn's seconds, or refused in words")
    print(f"{'':12} {'ours':>9} {'theirs':>9} {'ratio':>6}", flush=True)
    for name in given.names or theirs():
        command = [sys.executable, __file__, name, "--one", "--rows", str(given.rows)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=given.limit, check=False)
            print(done.stdout.rstrip() or f"{name:12} {done.stderr.strip().splitlines()[-1]}", flush=True)
        except subprocess.TimeoutExpired:
            print(f"{name:12} not through after {given.limit:g} s", flush=True)


if __name__ == "__main__":
    main()
