"""Columns and functions of PostgreSQL's own that show what other columns hold, what others asked for, or what it cost.

How much a change wrote to the write-ahead log says which letters of a value it left as they were, and a counter says
whether an index had to follow, or in which partition a row was found. What was read of a long value kept apart, and
what did not fit into memory, says which branch of a CASE was computed. The tables of long values are among those that
the views of `all` and `sys` tables show, so these show fewer counters than those of `user` tables do.
"""

_HOLD_VALUES = {
    "pg_statistic": "stavalues1 stavalues2 stavalues3 stavalues4 stavalues5",
    "pg_statistic_ext_data": "stxdndistinct stxddependencies stxdmcv stxdexpr",
    "pg_stats": (
        "most_common_vals histogram_bounds most_common_elems elem_count_histogram range_bounds_histogram"
        " range_length_histogram"
    ),
    "pg_stats_ext": "most_common_vals",
    "pg_stats_ext_exprs": "most_common_vals histogram_bounds most_common_elems",
    "pg_largeobject": "data",
    "pg_stat_activity": "query",
    "pg_prepared_statements": "statement",
    "pg_cursors": "statement",
}
_UPDATED = "n_tup_hot_upd n_tup_newpage_upd"
_SCANNED = "seq_scan last_seq_scan seq_tup_read idx_scan last_idx_scan idx_tup_fetch"
_SCANNED_INDEX = "idx_scan last_idx_scan idx_tup_read idx_tup_fetch"
_FOUND = f"{_SCANNED} n_tup_ins n_tup_upd n_tup_del"
_INDEX_BLOCKS = "idx_blks_read idx_blks_hit"
_BLOCKS = f"{_INDEX_BLOCKS} toast_blks_read toast_blks_hit tidx_blks_read tidx_blks_hit"
_USED = "blks_read blks_hit tup_returned tup_fetched temp_files temp_bytes blk_read_time blk_write_time"
_INPUT_OUTPUT = (
    "reads read_bytes read_time writes write_bytes write_time writebacks writeback_time extends extend_bytes"
    " extend_time op_bytes hits evictions reuses fsyncs fsync_time"
)
_COUNT = {
    "pg_stat_wal": "wal_records wal_fpi wal_bytes wal_buffers_full",
    "pg_stat_database": _USED,
    "pg_stat_io": _INPUT_OUTPUT,
    "pg_stat_bgwriter": "buffers_alloc buffers_backend buffers_backend_fsync buffers_checkpoint buffers_clean",
    "pg_stat_checkpointer": "buffers_written slru_written",
    "pg_stat_slru": "blks_zeroed blks_hit blks_read blks_written blks_exists",
    "pg_stat_user_tables": _UPDATED,
    "pg_statio_user_tables": _BLOCKS,
    "pg_statio_user_indexes": _INDEX_BLOCKS,
    **{f"pg_stat_{whose}_tables": f"{_SCANNED} {_UPDATED}" for whose in ("all", "sys")},
    **{f"pg_stat_{whose}_indexes": _SCANNED_INDEX for whose in ("all", "sys")},
    **{f"pg_statio_{whose}_tables": f"heap_blks_read heap_blks_hit {_BLOCKS}" for whose in ("all", "sys")},
    **{f"pg_statio_{whose}_indexes": _INDEX_BLOCKS for whose in ("all", "sys")},
    **{f"pg_stat_xact_{whose}_tables": f"{_FOUND} {_UPDATED}" for whose in ("all", "sys", "user")},
}
_COUNTING = frozenset(
    [
        *("pg_current_wal_lsn", "pg_current_wal_insert_lsn", "pg_current_wal_flush_lsn", "pg_control_checkpoint"),
        *("pg_logical_emit_message", "pg_tablespace_size"),  # temporary files lie in a tablespace
    ]
)
# What PostgreSQL's own functions count, by a piece of their names: behind `pg_stat_get_`.
_COUNTED_PIECES = (
    *("xact_", "wal", "io", "backend_wal", "backend_io", "numscans", "lastscan", "tuples_returned", "tuples_fetched"),
    *("tuples_hot_updated", "tuples_newpage_updated", "blocks_", "db_blocks_", "db_tuples_returned"),
    *("db_tuples_fetched", "db_temp_", "db_blk_", "buf_", "bgwriter_buf_", "checkpointer_buffers_"),
    *("checkpointer_slru_", "slru"),
)
_DONE = ("hit", "read", "dirtied", "written")
_COLUMNS = {name: frozenset(columns.split()) for name, columns in (_HOLD_VALUES | _COUNT).items()}
_NONE: frozenset[str] = frozenset()
_BUFFERS = frozenset(f"{of}_blks_{what}" for of in ("shared", "local", "temp") for what in _DONE)
_STATEMENTS = frozenset(["query", "wal_records", "wal_fpi", "wal_bytes", "wal_buffers_full"]) | _BUFFERS


def counts(function: str) -> bool:
    """Say whether PostgreSQL's own function shows what changes cost, where rows were found, or what was read."""
    _, prefix, counted = function.partition("pg_stat_get_")
    return function in _COUNTING or (bool(prefix) and counted.startswith(_COUNTED_PIECES))


def opaque_columns(schema: str, name: str) -> frozenset[str]:
    """Return the columns of a system relation, or of pg_stat_statements, whose values may be anybody's data."""
    if schema == "pg_catalog":
        return _COLUMNS.get(name, _NONE)
    return _STATEMENTS if name.startswith("pg_stat_statements") else _NONE
