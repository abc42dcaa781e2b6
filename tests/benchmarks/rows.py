"""One row of the table: a piece of work, measured several times, each time together with its floor."""

from statistics import median
from typing import List, NamedTuple, Optional


class Row(NamedTuple):
    """A row; ``ours`` and ``floor`` hold one sample a pair, in the row's unit."""

    work: str
    unit: str
    ours: List[float]
    floor: List[float]
    bound: Optional[float] = None
    bounds_ratio: bool = True
    """Whether the bound is for the ratio; if not, it is for our own samples."""
    words: Optional[int] = None
    """The size of the response, for rows that the picture of cost against size shows."""

    @property
    def ratios(self) -> List[float]:
        """Ours over the floor, pair by pair."""
        return [ours / floor for ours, floor in zip(self.ours, self.floor)]

    @property
    def verdict(self) -> str:
        """Whether the median is within the bound."""
        if self.bound is None:
            return ""
        return "ok" if median(self.ratios if self.bounds_ratio else self.ours) <= self.bound else "over"
