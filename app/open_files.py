"""Open files: a process may often have 1,024, and streams, RocksDB, DuckDB and Kafka's clients each need theirs."""

import resource


def allow_open_files() -> None:
    """Let this process open as many files as the machine lets it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
