"""The operations of a worker that decodes pictures."""

from .comparison import compare
from .images import MEMORY, inspect, pixels, vectorize

__all__ = ["MEMORY", "compare", "inspect", "pixels", "vectorize"]
