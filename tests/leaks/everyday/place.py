"""Where everyday statements run: the quick start's sample and a CRM, a gate before them, an analyst with few rights."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from e2e.gates import Gate, gate_before
from e2e.routes import OWNER, Route
from leaks.everyday.corpus import Case
from servers.authority import new_authority
from servers.postgres import PASSWORD, TestPostgres, releases, running
from yett.demo.sample import Sizes, sample_script

DATABASE = "orders"
SIZES = Sizes(customers=300, products=60, orders=900, tickets=150, employees=12, payroll_months=6)

LABELS = {
    "public.customers.email": "email",
    "public.customers.phone": "phone",
    "public.customers.national_id": "national_id",
    "public.customers.street": "address",
    "public.payments.card_number": "card",
    "public.payments.card_holder": "holder",
    "hr.employees.national_id": "national_id",
    "hr.employees.iban": "iban",
    "hr.payroll.gross": "salary",
    "hr.payroll.net": "salary",
}
# A CRM as it is often made: partial indexes, a queue, documents, generated columns, partitions, soft deletes.
CRM = Path(__file__).with_name("crm.sql")
CRM_LABELS = {
    "crm.people.email": "email",
    "crm.people.phone": "phone",
    "crm.people.ssn": "national_id",
    "crm.notes.body": "text",
    "crm.cards.pan": "card",
}
STYLES = {"email": "partial", "phone": "partial", "card": "partial"}
"""Every other label is redacted."""

# An analyst reads the schema `public` and the catalogs, corrects orders and tickets, and may ask whether an address is
# this one. Correcting an order runs a trigger; the function is the shop's own.
POLICIES = {
    "analyst": """
permit (
  principal in Group::"corp/analysts",
  action in [Action::"connect", Action::"read"],
  resource == Resource::"orders"
);
permit (
  principal in Group::"corp/analysts",
  action == Action::"read",
  resource
)
when {
  resource in Schema::"orders/public" || resource in Schema::"orders/pg_catalog" ||
  resource in Schema::"orders/information_schema"
};
permit (principal in Group::"corp/analysts", action == Action::"write", resource in Schema::"orders/public")
when { ["orders", "support_tickets"].contains(resource.name) };
permit (principal in Group::"corp/analysts", action == Action::"execute", resource in Schema::"orders/public")
when { ["customer_value", "note_change"].contains(resource.name) };
permit (
  principal in Group::"corp/analysts",
  action == Action::"match",
  resource == Column::"orders/public.customers.email"
);
""",
}
CRM_POLICIES = {
    "crm": """
permit (
  principal in Group::"corp/analysts",
  action in [Action::"read", Action::"write", Action::"execute"],
  resource in Schema::"orders/crm"
);
permit (principal in Group::"corp/analysts", action == Action::"match", resource in Schema::"orders/crm")
when { ["email", "phone"].contains(resource.label) };
""",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A filled server, the direct way to it, and the gate before it."""

    server: TestPostgres
    direct: Route
    gate: Gate

    @property
    def analyst(self) -> Route:
        """Return the analyst's way, through the gate."""
        return self.gate.route("ana", "analysts", database=DATABASE)

    def filled(self, found: list[Case]) -> list[Case]:
        """Return the cases with everything looked up that they leave open."""
        with self.direct.connect() as connection:
            answers = {one: asked(connection, one) for one in sorted({one for case in found for one in case.asked})}
        return [case.filled(answers) for case in found]

    def labelled_values(self) -> Mapping[str, frozenset[bytes]]:
        """Return every value that stands in a labelled column of the schemas public and crm, by label."""
        values: dict[str, set[bytes]] = {}
        with self.direct.connect() as connection:
            for column, label in (LABELS | CRM_LABELS).items():
                schema, table, name = column.split(".")
                if schema != "hr":
                    query = f"SELECT {name} FROM {schema}.{table} WHERE {name} IS NOT NULL"
                    found = connection.execute(query).fetchall()
                    values.setdefault(label, set()).update(str(row[0]).encode() for row in found)
        return {label: frozenset(one) for label, one in values.items()}


@contextmanager
def place(version: int = 17, extra: str = "") -> Iterator[Place]:
    """Start a server with the sample and a gate before it; end and remove all of it."""
    folder = Path(tempfile.mkdtemp(prefix="yett-everyday-"))
    try:
        authority = new_authority(folder / "authority")
        with running(releases()[version], authority, {"log_statement": "none", "autovacuum": "off"}) as server:
            plain = replace(server, release=replace(server.release, tls=False))
            fill(plain)
            direct = Route("direct", plain, plain.host, plain.port, OWNER, PASSWORD, DATABASE)
            resources = {DATABASE: DATABASE}
            with gate_before(
                plain, authority, policies=POLICIES | CRM_POLICIES, resources=resources, extra=settings() + extra
            ) as gate:
                yield Place(plain, direct, gate)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fill(server: TestPostgres) -> None:
    """Make the database `orders` with the quick start's sample in it, a little smaller, and the CRM."""
    server.execute(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{PASSWORD.replace(chr(39), chr(39) * 2)}'")
    server.create_database(DATABASE, OWNER)
    command = [str(server.tool("psql")), "-X", "-q", "-v", "ON_ERROR_STOP=1", server.dsn(OWNER, DATABASE)]
    script = "".join((*sample_script(1, SIZES), CRM.read_text(encoding="utf-8")))
    subprocess.run(command, input=script, text=True, check=True, capture_output=True)


def settings() -> str:
    """Return the part of yett.toml that says what is sensitive and what replaces it.

    All statements come within a minute: they may look up more than anybody would by hand.
    """
    data = "\n".join(f'"{column}" = "{label}"' for column, label in (LABELS | CRM_LABELS).items())
    masks = "".join(f'\n[masks.{label}]\nstyle = "{style}"\n' for label, style in STYLES.items())
    return f"\n[limits]\nmatches_per_minute = 600\n\n[data.{DATABASE}]\n{data}\n{masks}"


def asked(connection: psycopg.Connection, what: str) -> str:
    """Return the answer to one `«…»`: a query's only value, or the number of a relation, `type …` or `proc …`."""
    if not what.startswith("select "):
        kind, _, name = what.rpartition(" ")
        made = {"": "regclass", "type": "regtype", "proc": "regproc"}[kind]
        what = f"select '{name}'::{made}::oid::int"
    row = connection.execute(what).fetchone()
    assert row is not None, what
    return str(row[0])
