"""May one more call be answered now?"""

import math
import time

from ._errors import Refused, too_many_requests


class RateLimit:
    """Lets through a number of calls a second, as many of them at once as one second allows, and at least one.

    :param rate: Calls a second; one third is the rate of the free tier.
    """

    def __init__(self, rate: float) -> None:
        if not 0 < rate < math.inf:
            raise ValueError("'rate' must be a positive number.")
        self._rate = rate
        self._most = max(1.0, rate)
        self._left = self._most
        self._seen = time.monotonic()

    def check(self) -> None:
        """Count one call.

        :raises Refused: If it is one too many.
        """
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._seen) * self._rate)
        self._seen = now
        if self._left < 1:
            seconds = math.ceil((1 - self._left) / self._rate)
            raise Refused(too_many_requests("S1" if self._rate >= 1 else "F0", seconds), retry_after=seconds)
        self._left -= 1
