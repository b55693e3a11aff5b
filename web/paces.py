"""Paces: how often each token may ask, as a bucket that fills with its requests per second and holds a second of them. Pure."""

from web.grants import Grant


class Paces:
    """The bucket of each token that has one, by its id."""

    def __init__(self) -> None:
        """Start with full buckets."""
        self._buckets: dict[str, tuple[float, float]] = {}
        """What was left, and when."""

    def wait(self, grant: Grant, now: float) -> float:
        """Let *grant* ask once at *now*, in seconds on a steady clock: return 0, or else for how many seconds it may not."""
        if grant.rps is None:
            return 0.0
        holds = max(grant.rps, 1.0)
        left, before = self._buckets.get(grant.id, (holds, now))
        left = min(holds, left + (now - before) * grant.rps)
        asks = left >= 1.0
        self._buckets[grant.id] = (left - asks, now)
        return 0.0 if asks else (1.0 - left) / grant.rps
