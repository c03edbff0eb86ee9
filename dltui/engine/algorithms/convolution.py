"""Convolution as deep learning means it (no kernel is turned around), by its definition: windows, products, sums."""

from torch import Tensor


def output_size(i: int, k: int, p: int = 0, s: int = 1, d: int = 1) -> int:
    """Returns floor((i - k' + 2 p) / s) + 1, where a kernel of k with dilation d covers k' = d (k - 1) + 1.

    i, k, p: cells of input, kernel and padding, s: stride. 0 where the kernel has no place.
    """
    return max(0, (i - (d * (k - 1) + 1) + 2 * p) // s + 1)


def padded(x: Tensor, p: int) -> Tensor:
    """x (H, W) -> (H + 2 p, W + 2 p), zeros around."""
    H, W = x.shape
    wide = x.new_zeros(H + 2 * p, W + 2 * p)
    wide[p : p + H, p : p + W] = x
    return wide


def covered(row: int, column: int, shape: tuple[int, int], s: int = 1, d: int = 1) -> list[tuple[int, int]]:
    """Returns the cells of the padded input that the output at (row, column) sees, in the order of the kernel's cells.

    shape: rows and columns of the kernel.
    """
    return [(row * s + y * d, column * s + x * d) for y in range(shape[0]) for x in range(shape[1])]


def convolve(x: Tensor, kernel: Tensor, p: int = 0, s: int = 1, d: int = 1) -> Tensor:
    """x (H, W), kernel (K, L) -> (H', W') with the sizes of `output_size`; every value a sum of K L products."""
    (H, W), (K, L) = x.shape, kernel.shape
    wide = padded(x, p)
    out = x.new_zeros(output_size(H, K, p, s, d), output_size(W, L, p, s, d))
    for y in range(K):  # a product of all windows at once
        for z in range(L):
            out += kernel[y, z] * wide[y * d :: s, z * d :: s][: out.shape[0], : out.shape[1]]
    return out


def spread(x: Tensor, s: int, border: int) -> Tensor:
    """x (H, W) -> x with s - 1 zeros between its values and `border` zeros around: (s (H - 1) + 1 + 2 border, ...).

    Convolving this with a kernel of k is a transposed convolution of stride s and padding k - 1 - border.
    """
    H, W = x.shape
    wide = x.new_zeros(s * (H - 1) + 1 + 2 * border, s * (W - 1) + 1 + 2 * border)
    wide[border : border + s * (H - 1) + 1 : s, border : border + s * (W - 1) + 1 : s] = x
    return wide
