"""Indices of a clustering, from the points alone (internal) or beside their classes (external).

Hubert and Arabie 1985, doi:10.1007/BF01908075; Arbelaitz et al. 2013, doi:10.1016/j.patcog.2012.07.021.
"""

import math
from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.metrics.silhouette import silhouettes
from dltui.engine.pictures.clusters import clusters_picture
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Table

TAKES = ("table",)
METRICS = {
    "ari": Metric("adjusted Rand index of the clustering shown", better="higher", range=(-1, 1)),
    "rand": Metric("Rand index of the clustering shown", better="higher", range=(0, 1), axis="ari"),
    "purity": Metric("share of the points in the main class of their cluster", better="higher", range=(0, 1)),
    "silhouette": Metric("mean silhouette of the clustering shown", better="higher", range=(-1, 1)),
    "random_ari": Metric("mean adjusted Rand index of random labels, up to this step", range=(-1, 1)),
    "random_rand": Metric("mean Rand index of random labels, up to this step", range=(0, 1), axis="random_ari"),
    "cases": Metric("random clusterings compared with scikit-learn", counter=True),
    "error": Metric(
        "greatest distance from scikit-learn's indices, a share of those above 1", better="lower", check=True
    ),
}
SHARES = (0.1, 0.3, 0.6, 1.0)  # of the points, whose labels are drawn at random
SPLITS = (2, 4)  # pieces into which each class is cut, before each point is alone
CASES = 4  # random labellings a step
CLUSTERS = (2, 11)  # of random labellings, the upper end not included
STRIDE = 1_000_003  # a prime: seeds and cases do not meet
COLOURS = 8  # of more clusters some share one


def build(*, corrected: bool = True) -> Callable[[Context], "ClusterMetrics"]:
    """Each step spoils the true clustering in another way, and compares indices of random labels with scikit-learn.

    corrected: whether the adjusted Rand index takes away what chance gives; false shows what goes wrong without.
    """

    def begin(context: Context) -> ClusterMetrics:
        points, classes = context.rows.labelled().points()
        return ClusterMetrics(points, classes, corrected, context.seed)

    return begin


# -- external: clusters beside classes ---------------------------------------------------------------------------------


class Agreement:
    """Classes (N,) and clusters (N,), whole numbers from 0: how far they agree."""

    def __init__(self, classes: Tensor, clusters: Tensor, *, corrected: bool = True):
        self.corrected = corrected
        shape = int(classes.max()) + 1, int(clusters.max()) + 1
        table = torch.bincount(classes * shape[1] + clusters, minlength=math.prod(shape)).view(shape)
        self.n_ij = table[table.sum(1) > 0][:, table.sum(0) > 0].double()  # (classes, clusters)
        self.N = len(classes)
        self.pairs = self.N * (self.N - 1) / 2
        in_class, in_cluster = (_pairs(self.n_ij.sum(dim)) for dim in (1, 0))
        self.TP = _pairs(self.n_ij)  # pairs in one class and in one cluster
        self.FP, self.FN = in_cluster - self.TP, in_class - self.TP
        self.TN = self.pairs - self.TP - self.FP - self.FN

    def rand(self) -> float:
        """Share of the pairs on which both agree."""
        return (self.TP + self.TN) / self.pairs

    def ari(self) -> float:
        """(TP - E) / (M - E): E true pairs by chance, M at most (Hubert and Arabie 1985)."""
        in_class, in_cluster = self.TP + self.FN, self.TP + self.FP
        E, M = in_class * in_cluster / self.pairs, (in_class + in_cluster) / 2
        if not self.corrected:
            return self.rand()
        return (self.TP - E) / (M - E) if M > E else 1.0

    def jaccard(self) -> float:
        """TP / (TP + FP + FN)."""
        return _ratio(self.TP, self.TP + self.FP + self.FN)

    def fowlkes_mallows(self) -> float:
        """Geometric mean of precision and recall over pairs."""
        return _ratio(self.TP, math.sqrt((self.TP + self.FP) * (self.TP + self.FN)), 0.0)

    def hubert(self) -> float:
        """Hubert's gamma, normalised: the correlation of "in one class" and "in one cluster", which phi is too."""
        TP, FP, FN, TN = self.TP, self.FP, self.FN, self.TN
        return _ratio(TP * TN - FP * FN, math.sqrt((TP + FP) * (TP + FN) * (TN + FP) * (TN + FN)))

    def minkowski(self) -> float:
        """sqrt(FP + FN) / sqrt(TP + FN)."""
        return _ratio(math.sqrt(self.FP + self.FN), math.sqrt(self.TP + self.FN))

    def purity(self) -> float:
        """Share of the points in the class that most points of their cluster have; Goodman-Kruskal's is 1 - purity."""
        return self.n_ij.amax(0).sum().item() / self.N

    def information(self) -> float:
        """Variation of information in bits: H(class) + H(cluster) - 2 I."""
        H_class, H_cluster, both = (_entropy(n / self.N) for n in (self.n_ij.sum(1), self.n_ij.sum(0), self.n_ij))
        return 2 * both - H_class - H_cluster

    def nmi(self) -> float:
        """Mutual information over the mean of both entropies; 1 where neither has any."""
        H_class, H_cluster, both = (_entropy(n / self.N) for n in (self.n_ij.sum(1), self.n_ij.sum(0), self.n_ij))
        return _ratio(H_class + H_cluster - both, (H_class + H_cluster) / 2, 1.0)


def _pairs(counts: Tensor) -> float:
    return (counts * (counts - 1) / 2).sum().item()


def _entropy(p: Tensor) -> float:
    """Bits."""
    return -torch.special.xlogy(p, p).sum().item() / math.log(2)


def _ratio(over: float, under: float, otherwise: float = math.nan) -> float:
    return over / under if under else otherwise


# -- internal: clusters of points --------------------------------------------------------------------------------------


class Partition:
    """Points x (N, D) in K clusters (N,). An index that K = 1 or single points do not have is NaN."""

    def __init__(self, x: Tensor, clusters: Tensor):
        self.x, self.labels = x.double(), clusters.unique(return_inverse=True)[1]
        self.N, self.K = len(x), int(self.labels.max()) + 1
        U = torch.nn.functional.one_hot(self.labels, self.K).double()  # (N, K)
        self.U, self.n = U, U.sum(0)
        self.c = U.T @ self.x / self.n[:, None]  # (K, D)
        self.own = (self.x - self.c[self.labels]).norm(dim=1)  # (N,)
        self.to_mean = (self.c - self.x.mean(0)).norm(dim=1)  # (K,)
        exact = "donot_use_mm_for_euclid_dist"
        self.d = torch.cdist(self.x, self.x, compute_mode=exact)  # (N, N)
        self.cc = torch.cdist(self.c, self.c, compute_mode=exact).fill_diagonal_(torch.inf)  # (K, K)
        self.together = self.labels[:, None] == self.labels
        self.several = 1 < self.K < self.N

    @cached_property
    def pairs(self) -> tuple[Tensor, Tensor]:
        """Distances of the pairs i < j within a cluster, and between clusters, each sorted."""
        upper = torch.ones_like(self.together).triu(1)
        return self.d[upper & self.together].sort()[0], self.d[upper & ~self.together].sort()[0]

    def _means(self, of: Tensor) -> Tensor:
        """of (N,) -> its mean in each cluster (K,)."""
        return self.U.T @ of / self.n

    def cohesion(self) -> float:
        """Squared distances of the points to their own centres, summed."""
        return self.own.square().sum().item()

    def separation(self) -> float:
        """Squared distances of the centres to the mean of all, each times the points of its cluster, summed."""
        return (self.n * self.to_mean.square()).sum().item()

    def silhouette(self) -> float:
        """Mean of (b - a) / max(a, b), a and b the mean distances to the own and to the next cluster; 0 if alone."""
        return silhouettes(self.x, self.labels).mean().item() if self.K > 1 else 0.0

    def calinski_harabasz(self) -> float:
        """Separation over cohesion, each over its degrees of freedom."""
        if not self.several:
            return math.nan
        return _ratio(self.separation() / (self.K - 1), self.cohesion() / (self.N - self.K))

    def davies_bouldin(self) -> float:
        """Mean over clusters of the greatest (S_i + S_j) / |c_i - c_j|, S the mean distance to the centre."""
        S = self._means(self.own)
        return ((S[:, None] + S) / self.cc).amax(1).mean().item() if self.several else math.nan

    def dunn(self) -> float:
        """Least distance between clusters over the greatest within one."""
        within, between = self.pairs
        return (between[0] / within[-1]).item() if self.several else math.nan

    def c_index(self) -> float:
        """(S - S_min) / (S_max - S_min): S the distances within clusters, beside as many of the least and greatest."""
        within, every = self.pairs[0], torch.cat(self.pairs).sort()[0]
        count = len(within)
        least, most = every[:count].sum(), every[len(every) - count :].sum()
        return ((within.sum() - least) / (most - least)).item() if self.several else math.nan

    def gamma(self) -> float:
        """(s+ - s-) / (s+ + s-): pairs within a cluster nearer, or farther, than pairs between (Baker, Hubert 1975)."""
        if not self.several:
            return math.nan
        within, between = self.pairs
        nearer = len(between) - torch.searchsorted(between, within, right=True)
        farther = torch.searchsorted(between, within)
        return ((nearer - farther).sum() / (nearer + farther).sum()).item()

    def cop(self) -> float:
        """Distance to the own centre, over that of the nearest point outside to the farthest inside, weighted."""
        if self.K == 1:
            return math.nan
        farthest = torch.stack([self.d[:, self.labels == k].amax(1) for k in range(self.K)], 1)  # (N, K)
        outside = farthest.masked_fill(self.U.bool(), torch.inf).amin(0)
        return (self.n * self._means(self.own) / outside).sum().item() / self.N

    def s_dbw(self) -> float:
        """Scatter within, and density half way between two centres beside that at them (Halkidi, Vazirgiannis 2001)."""
        if self.K == 1:
            return math.nan
        variances = self.U.T @ (self.x - self.c[self.labels]).square() / self.n[:, None]  # (K, D)
        norms = variances.norm(dim=1)  # (K,)
        radius, scatter = norms.sum().sqrt() / self.K, norms.mean() / self.x.var(0, correction=0).norm()
        at_centres = (torch.cdist(self.c, self.x) <= radius).double() @ self.U  # (K, K) points of j near centre i
        ends = at_centres.diag()[:, None] + at_centres
        middles = torch.zeros_like(ends)
        for i in range(self.K):
            near = (torch.cdist((self.c + self.c[i]) / 2, self.x) <= radius).double()  # (K, N)
            middles[i] = near @ self.U[:, i] + (near * self.U.T).sum(1)
        density = (middles / torch.maximum(ends, ends.T).clamp(min=1)).fill_diagonal_(0)
        return (scatter + density.sum() / (self.K * (self.K - 1))).item()

    def cs(self) -> float:
        """Mean distance to the farthest point of the own cluster, over that of the centres to the nearest other one."""
        farthest = self.d.where(self.together, 0.0).amax(1)
        return (self._means(farthest).sum() / self.cc.amin(1).sum()).item() if self.several else math.nan

    def score_function(self) -> float:
        """1 - 1 / exp(exp(bcd - wcd)): centres from the mean of all, points from their centres (Saitta et al. 2007)."""
        between = (self.n * self.to_mean).sum() / (self.N * self.K)
        within = self._means(self.own).sum()
        return 1 - math.exp(-math.exp(between - within))


# -- the walkthrough ---------------------------------------------------------------------------------------------------

# name in the table -> the index; the true clustering tells which way is better
EXTERNAL = {
    "Rand": Agreement.rand,
    "adj. Rand": Agreement.ari,
    "Jaccard": Agreement.jaccard,
    "Fowlkes-Mallows": Agreement.fowlkes_mallows,
    "Hubert, phi": Agreement.hubert,
    "Minkowski": Agreement.minkowski,
    "purity": Agreement.purity,
    "variation of information": Agreement.information,
    "NMI": Agreement.nmi,
}
INTERNAL = {
    "silhouette": Partition.silhouette,
    "Calinski-Harabasz": Partition.calinski_harabasz,
    "Davies-Bouldin": Partition.davies_bouldin,
    "Dunn": Partition.dunn,
    "cohesion": Partition.cohesion,
    "separation": Partition.separation,
    "C": Partition.c_index,
    "gamma": Partition.gamma,
    "COP": Partition.cop,
    "S_Dbw": Partition.s_dbw,
    "CS": Partition.cs,
    "score function": Partition.score_function,
}


def distance(x: Tensor, classes: Tensor, clusters: Tensor, *, corrected: bool = True) -> float:
    """Returns the greatest distance from scikit-learn's indices of these clusters (N,); of those above 1 the share."""
    from sklearn import metrics as theirs  # 1.8 s

    agreement = Agreement(classes, clusters, corrected=corrected)
    y, labels = classes.numpy(), clusters.numpy()
    pairs = [
        (agreement.rand(), theirs.rand_score(y, labels)),
        (agreement.ari(), theirs.adjusted_rand_score(y, labels)),
        (agreement.fowlkes_mallows(), theirs.fowlkes_mallows_score(y, labels)),
        (agreement.nmi(), theirs.normalized_mutual_info_score(y, labels)),
    ]
    partition = Partition(x, clusters)
    if partition.several:
        points = x.double().numpy()
        pairs += [
            (partition.silhouette(), theirs.silhouette_score(points, labels)),
            (partition.calinski_harabasz(), theirs.calinski_harabasz_score(points, labels)),
            (partition.davies_bouldin(), theirs.davies_bouldin_score(points, labels)),
        ]
    return max(abs(ours - other) / max(1.0, abs(other)) for ours, other in pairs)


def spoiled(classes: Tensor, random: torch.Generator) -> list[tuple[str, Tensor]]:
    """Classes (N,) -> (name, clusters (N,)): the classes themselves, then more and more random, merged, cut up."""
    N, K = len(classes), int(classes.max()) + 1
    order, drawn = torch.randperm(N, generator=random), torch.randint(K, (N,), generator=random)
    found = [("true", classes)]
    for share in SHARES:
        labels, some = classes.clone(), order[: round(share * N)]
        labels[some] = drawn[some]
        found.append(("random" if share == 1 else f"{share:.0%} random", labels))
    found += [(f"{last} merged" if last < K else "one", (classes - last + 1).clamp(min=0)) for last in range(2, K + 1)]
    for pieces in SPLITS:
        labels = torch.zeros_like(classes)
        for k in range(K):
            mine = (classes == k).nonzero()[:, 0]
            labels[mine] = k * pieces + torch.arange(len(mine)) * pieces // max(1, len(mine))
        found.append((f"{pieces} a class", labels))
    return [*found, ("single", torch.arange(N))]


class ClusterMetrics:
    """A walkthrough of clusterings of points x (N, D), from the true one to a cluster for each point."""

    KEPT = ("true", "random", "one", "single")  # that have a column of their own once they have been shown

    def __init__(self, x: Tensor, classes: Tensor, corrected: bool, seed: int):
        self.x, self.classes, self.corrected, self.seed = x, classes, corrected, seed
        self.stages = spoiled(classes, torch.Generator().manual_seed(STRIDE + seed))
        self.length = len(self.stages) - 1
        self.plane = torch.eye(x.shape[1], 2).double() if x.shape[1] <= 2 else torch.pca_lowrank(x, 2)[2]  # (D, 2)
        self.compared: list[tuple[float, float, float]] = []  # adjusted Rand, Rand, distance of each random labelling
        self.columns: dict[str, list[float]] = {}  # of each clustering shown so far
        self.distances: list[float] = []

    def at(self, step: int) -> Moment:
        """Indices of a clustering, and of the random labellings compared by then."""
        while len(self.compared) < CASES * (step + 1):
            self.compared.append(self._compared(len(self.compared)))
        for name, clusters in self.stages[len(self.columns) : step + 1]:
            self.columns[name] = self._indices(clusters)
            self.distances.append(distance(self.x, self.classes, clusters, corrected=self.corrected))
        name, clusters = self.stages[step]
        agreement, cases = self._agreement(clusters), self.compared[: CASES * (step + 1)]
        metrics = {
            "ari": agreement.ari(),
            "rand": agreement.rand(),
            "purity": agreement.purity(),
            "silhouette": self.columns[name][len(EXTERNAL)],
            "random_ari": sum(case[0] for case in cases) / len(cases),
            "random_rand": sum(case[1] for case in cases) / len(cases),
            "cases": float(len(cases)),
            "error": max(*self.distances[: step + 1], *(case[2] for case in cases)),
        }
        picture = clusters_picture(self.x @ self.plane, clusters % COLOURS)
        return Moment(metrics, [Picture("indices", self._table(step)), Picture("points", picture)])

    def _agreement(self, clusters: Tensor) -> Agreement:
        return Agreement(self.classes, clusters, corrected=self.corrected)

    def _compared(self, case: int) -> tuple[float, float, float]:
        """Random labels of random numbers of clusters, which know nothing of the points."""
        random = torch.Generator().manual_seed(self.seed * STRIDE + case)
        K = int(torch.randint(*CLUSTERS, (), generator=random))
        clusters = torch.randint(K, (len(self.x),), generator=random)
        agreement = self._agreement(clusters)
        off = distance(self.x, self.classes, clusters, corrected=self.corrected)
        return agreement.ari(), agreement.rand(), off

    def _indices(self, clusters: Tensor) -> list[float]:
        agreement, partition = self._agreement(clusters), Partition(self.x, clusters)
        external = [index(agreement) for index in EXTERNAL.values()]
        return external + [index(partition) for index in INTERNAL.values()]

    def _table(self, step: int) -> Table:
        """A row an index, a column a clustering: those that are kept, and the one of now."""
        now = self.stages[step][0]
        names = [name for name in self.KEPT if name in [stage for stage, _ in self.stages[: step + 1]]]
        names += [now] if now not in names else []
        columns = ([_short(value) for value in self.columns[name]] for name in names)
        return Table(columns=["index", *names], rows=list(map(list, zip(EXTERNAL | INTERNAL, *columns, strict=True))))


def _short(value: float) -> str:
    """Few characters, so that four columns have room beside the names."""
    return "" if math.isnan(value) else f"{round(value, 2) + 0.0:.2f}" if abs(value) < 100 else f"{value:.0f}"
