"""dltui: learn and try deep learning in a terminal."""

__version__ = "0.1.0"
