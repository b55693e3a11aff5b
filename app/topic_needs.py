"""Topic needs: which settings of a topic counts and tokens rest on, compared with those that it has; pure.

Only these are compared. Everything else (segment sizes, cleaner ratios, replication, compression) is an operator's.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

KEPT_FOR_EVER = -1


class Need(NamedTuple):
    """How a setting is compared, and why it matters."""

    fits: Callable[[str, str], bool]
    """Takes the value found and the one that is wanted."""
    bound: str
    """Stands before the wanted value."""
    why: str


def _same(found: str, wanted: str) -> bool:
    return found == wanted


def _at_least(found: str, wanted: str) -> bool:
    return int(found) >= int(wanted)


def _kept(found: str, wanted: str) -> bool:
    return int(found) == KEPT_FOR_EVER or (int(wanted) != KEPT_FOR_EVER and int(found) >= int(wanted))


NEEDS = {
    "cleanup.policy": Need(_same, "", "another one deletes records that counts or tokens rest on"),
    "min.compaction.lag.ms": Need(_at_least, "at least ", "servers would miss counts that compaction removes too early"),
    "retention.ms": Need(_kept, "-1 or at least ", "records would be deleted too early"),
    "retention.bytes": Need(_kept, "-1 or at least ", "records would be deleted too early"),
    "message.timestamp.type": Need(_same, "", "retention and compaction would go by the clocks of workers"),
    "max.message.bytes": Need(_at_least, "at least ", "a batch of counts would not fit"),
}


def unmet(wanted: Mapping[str, str], names: Iterable[str], found: Mapping[str, str]) -> list[str]:
    """Return for each setting in *names* that does not fit, what it is, what it must be, and why."""
    return [f"{name}={found[name]}, it must be {_bound(name, wanted[name])}: {NEEDS[name].why}" for name in _unmet(wanted, names, found)]


def mend(wanted: Mapping[str, str], names: Iterable[str], found: Mapping[str, str]) -> str:
    """Return the settings that mend what does not fit, in the form that `kafka-configs.sh --add-config` takes."""
    return ",".join(f"{name}={wanted[name]}" for name in _unmet(wanted, names, found))


def _unmet(wanted: Mapping[str, str], names: Iterable[str], found: Mapping[str, str]) -> list[str]:
    return [name for name in sorted(names) if name in found and not NEEDS[name].fits(found[name], wanted[name])]


def _bound(name: str, wanted: str) -> str:
    return wanted if wanted == str(KEPT_FOR_EVER) else NEEDS[name].bound + wanted
