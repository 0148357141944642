"""Which settings a client may change: harmless ones freely, some to approved values only, the rest by permit."""

from enum import Enum

from yett.protocols.postgres.sql.facts import SettingChange

MEMORY_BYTES_MAX = 1 << 30


class Ruling(Enum):
    """What a change of a setting needs."""

    FREE = "free"
    WRITE = "write"
    ADMINISTER = "administer"
    REFUSED = "refused"


# Presentation, time limits, the planner's taste, the session's own transactions: they change how a permitted
# statement runs or looks, never what it means to the gate or what anybody may see.
_FREE_WORDS = """
application_name array_nulls bytea_output check_function_bodies client_connection_check_interval client_min_messages
constraint_exclusion cursor_tuple_fraction datestyle default_statistics_target default_text_search_config
default_toast_compression default_transaction_deferrable default_transaction_isolation default_transaction_read_only
effective_cache_size effective_io_concurrency escape_string_warning extra_float_digits from_collapse_limit
gin_fuzzy_search_limit hash_mem_multiplier idle_in_transaction_session_timeout idle_session_timeout intervalstyle
jit join_collapse_limit lc_monetary lc_numeric lc_time lock_timeout maintenance_io_concurrency
max_parallel_maintenance_workers max_parallel_workers max_parallel_workers_per_gather min_parallel_index_scan_size
min_parallel_table_scan_size parallel_leader_participation parallel_setup_cost parallel_tuple_cost plan_cache_mode
quote_all_identifiers random_page_cost recursive_worktable_factor restrict_nonsystem_relation_kind row_security seed
seq_page_cost cpu_index_tuple_cost cpu_operator_cost cpu_tuple_cost statement_timeout stats_fetch_consistency
synchronize_seqscans synchronous_commit tcp_keepalives_count tcp_keepalives_idle tcp_keepalives_interval
tcp_user_timeout timezone timezone_abbreviations transaction_deferrable transaction_isolation transaction_read_only
transaction_snapshot transaction_timeout vacuum_cost_delay vacuum_cost_limit vacuum_buffer_usage_limit xmlbinary
xmloption
"""
_FREE = frozenset(_FREE_WORDS.split())
_FREE_PREFIXES = ("enable_", "geqo", "jit_")
_NOT_THAT = frozenset(("jit_provider", "jit_debugging_support", "jit_profiling_support", "jit_dump_bitcode"))
_MEMORY = frozenset(
    ("work_mem", "maintenance_work_mem", "temp_buffers", "logical_decoding_work_mem", "autovacuum_work_mem")
)
_APPROVED = {
    "default_tablespace": ("",),
    "temp_tablespaces": ("",),
    "default_table_access_method": ("heap",),
    "backslash_quote": ("off", "safe_encoding"),
    "transform_null_equals": ("off",),
    "session_replication_role": ("origin",),
    "role": ("none",),
}
_TRUE = frozenset(("on", "true", "yes", "1", "t", "y", "tr", "tru", "ye"))
_UNITS = {"": 1024, "B": 1, "kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}

# Facts about the server and the session that every driver asks for. What can hold a path, a password or another
# session's doing needs `read` on the setting.
_READ_FREELY_WORDS = """
search_path client_encoding standard_conforming_strings server_version server_version_num server_encoding
integer_datetimes is_superuser session_authorization role in_hot_standby lc_collate lc_ctype lc_messages
max_identifier_length max_index_keys max_function_args block_size segment_size wal_block_size data_checksums
max_connections default_tablespace temp_tablespaces default_table_access_method password_encryption backslash_quote
transform_null_equals ssl wal_level
"""
_READ_FREELY = frozenset(_READ_FREELY_WORDS.split())


def rule_on(change: SettingChange) -> Ruling:
    """Return what this change of a setting needs. Going back to the session's own default is free."""
    name = change.name
    if name is None:
        return Ruling.ADMINISTER
    if change.reset:
        return Ruling.FREE
    if name == "client_encoding":
        return Ruling.FREE if _is_utf8(change.value) else Ruling.REFUSED
    if name == "standard_conforming_strings":
        return Ruling.FREE if (change.value or "").lower() in _TRUE else Ruling.REFUSED
    if name in _FREE or (name.startswith(_FREE_PREFIXES) and name not in _NOT_THAT):
        return Ruling.FREE
    return _by_value(name, change.value)


def startup_parameter_allowed(name: str, value: str) -> bool:
    """Tell whether a client may send this run-time setting in its startup message, before anybody is judged."""
    return rule_on(SettingChange(name.lower(), value)) is Ruling.FREE


def may_read_freely(name: str) -> bool:
    """Tell whether reading a setting (SHOW, current_setting) tells nothing that needs a permit."""
    return name in _FREE or name in _READ_FREELY or name in _MEMORY or name.startswith(_FREE_PREFIXES)


def _by_value(name: str, value: str | None) -> Ruling:
    if name in _MEMORY:
        return Ruling.FREE if _memory_bytes(value) <= MEMORY_BYTES_MAX else Ruling.ADMINISTER
    if name == "search_path":
        return Ruling.FREE if _is_plain_path(value) else Ruling.ADMINISTER
    if name in _APPROVED:
        return Ruling.FREE if value is not None and value.lower() in _APPROVED[name] else Ruling.ADMINISTER
    # A setting with a dot is the application's own word, often what row-level security asks for: policy decides.
    return Ruling.WRITE if "." in name else Ruling.ADMINISTER


def _is_plain_path(value: str | None) -> bool:
    """Tell whether a path keeps the system catalog first and temporary objects where everybody expects them."""
    if value is None:
        return False
    # Outside SET the server folds the words of a path itself.
    schemas = [part.strip().strip('"') for part in value.lower().split(",")]
    return "pg_catalog" not in schemas[1:] and not any(schema.startswith("pg_temp") for schema in schemas)


def _is_utf8(value: str | None) -> bool:
    return "".join(c for c in (value or "").lower() if c.isascii() and c.isalnum()) in ("utf8", "unicode")


def _memory_bytes(value: str | None) -> float:
    digits = (value or "").strip()
    unit = digits.lstrip("0123456789").strip()
    number = digits[: len(digits) - len(unit)].strip()
    if not number.isdigit() or unit not in _UNITS or len(number) > 15:
        return float("inf")
    return int(number) * _UNITS[unit]
