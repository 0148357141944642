"""Statements about the session itself: transactions, settings, prepared statements, cursors, notifications, locks."""

from yett.core.targets import Effect
from yett.protocols.postgres.sql.facts import SessionChange, TransactionAct
from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.names import folded, relation
from yett.protocols.postgres.sql.reading import NOTHING_IN_SCOPE, Outcome, Reader, StatementHandler
from yett.protocols.postgres.sql.refs import Ref, RefKind
from yett.protocols.postgres.sql.settings import ALL_SETTINGS, change_setting, changes_of, is_barrier, transaction_modes

_ACCESS_SHARE_LOCK = 1
EVERYTHING = "*"

_TRANSACTIONS: dict[str, tuple[TransactionAct, str]] = {
    "TRANS_STMT_BEGIN": (TransactionAct.BEGIN, "BEGIN"),
    "TRANS_STMT_START": (TransactionAct.BEGIN, "START TRANSACTION"),
    "TRANS_STMT_COMMIT": (TransactionAct.COMMIT, "COMMIT"),
    "TRANS_STMT_ROLLBACK": (TransactionAct.ROLLBACK, "ROLLBACK"),
    "TRANS_STMT_SAVEPOINT": (TransactionAct.SAVEPOINT, "SAVEPOINT"),
    "TRANS_STMT_RELEASE": (TransactionAct.RELEASE, "RELEASE"),
    "TRANS_STMT_ROLLBACK_TO": (TransactionAct.ROLLBACK_TO, "ROLLBACK"),
    "TRANS_STMT_PREPARE": (TransactionAct.PREPARE, "PREPARE TRANSACTION"),
    "TRANS_STMT_COMMIT_PREPARED": (TransactionAct.COMMIT_PREPARED, "COMMIT PREPARED"),
    "TRANS_STMT_ROLLBACK_PREPARED": (TransactionAct.ROLLBACK_PREPARED, "ROLLBACK PREPARED"),
}
_MEANING_KEPT = frozenset((TransactionAct.BEGIN, TransactionAct.SAVEPOINT, TransactionAct.RELEASE))


def _transaction(reader: Reader, body: Node) -> Outcome:
    act, kind = _TRANSACTIONS[body["kind"]]
    reader.settings.extend(transaction_modes(body.get("options", [])))
    if "gid" in body:
        # A two-phase transaction outlives its session and can be ended by any other.
        reader.touch(Effect.ADMINISTER, Ref(RefKind.RESOURCE, None, ""))
    changes = SessionChange(
        transaction=act,
        chain=bool(body.get("chain")),
        savepoint=body.get("savepoint_name") or body.get("gid", ""),
    )
    return Outcome(kind, changes, barrier=act not in _MEANING_KEPT)


def _set(reader: Reader, body: Node) -> Outcome:
    if body.get("kind") == "VAR_SET_MULTI" and body.get("name") == "TRANSACTION":
        # Modes of the one transaction, as in BEGIN: no setting that a policy would name.
        reader.settings.extend(changes_of(body))
    else:
        for change in changes_of(body):
            change_setting(reader, change)
    kind = "RESET" if body.get("kind") in ("VAR_RESET", "VAR_RESET_ALL") else "SET"
    return Outcome(kind, barrier=is_barrier(reader.settings))


def _show(reader: Reader, body: Node) -> Outcome:
    name = folded(body.get("name", ""))
    reader.touch_named(Effect.READ, RefKind.SETTING, ALL_SETTINGS if name == "all" else name)
    return Outcome("SHOW", returns_rows=True)


def _set_constraints(reader: Reader, body: Node) -> Outcome:  # noqa: ARG001 (one signature for all handlers)
    # Deferred triggers may run at once.
    return Outcome("SET CONSTRAINTS", barrier=True)


def _discard(reader: Reader, body: Node) -> Outcome:  # noqa: ARG001 (one signature for all handlers)
    what = str(body.get("target", "")).removeprefix("DISCARD_")
    return Outcome(f"DISCARD {what}", SessionChange(discards=what.lower()), barrier=True)


def _execute(reader: Reader, body: Node) -> Outcome:
    reader.read(body.get("params", []), NOTHING_IN_SCOPE)
    return Outcome("EXECUTE", SessionChange(executes=body.get("name", "")), returns_rows=True, barrier=True)


def _deallocate(reader: Reader, body: Node) -> Outcome:  # noqa: ARG001 (one signature for all handlers)
    if "name" not in body:
        return Outcome("DEALLOCATE ALL", SessionChange(deallocates=EVERYTHING), barrier=True)
    return Outcome("DEALLOCATE", SessionChange(deallocates=body["name"]), barrier=True)


def _fetch(reader: Reader, body: Node) -> Outcome:  # noqa: ARG001 (one signature for all handlers)
    moves = bool(body.get("ismove"))
    return Outcome("MOVE" if moves else "FETCH", SessionChange(fetches=body.get("portalname", "")), not moves)


def _close(reader: Reader, body: Node) -> Outcome:  # noqa: ARG001 (one signature for all handlers)
    if "portalname" not in body:
        return Outcome("CLOSE CURSOR ALL", SessionChange(closes=EVERYTHING))
    return Outcome("CLOSE CURSOR", SessionChange(closes=body["portalname"]))


def _listen(reader: Reader, body: Node) -> Outcome:
    channel = body.get("conditionname", "")
    reader.touch_named(Effect.READ, RefKind.CHANNEL, channel)
    return Outcome("LISTEN", SessionChange(listens=channel))


def _unlisten(reader: Reader, body: Node) -> Outcome:  # noqa: ARG001 (one signature for all handlers)
    return Outcome("UNLISTEN", SessionChange(unlistens=body.get("conditionname") or EVERYTHING))


def _notify(reader: Reader, body: Node) -> Outcome:
    channel = body.get("conditionname", "")
    reader.touch_named(Effect.WRITE, RefKind.CHANNEL, channel)
    reader.notifies.append(channel)
    return Outcome("NOTIFY")


def _lock(reader: Reader, body: Node) -> Outcome:
    # ACCESS SHARE is what any SELECT takes (pg_dump asks for it); everything stronger keeps others out.
    effect = Effect.READ if body.get("mode") == _ACCESS_SHARE_LOCK else Effect.WRITE
    for node in body.get("relations", []):
        reader.touch(effect, relation(node.get("RangeVar", {})))
    return Outcome("LOCK TABLE")


SESSION_STATEMENTS: dict[str, StatementHandler] = {
    "ClosePortalStmt": _close,
    "ConstraintsSetStmt": _set_constraints,
    "DeallocateStmt": _deallocate,
    "DiscardStmt": _discard,
    "ExecuteStmt": _execute,
    "FetchStmt": _fetch,
    "ListenStmt": _listen,
    "LockStmt": _lock,
    "NotifyStmt": _notify,
    "TransactionStmt": _transaction,
    "UnlistenStmt": _unlisten,
    "VariableSetStmt": _set,
    "VariableShowStmt": _show,
}
