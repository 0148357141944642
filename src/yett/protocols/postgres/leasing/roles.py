"""Makes, changes and removes the roles of leases at a target.

A role's comment says which gate made it: a gate removes only its own, and those that nobody has renewed for a day.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field

from yett.protocols._wire.dialogue import Await, Opening
from yett.protocols.postgres.leasing.catalog import SETTINGS
from yett.protocols.postgres.leasing.grants import LEFT_BY_DROP_OWNED, changes
from yett.protocols.postgres.leasing.privileges import Privileges
from yett.protocols.postgres.leasing.query import Refused, query
from yett.protocols.postgres.leasing.words import name, text

ABANDONED_SECONDS = 24 * 3600
_TEXT_CHARACTERS_MAX = 64 << 10
_ENDING_SECONDS = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
_MARK = "yett lease of gate "
# Two GRANTs on one table at once fail ("tuple concurrently updated"): those of gates wait for each other.
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(2037740660, 1818585971)"


@dataclass(frozen=True, slots=True)
class RoleTerms:
    """What holds for every role of a resource. `gate` is this gate's own mark for it; 0 is no time limit."""

    gate: str
    prefix: str
    connections: int
    valid_seconds: float
    statement_seconds: float = 0

    @property
    def comment(self) -> str:
        """Return what the roles of this gate are known by."""
        return _MARK + self.gate


@dataclass(slots=True)
class Swept:
    """What became of roles that nobody uses: removed, or left because the target did not let them go, and why."""

    dropped: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)


def make_role(role: str, verifier: str, terms: RoleTerms, rights: Privileges) -> Opening[None]:
    """Make a role with exactly these rights, whole or not at all. Raises Refused."""
    yield from query(SETTINGS)
    yield from _together(_made(role, verifier, (yield from _until(terms)), terms, rights, (yield from _inherits())))


def change_role(role: str, before: Privileges, after: Privileges) -> Opening[None]:
    """Bring a role's rights from `before` to `after` at once. Raises Refused."""
    yield from query(SETTINGS)
    yield from _together([*changes(role, before.granted, after.granted), _read_only(role, after)])


def renew_roles(roles: Iterable[str], terms: RoleTerms) -> Opening[None]:
    """Let roles be signed in to for as long again from now. Raises Refused."""
    yield from query(SETTINGS)
    until = yield from _until(terms)
    for role in roles:
        yield from query(f"ALTER ROLE {name(role)} VALID UNTIL {text(until)}")


def sweep(terms: RoleTerms, in_use: Callable[[], Container[str]]) -> Opening[Swept]:
    """Remove this gate's roles that are not in use, and those of any gate that ended a day ago.

    Their sessions are ended first. Raises Refused where the roles cannot be looked for.
    """
    swept = Swept()
    yield from query(SETTINGS)
    for role, own in (yield from query(_OURS.format(prefix=text(terms.prefix), comment=text(terms.comment)))):
        if role is None or (own == "t" and role in in_use()):
            continue
        try:
            yield from _drop(role)
            swept.dropped.append(role)
        except Refused as refused:
            yield from query("ROLLBACK")
            swept.left[role] = refused.message
    return swept


_OURS = f"""
SELECT r.rolname, d.description = {{comment}} FROM pg_roles r
JOIN pg_shdescription d ON d.objoid = r.oid AND d.classoid = 'pg_authid'::regclass
WHERE starts_with(r.rolname, {{prefix}}) AND NOT r.rolsuper AND (d.description = {{comment}} OR (
  starts_with(d.description, '{_MARK}') AND r.rolvaliduntil < now() - make_interval(secs => {ABANDONED_SECONDS})
  AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.usesysid = r.oid)
  AND NOT EXISTS (SELECT FROM pg_shdepend s JOIN pg_database b ON b.oid = s.dbid
    WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid AND b.datname <> current_database())))
ORDER BY 1
"""  # noqa: S608 - made of constants


def _made(  # noqa: PLR0913, PLR0917 - what makes a role, given once
    role: str, verifier: str, until: str, terms: RoleTerms, rights: Privileges, inherits: str
) -> Iterator[str]:
    yield (
        f"CREATE ROLE {name(role)} LOGIN NOINHERIT NOCREATEDB NOCREATEROLE"
        f" CONNECTION LIMIT {terms.connections} VALID UNTIL {text(until)} PASSWORD {text(verifier)}"
    )
    # Who is a member may end the role's sessions and take its rights back; it gains nothing that it did not give.
    yield f"GRANT {name(role)} TO CURRENT_USER{inherits}"
    yield f"COMMENT ON ROLE {name(role)} IS {text(terms.comment)}"
    if rights.read_only:
        yield _read_only(role, rights)
    if terms.statement_seconds:
        yield f"ALTER ROLE {name(role)} SET statement_timeout = {int(terms.statement_seconds * 1000)}"
    yield from changes(role, frozenset(), rights.granted)


def _read_only(role: str, rights: Privileges) -> str:
    return f"ALTER ROLE {name(role)} SET default_transaction_read_only = {'on' if rights.read_only else 'off'}"


def _drop(role: str) -> Opening[None]:
    """End what is left of a role's sessions, and the role with them; data that it should never have owned stays."""
    yield from query(f"ALTER ROLE {name(role)} NOLOGIN")
    sessions = f"pg_stat_activity WHERE usename = {text(role)}"
    for pause in _ENDING_SECONDS:
        yield Await("sleep", pause)
        if not (yield from query(f"SELECT pg_terminate_backend(pid) FROM {sessions}")):  # noqa: S608 - quoted
            break
    left = yield from query(LEFT_BY_DROP_OWNED.format(role=text(role)))
    quoted = name(role)
    yield from _together(
        [
            *(row[0] or "" for row in left),
            f"REASSIGN OWNED BY {quoted} TO CURRENT_USER",
            f"DROP OWNED BY {quoted}",
            f"DROP ROLE {quoted}",
        ]
    )


def _together(statements: Iterable[str]) -> Opening[None]:
    """Run statements in one transaction, many in one message."""
    yield from query(f"BEGIN; {_ONE_AT_A_TIME}")
    waiting: list[str] = []
    for statement in statements:
        waiting.append(statement)
        if sum(map(len, waiting)) > _TEXT_CHARACTERS_MAX:
            yield from query("; ".join(waiting))
            waiting = []
    yield from query("; ".join([*waiting, "COMMIT"]))


def _until(terms: RoleTerms) -> Opening[str]:
    """Return when a role ends that is made or renewed now, by the target's own clock."""
    rows = yield from query(f"SELECT (clock_timestamp() + make_interval(secs => {terms.valid_seconds:.3f}))::text")
    return rows[0][0] or ""


def _inherits() -> Opening[str]:
    """Return how a membership is given whose rights count: a word of the statement since PostgreSQL 16."""
    rows = yield from query("SELECT current_setting('server_version_num')::int4 >= 160000")
    return " WITH INHERIT TRUE, SET FALSE" if rows[0][0] == "t" else ""
