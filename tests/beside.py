"""Beside: a second connection to a warehouse's file, for tests that look into it or spoil it."""

import duckdb

from tables.warehouse import Warehouse


def connection_beside(warehouse: Warehouse) -> duckdb.DuckDBPyConnection:
    """Return one that sees what is committed. Close it."""
    return warehouse._file.connection.cursor()  # noqa: SLF001  (the program itself has one connection)
