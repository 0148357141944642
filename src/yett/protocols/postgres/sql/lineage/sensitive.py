"""Columns and functions of PostgreSQL's own that show what other columns hold, what others asked for, or what it cost.

How much a change wrote to the write-ahead log says which letters of a value it left as they were, and a counter says
whether an index had to follow, or in which partition a row was found.
"""

_HOLD_VALUES = {
    "pg_statistic": "stavalues1 stavalues2 stavalues3 stavalues4 stavalues5",
    "pg_statistic_ext_data": "stxdndistinct stxddependencies stxdmcv stxdexpr",
    "pg_stats": "most_common_vals histogram_bounds most_common_elems range_bounds_histogram",
    "pg_stats_ext": "most_common_vals",
    "pg_stats_ext_exprs": "most_common_vals histogram_bounds most_common_elems",
    "pg_largeobject": "data",
    "pg_stat_activity": "query",
    "pg_prepared_statements": "statement",
    "pg_cursors": "statement",
}
_UPDATED = "n_tup_hot_upd n_tup_newpage_upd"
_FOUND = "seq_scan seq_tup_read idx_scan idx_tup_fetch n_tup_ins n_tup_upd n_tup_del"
_COUNT = {
    "pg_stat_wal": "wal_records wal_fpi wal_bytes wal_buffers_full",
    **{f"pg_stat_{whose}_tables": _UPDATED for whose in ("all", "sys", "user")},
    **{f"pg_stat_xact_{whose}_tables": f"{_FOUND} {_UPDATED}" for whose in ("all", "sys", "user")},
}
_COUNTING = frozenset(
    [
        *("pg_current_wal_lsn", "pg_current_wal_insert_lsn", "pg_current_wal_flush_lsn", "pg_stat_get_wal"),
        *("pg_stat_get_tuples_hot_updated", "pg_stat_get_tuples_newpage_updated", "pg_control_checkpoint"),
    ]
)
_COLUMNS = {name: frozenset(columns.split()) for name, columns in (_HOLD_VALUES | _COUNT).items()}
_NONE: frozenset[str] = frozenset()
_STATEMENTS = frozenset(["query", "wal_records", "wal_fpi", "wal_bytes"])


def counts(function: str) -> bool:
    """Say whether PostgreSQL's own function shows what changes cost, or where rows were found."""
    return function in _COUNTING or function.startswith("pg_stat_get_xact_")


def opaque_columns(schema: str, name: str) -> frozenset[str]:
    """Return the columns of a system relation, or of pg_stat_statements, whose values may be anybody's data."""
    if schema == "pg_catalog":
        return _COLUMNS.get(name, _NONE)
    return _STATEMENTS if name.startswith("pg_stat_statements") else _NONE
