"""Columns of PostgreSQL's own catalog that hold what other columns hold, or what other people asked for."""

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
_COLUMNS = {name: frozenset(columns.split()) for name, columns in _HOLD_VALUES.items()}
_NONE: frozenset[str] = frozenset()
_STATEMENTS = frozenset(["query"])


def opaque_columns(schema: str, name: str) -> frozenset[str]:
    """Return the columns of a system relation, or of pg_stat_statements, whose values may be anybody's data."""
    if schema == "pg_catalog":
        return _COLUMNS.get(name, _NONE)
    return _STATEMENTS if name.startswith("pg_stat_statements") else _NONE
