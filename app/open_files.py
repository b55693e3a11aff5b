"""Open files: how many a process may have. Each connection is one, and RocksDB, DuckDB and Kafka's clients must not lack theirs."""

import logging
import resource
from contextlib import suppress

log = logging.getLogger(__name__)

OWN_FILES = 512
"""What a worker has open beside its server's connections, generously."""
FEW_CONNECTIONS = 64


def room_for(connections: int) -> int:
    """Raise this process's limit, as far as the system lets it, for so many *connections*; return how many there is room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + OWN_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        raised = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(ValueError, OSError):  # macOS has a second limit, of which it does not tell
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
            soft = raised
    room = connections if soft == resource.RLIM_INFINITY else min(connections, max(soft - OWN_FILES, FEW_CONNECTIONS))
    if room < connections:
        log.warning(
            "this process may have %s files open: the server takes %s connections, not %s; raise `ulimit -n`", soft, room, connections
        )
    return room
