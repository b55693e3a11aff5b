"""Beside: a connection to a warehouse's file that is not its writer's, as somebody else's would be who reads it meanwhile."""

import duckdb

from tables.warehouse import Warehouse


def connection_beside(warehouse: Warehouse) -> duckdb.DuckDBPyConnection:
    """Return one that sees what is committed. Close it."""
    return warehouse._file.connection.cursor()  # noqa: SLF001  (the program itself has one connection)
