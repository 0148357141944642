"""What PostgreSQL's own functions do beside computing: write, read files, change settings, show other sessions."""

from dataclasses import dataclass
from functools import cache

from yett.core.targets import Effect
from yett.protocols.postgres.sql.catalog_names import (
    OPERATOR_WORDS,
    OTHER_FUNCTION_WORDS,
    PLAIN_FUNCTION_WORDS,
    TYPE_WORDS,
)
from yett.protocols.postgres.sql.refs import RefKind


@dataclass(frozen=True, slots=True)
class Act:
    """One effect of a builtin function.

    `argument` is the index of the argument that names the thing of kind `on`, -1 where none does. Where that argument
    is not a constant the effect is on the whole resource. `opaque` functions run SQL that they are given as text.
    """

    effect: Effect
    on: RefKind = RefKind.RESOURCE
    argument: int = -1
    opaque: bool = False


_SEQUENCE_READ = (Act(Effect.READ, RefKind.RELATION, 0),)
_SEQUENCE_WRITE = (Act(Effect.WRITE, RefKind.RELATION, 0),)
_LARGE_OBJECT_READ = (Act(Effect.READ, RefKind.LARGE_OBJECT, 0),)
_LARGE_OBJECT_WRITE = (Act(Effect.WRITE, RefKind.LARGE_OBJECT, 0),)
_ANY_LARGE_OBJECT_READ = (Act(Effect.READ, RefKind.LARGE_OBJECT),)
_ANY_LARGE_OBJECT_WRITE = (Act(Effect.WRITE, RefKind.LARGE_OBJECT),)
_FILE = (Act(Effect.ADMINISTER, RefKind.FILE, 0),)
_ADMINISTERS = (Act(Effect.ADMINISTER),)
_MAINTAINS = (Act(Effect.ADMINISTER, RefKind.RELATION, 0),)
_RUNS_TEXT = (Act(Effect.EXECUTE, opaque=True),)
_ITSELF = (Act(Effect.EXECUTE, RefKind.FUNCTION),)

_GROUPS: tuple[tuple[tuple[Act, ...], str], ...] = (
    (_SEQUENCE_WRITE, "nextval setval"),
    (_SEQUENCE_READ, "currval pg_sequence_last_value pg_get_sequence_data currtid2"),
    (_LARGE_OBJECT_READ, "lo_get"),
    (_LARGE_OBJECT_READ + _LARGE_OBJECT_WRITE, "lo_open"),
    (_LARGE_OBJECT_WRITE, "lo_create lo_from_bytea lo_put lo_unlink"),
    (_ANY_LARGE_OBJECT_READ, "loread"),
    (_ANY_LARGE_OBJECT_WRITE, "lo_creat lowrite lo_truncate lo_truncate64"),
    (_FILE + _ANY_LARGE_OBJECT_WRITE, "lo_import"),
    ((Act(Effect.ADMINISTER, RefKind.FILE, 1), *_LARGE_OBJECT_READ), "lo_export"),
    (_FILE, "pg_read_file pg_read_file_old pg_read_binary_file pg_ls_dir pg_stat_file"),
    ((Act(Effect.WRITE, RefKind.SETTING, 0),), "set_config"),
    ((Act(Effect.READ, RefKind.SETTING, 0),), "current_setting"),
    ((Act(Effect.WRITE, RefKind.CHANNEL, 0),), "pg_notify"),
    ((Act(Effect.READ, RefKind.RELATION, 0),), "table_to_xml table_to_xml_and_xmlschema table_to_xmlschema"),
    # They read every table of a schema or of the database at once.
    (
        (Act(Effect.READ),),
        (
            "schema_to_xml schema_to_xml_and_xmlschema schema_to_xmlschema"
            " database_to_xml database_to_xml_and_xmlschema database_to_xmlschema"
        ),
    ),
    (_RUNS_TEXT, "query_to_xml query_to_xml_and_xmlschema query_to_xmlschema ts_stat ts_rewrite"),
    # A cursor was judged when it was declared; fetching it here would go around what watches FETCH.
    (_ITSELF, "cursor_to_xml cursor_to_xmlschema"),
    (_MAINTAINS, "brin_desummarize_range brin_summarize_new_values brin_summarize_range gin_clean_pending_list"),
    (
        _ITSELF,
        (
            "pg_advisory_lock pg_advisory_lock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared"
            " pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock"
            " pg_try_advisory_xact_lock_shared pg_advisory_unlock pg_advisory_unlock_shared pg_advisory_unlock_all"
            " pg_sleep pg_sleep_for pg_sleep_until pg_export_snapshot"
            # As a trigger it leaves out changes that change nothing, and their number says so.
            " suppress_redundant_updates_trigger"
        ),
    ),
    # Other sessions: what they run, where from, what they lock; and ending them.
    (
        _ADMINISTERS,
        (
            "pg_stat_get_activity pg_stat_get_backend_activity pg_stat_get_backend_activity_start"
            " pg_stat_get_backend_client_addr pg_stat_get_backend_client_port pg_stat_get_backend_dbid"
            " pg_stat_get_backend_idset pg_stat_get_backend_io pg_stat_get_backend_pid pg_stat_get_backend_start"
            " pg_stat_get_backend_subxact pg_stat_get_backend_userid pg_stat_get_backend_wait_event"
            " pg_stat_get_backend_wait_event_type pg_stat_get_backend_wal pg_stat_get_backend_xact_start"
            " pg_stat_get_progress_info pg_stat_get_wal_receiver pg_stat_get_wal_senders pg_stat_get_subscription"
            " pg_lock_status pg_blocking_pids pg_safe_snapshot_blocking_pids pg_isolation_test_session_is_blocked"
            " pg_prepared_xact pg_cancel_backend pg_terminate_backend pg_log_backend_memory_contexts"
            " pg_get_backend_memory_contexts pg_get_shmem_allocations pg_get_shmem_allocations_numa pg_get_aios"
        ),
    ),
    # The server's own files and configuration.
    (
        _ADMINISTERS,
        (
            "pg_ls_archive_statusdir pg_ls_logdir pg_ls_logicalmapdir pg_ls_logicalsnapdir pg_ls_replslotdir"
            " pg_ls_summariesdir pg_ls_tmpdir pg_ls_waldir pg_current_logfile pg_hba_file_rules pg_ident_file_mappings"
            " pg_show_all_file_settings pg_reload_conf pg_rotate_logfile pg_rotate_logfile_old"
            " pg_get_loaded_modules pg_config"
        ),
    ),
    # Write-ahead log, backup, replication, statistics counters, catalog surgery.
    (
        _ADMINISTERS,
        (
            "pg_backup_start pg_backup_stop pg_switch_wal pg_create_restore_point pg_promote pg_wal_replay_pause"
            " pg_wal_replay_resume pg_log_standby_snapshot pg_logical_emit_message pg_copy_logical_replication_slot"
            " pg_copy_physical_replication_slot pg_create_logical_replication_slot pg_create_physical_replication_slot"
            " pg_drop_replication_slot pg_replication_slot_advance pg_sync_replication_slots pg_get_replication_slots"
            " pg_logical_slot_get_binary_changes pg_logical_slot_get_changes pg_logical_slot_peek_binary_changes"
            " pg_logical_slot_peek_changes pg_replication_origin_advance pg_replication_origin_create"
            " pg_replication_origin_drop pg_replication_origin_progress pg_replication_origin_session_is_setup"
            " pg_replication_origin_session_progress pg_replication_origin_session_reset"
            " pg_replication_origin_session_setup pg_replication_origin_xact_reset pg_replication_origin_xact_setup"
            " pg_show_replication_origin_status pg_available_wal_summaries pg_wal_summary_contents"
            " pg_get_wal_summarizer_state pg_stat_reset pg_stat_reset_backend_stats pg_stat_reset_replication_slot"
            " pg_stat_reset_shared pg_stat_reset_single_function_counters pg_stat_reset_single_table_counters"
            " pg_stat_reset_slru pg_stat_reset_subscription_stats pg_import_system_collations pg_extension_config_dump"
            " pg_nextoid pg_stop_making_pinned_objects pg_restore_attribute_stats pg_restore_relation_stats"
            " pg_clear_attribute_stats pg_clear_relation_stats pg_event_trigger_ddl_commands"
            " pg_event_trigger_dropped_objects"
        ),
    ),
)

# Not pg_catalog's, but known by their names wherever an extension was installed: they reach the network, other
# databases or files, or show what other sessions ran.
_EXTENSION_PREFIXES = ("dblink", "postgres_fdw_", "pg_stat_statements", "pg_buffercache", "pg_file_", "pg_logdir_ls")

_HARMLESS_VOLATILE_WORDS = (
    "amvalidate array_sample array_shuffle clock_timestamp current_query gen_random_uuid lastval lo_close lo_lseek"
    " lo_lseek64 lo_tell lo_tell64 pg_collation_actual_version pg_control_checkpoint pg_control_init"
    " pg_control_recovery pg_control_system pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn"
    " pg_database_collation_actual_version pg_database_size pg_get_multixact_members pg_get_wait_events"
    " pg_get_wal_replay_pause_state pg_get_wal_resource_managers pg_indexes_size pg_is_in_recovery"
    " pg_is_wal_replay_paused pg_jit_available pg_last_committed_xact pg_last_wal_receive_lsn pg_last_wal_replay_lsn"
    " pg_last_xact_replay_timestamp pg_notification_queue_usage pg_partition_ancestors pg_partition_tree"
    " pg_relation_size pg_stat_clear_snapshot pg_stat_force_next_flush pg_stat_get_io pg_stat_get_recovery_prefetch"
    " pg_stat_get_xact_blocks_fetched pg_stat_get_xact_blocks_hit pg_stat_get_xact_function_calls"
    " pg_stat_get_xact_function_self_time pg_stat_get_xact_function_total_time pg_stat_get_xact_numscans"
    " pg_stat_get_xact_tuples_deleted pg_stat_get_xact_tuples_fetched pg_stat_get_xact_tuples_hot_updated"
    " pg_stat_get_xact_tuples_inserted pg_stat_get_xact_tuples_newpage_updated pg_stat_get_xact_tuples_returned"
    " pg_stat_get_xact_tuples_updated pg_stat_have_stats pg_table_size pg_tablespace_size pg_total_relation_size"
    " pg_xact_commit_timestamp pg_xact_commit_timestamp_origin pg_xact_status random random_normal setseed timeofday"
    " txid_status uuidv4 uuidv7"
)
HARMLESS_VOLATILE = frozenset(_HARMLESS_VOLATILE_WORDS.split())

# Functions of information_schema that drivers and psql call; they only look into the catalog.
_INFORMATION_SCHEMA_WORDS = (
    "_pg_expandarray _pg_index_position _pg_keysequal _pg_truetypid _pg_truetypmod _pg_char_max_length"
    " _pg_char_octet_length _pg_numeric_precision _pg_numeric_precision_radix _pg_numeric_scale"
    " _pg_datetime_precision _pg_interval_type"
)
INFORMATION_SCHEMA_FUNCTIONS = frozenset(_INFORMATION_SCHEMA_WORDS.split())
INFORMATION_SCHEMA_TYPES = frozenset(["cardinal_number", "character_data", "sql_identifier", "time_stamp", "yes_or_no"])


@cache
def _acts() -> dict[str, tuple[Act, ...]]:
    return {name: acts for acts, names in _GROUPS for name in names.split()}


@cache
def _plain_functions() -> frozenset[str]:
    return frozenset(PLAIN_FUNCTION_WORDS.split()).difference(_acts())


@cache
def _functions() -> frozenset[str]:
    return frozenset(PLAIN_FUNCTION_WORDS.split()) | frozenset(OTHER_FUNCTION_WORDS.split())


@cache
def _types() -> frozenset[str]:
    return frozenset(TYPE_WORDS.split())


@cache
def _operators() -> frozenset[str]:
    return frozenset(OPERATOR_WORDS.split())


def builtin_acts(name: str) -> tuple[Act, ...] | None:
    """Return what pg_catalog's function `name` does beside computing (nothing: empty), None if there is none."""
    acts = _acts().get(name)
    if acts is not None:
        return acts
    return () if name in _functions() else None


def known_extension_function(name: str) -> bool:
    """Say whether an extension's function of this name reaches the network, files or other sessions' statements."""
    return name.startswith(_EXTENSION_PREFIXES)


def literals_never_name(function: str) -> bool:
    """Say whether no argument of pg_catalog's `function` can be a name, SQL text or anything else that is looked up."""
    return function in _plain_functions()


def is_builtin_type(name: str) -> bool:
    """Say whether pg_catalog has a type of this name that a statement may cast to."""
    return name in _types() or (name.startswith("_") and name[1:] in _types())


def is_builtin_operator(name: str) -> bool:
    """Say whether pg_catalog has an operator of this name."""
    return name in _operators()
