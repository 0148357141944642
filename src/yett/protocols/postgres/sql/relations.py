"""System tables and views that show other people's statements, credentials or the contents of columns."""

_SENSITIVE_WORDS = (
    # Other sessions, and what they run, lock or prepare. (pg_cursors and pg_prepared_statements show only one's own.)
    "pg_stat_activity pg_stat_gssapi pg_stat_ssl pg_stat_replication pg_stat_replication_slots pg_stat_wal_receiver"
    " pg_stat_subscription pg_locks pg_prepared_xacts pg_stat_progress_analyze pg_stat_progress_basebackup"
    " pg_stat_progress_cluster pg_stat_progress_copy pg_stat_progress_create_index pg_stat_progress_vacuum"
    " pg_stat_statements pg_stat_statements_info pg_backend_memory_contexts pg_shmem_allocations"
    " pg_shmem_allocations_numa pg_aios"
    # Values out of columns: most common values, histograms, large objects, expressions of statistics.
    " pg_statistic pg_statistic_ext_data pg_stats pg_stats_ext pg_stats_ext_exprs pg_largeobject"
    # Credentials and who may come in.
    " pg_authid pg_shadow pg_user_mapping pg_user_mappings pg_subscription pg_hba_file_rules pg_ident_file_mappings"
    " user_mapping_options user_mappings _pg_user_mappings"
    # The server's files, configuration and replication.
    " pg_file_settings pg_config pg_replication_slots pg_replication_origin_status pg_stat_archiver"
)
SENSITIVE_RELATIONS = frozenset(_SENSITIVE_WORDS.split())

# What these say of a session is how its connection is encrypted; whose it is stands in their other columns.
_HARMLESS_COLUMNS = {
    "pg_stat_gssapi": frozenset(["pid", "gss_authenticated", "encrypted", "credentials_delegated"]),
    "pg_stat_ssl": frozenset(["pid", "ssl", "version", "cipher", "bits"]),
}
_NO_COLUMNS: frozenset[str] = frozenset()


def harmless_columns(schema: str, name: str) -> frozenset[str]:
    """Return the columns of a sensitive relation that may be read like any other's."""
    return _HARMLESS_COLUMNS.get(name, _NO_COLUMNS) if schema == "pg_catalog" else _NO_COLUMNS


def is_sensitive(schema: str, name: str) -> bool:
    """Say whether reading this resolved relation is ADMINISTER on it rather than READ.

    The system's own by schema; `pg_stat_statements` by name, wherever its extension was installed.
    """
    if name.startswith("pg_stat_statements"):
        return True
    return schema in ("pg_catalog", "information_schema") and name in SENSITIVE_RELATIONS
