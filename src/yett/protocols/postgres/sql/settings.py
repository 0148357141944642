"""SET, RESET and set_config: which settings a statement changes, and which of them change who the session is."""

from yett.core.targets import Effect
from yett.protocols.postgres.sql.facts import SettingChange
from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.names import constant, folded
from yett.protocols.postgres.sql.reading import Reader
from yett.protocols.postgres.sql.refs import RESOURCE, RefKind

ALL_SETTINGS = "*"
ROLE_SETTINGS = frozenset(("role", "session_authorization"))
# Settings whose value is a list of names: SET quotes each where it must (GUC_LIST_QUOTE).
_NAME_LISTS = frozenset(
    [
        "search_path",
        "temp_tablespaces",
        "local_preload_libraries",
        "session_preload_libraries",
        "shared_preload_libraries",
        "unix_socket_directories",
    ]
)
# Settings that cannot change what later text means, so that statements after them may be judged together with them.
_MEANINGLESS_WORDS = (
    "application_name statement_timeout lock_timeout transaction_timeout idle_in_transaction_session_timeout"
    " idle_session_timeout client_min_messages extra_float_digits work_mem maintenance_work_mem temp_buffers"
    " synchronous_commit transaction_isolation transaction_read_only transaction_deferrable"
    " default_transaction_isolation default_transaction_read_only default_transaction_deferrable"
    " tcp_keepalives_idle tcp_keepalives_interval tcp_keepalives_count tcp_user_timeout random_page_cost"
    " jit enable_seqscan enable_indexscan"
)
_MEANINGLESS = frozenset(_MEANINGLESS_WORDS.split())


def change_setting(reader: Reader, change: SettingChange) -> None:
    """Record a change of a setting. Becoming another role is ADMINISTER of that role, or of the resource if unknown."""
    reader.settings.append(change)
    if change.name is None:
        reader.touch(Effect.ADMINISTER, RESOURCE)
        return
    if change.name in ROLE_SETTINGS and not change.reset and change.value != "none":
        if change.value is None:
            reader.touch(Effect.ADMINISTER, RESOURCE)
        else:
            reader.touch_named(Effect.ADMINISTER, RefKind.ROLE, change.value)
        return
    reader.touch_named(Effect.WRITE, RefKind.SETTING, change.name)


def is_barrier(settings: list[SettingChange]) -> bool:
    """Say whether any of these changes may alter what a later statement means."""
    return any(change.name not in _MEANINGLESS for change in settings)


def changes_of(body: Node) -> tuple[SettingChange, ...]:
    """Return what a VariableSetStmt changes."""
    kind = body.get("kind", "")
    name = folded(body.get("name", ""))
    is_local = bool(body.get("is_local"))
    if kind == "VAR_RESET_ALL":
        return (SettingChange(ALL_SETTINGS, reset=True),)
    if kind == "VAR_SET_MULTI":
        return _transaction_settings(name, body.get("args", []))
    if kind in ("VAR_RESET", "VAR_SET_DEFAULT"):
        return (SettingChange(name, is_local=is_local, reset=True),)
    if kind == "VAR_SET_VALUE":
        return (SettingChange(name, _flattened(name, body.get("args", [])), is_local=is_local),)
    return (SettingChange(None),)


def transaction_modes(options: list[Node], prefix: str = "") -> tuple[SettingChange, ...]:
    """Return the settings that BEGIN's or SET TRANSACTION's modes stand for."""
    modes = (option.get("DefElem", {}) for option in options)
    return tuple(
        SettingChange(prefix + mode.get("defname", ""), _mode_value(mode), is_local=not prefix) for mode in modes
    )


def _mode_value(mode: Node) -> str | None:
    value = constant(mode.get("arg", {}))
    if mode.get("defname") == "transaction_isolation":
        return value
    return {"1": "on", "0": "off"}.get(value or "0")


def _transaction_settings(name: str, arguments: list[Node]) -> tuple[SettingChange, ...]:
    if name == "transaction":
        return transaction_modes(arguments)
    if name == "session characteristics":
        return transaction_modes(arguments, prefix="default_")
    if name == "transaction snapshot":
        return (SettingChange("transaction_snapshot", constant(arguments[0]) if arguments else None, is_local=True),)
    return (SettingChange(None),)


def _flattened(name: str, arguments: list[Node]) -> str | None:
    values = [_value(node) for node in arguments]
    if not values or any(value is None for value in values):
        return None
    texts = [value for value in values if value is not None]
    return ", ".join(_quoted(text) for text in texts) if name in _NAME_LISTS else ", ".join(texts)


def _value(node: Node) -> str | None:
    # SET TIME ZONE INTERVAL '…' is computed by the server.
    return None if "TypeCast" in node else constant(node)


def _quoted(name: str) -> str:
    plain = name.isascii() and name.replace("_", "a").isalnum() and name.lower() == name and not name[:1].isdigit()
    return name if plain else '"' + name.replace('"', '""') + '"'
