"""Looks whether a target's leases can be made, and what every role there may do that no lease can take away."""

from collections.abc import AsyncIterator, Iterator, Mapping

from yett.app.findings import Finding, failed, ok
from yett.app.targets import Rows, try_target
from yett.core.errors import UpstreamFailed
from yett.credentials.sources import CredentialSource
from yett.protocols._wire.reception import Entry

_OURS = (
    "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname OPERATOR(pg_catalog.!~) '^pg_(toast|temp_)'"
)
_TABLES = (
    "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
    f"WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_OURS}"
)
_QUESTIONS = {
    "may_make": "SELECT rolcreaterole OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user",
    "closed": (
        f"SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) {_TABLES} "
        "AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE') "
        "AND NOT pg_catalog.has_table_privilege(c.oid, 'SELECT WITH GRANT OPTION') ORDER BY 1 LIMIT 1000"
    ),
    "public": (
        f"SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) {_TABLES} "  # noqa: S608 - made of constants
        "AND EXISTS (SELECT FROM pg_catalog.aclexplode(c.relacl) g WHERE g.grantee OPERATOR(pg_catalog.=) 0) "
        "ORDER BY 1 LIMIT 1000"
    ),
    "makers": (
        f"SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE {_OURS} AND EXISTS ("  # noqa: S608 - made of constants
        "SELECT FROM pg_catalog.aclexplode(n.nspacl) g WHERE g.grantee OPERATOR(pg_catalog.=) 0 "
        "AND g.privilege_type OPERATOR(pg_catalog.=) 'CREATE') ORDER BY 1 LIMIT 1000"
    ),
}
_SHOWN = 3


async def lease_findings(entry: Entry, admin: CredentialSource) -> AsyncIterator[Finding]:
    """Yield what stands in the way of leases for a resource, asked with the credential that makes them."""
    subject = f"leases {entry.resource.name}"
    try:
        answers = (await try_target(entry, admin, _QUESTIONS)).answers
    except UpstreamFailed as error:
        yield failed(subject, error)
        return
    for finding in _findings(subject, answers):
        yield finding


def _findings(subject: str, answers: Mapping[str, Rows | None]) -> Iterator[Finding]:
    maker = answers["may_make"]
    if not maker or maker[0][0] != "t":
        hint = "ALTER ROLE … CREATEROLE for the role that credential.admin names"
        yield Finding(subject, "fail", "the admin role may not make roles", hint, "lease_refused")
        return
    if some := _names(answers["closed"]):
        hint = "make it a member of their owner, or grant it their rights WITH GRANT OPTION"
        yield Finding(subject, "warn", f"no lease reaches what the admin role may not grant: {some}", hint, "lease_gap")
    for which, what in (("public", "tables that PUBLIC may use"), ("makers", "schemas where PUBLIC may create")):
        if some := _names(answers[which]):
            hint = "REVOKE … FROM PUBLIC, so that the target refuses by itself what policy does"
            yield Finding(subject, "warn", f"{what}: {some}", hint, "lease_public")
    yield ok(subject, "the admin role may make roles")


def _names(rows: Rows | None) -> str:
    found = [row[0] or "" for row in rows or ()]
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more
