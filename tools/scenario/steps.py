"""The steps of the scenario, in order. A later issue adds its own to STEPS."""

import json
import threading
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Self

import psycopg
from stage import Stage, Unexpected, expect, refused, show


def rows_are_read(stage: Stage) -> None:
    """Ana of support reads rows with psql, and with Python."""
    query = "SELECT id, name, country FROM customers ORDER BY id LIMIT 5"
    said = stage.psql("ana", stage.token("ana"), query)
    expect(said.returncode == 0 and "(5 rows)" in said.stdout, "five rows were expected")
    with stage.connect("ana", stage.token("ana")) as connection:
        count = connection.execute("SELECT count(*) FROM orders WHERE total > %s", [0]).fetchone()
        print(f"   {count}")
        expect(count == (20_000,), "twenty thousand orders were expected")


def a_write_is_allowed(stage: Stage) -> None:
    """What her policy lets her change, she changes: a ticket is closed."""
    said = stage.psql("ana", stage.token("ana"), "UPDATE support_tickets SET open = false WHERE id = 7")
    expect("UPDATE 1" in said.stdout, "one ticket was to be closed")
    expect(stage.at_the_target("SELECT open FROM support_tickets WHERE id = 7") is False, "the target does not say so")


def a_drop_is_refused(stage: Stage) -> None:
    """DROP never reaches the target: SQLSTATE 42501, the policy's name, its reason, and the connection goes on."""
    with stage.connect("ana", stage.token("ana")) as connection:
        print('   >>> connection.execute("DROP TABLE customers")')
        try:
            connection.execute("DROP TABLE customers")
        except psycopg.Error as error:
            problem = error.diag
            print(f"   {problem.sqlstate}: {problem.message_primary}")
            print(f"   DETAIL: {problem.message_detail}")
            print(f"   HINT: {problem.message_hint}")
            told = f"{problem.message_primary} {problem.message_detail}"
            expect(problem.sqlstate == "42501", "42501 was expected")
            expect("no-ddl-in-prod" in told, "the policy's name was expected")
            expect("schema changes go through migrations" in told, "the policy's reason was expected")
            expect(problem.message_hint, "a hint was expected")
        else:
            raise Unexpected("the gate let it through")
        again = connection.execute("SELECT count(*) FROM customers").fetchone()
        print(f"   >>> the same connection counts customers: {again}")
        expect(again == (5_000,), "the same connection should go on")
    reached = "DROP TABLE" in stage.target.server.log.read_text(errors="replace")
    expect(not reached, "the target's log knows of it")


def a_transaction_fails_as_its_own(stage: Stage) -> None:
    """Inside a transaction a refusal fails it, as an error of the server's own would: nothing of it is kept."""
    with stage.connect("ana", stage.token("ana")) as connection:
        connection.execute("BEGIN")
        connection.execute("UPDATE orders SET note = 'half done' WHERE id = 1")
        try:
            connection.execute("TRUNCATE customers")
        except psycopg.errors.InsufficientPrivilege as error:
            show(str(error))
        else:
            raise Unexpected("the gate let it through")
        try:
            connection.execute("SELECT 1")
        except psycopg.errors.InFailedSqlTransaction as error:
            show(str(error))
        else:
            raise Unexpected("the transaction should have failed")
        tag = connection.execute("COMMIT").statusmessage
        expect(tag == "ROLLBACK", f"COMMIT of a failed transaction should say ROLLBACK, not {tag}")
    expect(stage.at_the_target("SELECT count(*) FROM orders WHERE note = 'half done'") == 0, "half of it was kept")


def a_table_outside_the_policy_is_refused(stage: Stage) -> None:
    """Payroll stands in no policy, so nobody reads it, in any way of asking."""
    for statement in (
        "SELECT * FROM hr.payroll",
        "WITH p AS (SELECT * FROM hr.payroll) SELECT count(*) FROM p",
        "COPY hr.payroll TO STDOUT",
        "SELECT name, (SELECT max(gross) FROM hr.payroll) FROM customers LIMIT 1",
    ):
        said = stage.psql("ana", stage.token("ana"), statement)
        expect(said.returncode != 0 and "42501" in said.stdout, "42501 was expected")


def sensitive_values_are_masked(stage: Stage) -> None:
    """What is labelled is masked, whole or in expressions, and what looks sensitive in free text is masked as well."""
    said = stage.psql(
        "ana",
        stage.token("ana"),
        "SELECT name, email, phone, national_id FROM customers ORDER BY id LIMIT 3",
        "SELECT upper(email) AS loud, row_to_json(c) FROM (SELECT id, email FROM customers LIMIT 1) c",
        "SELECT card_number, card_holder, amount FROM payments ORDER BY id LIMIT 3",
        "COPY (SELECT id, email FROM customers ORDER BY id LIMIT 2) TO STDOUT",
        "SELECT id, body FROM support_tickets WHERE body LIKE '%key%' ORDER BY id LIMIT 3",
    )
    expect(said.returncode == 0, "all of it was to be answered")
    for mask in ("***@", "[phone]", "[national_id]", "************", "[name]", "[secret]"):
        expect(mask in said.stdout, f"{mask} was expected")
    for column, table in (("email", "customers"), ("phone", "customers"), ("card_number", "payments")):
        value = stage.at_the_target(f"SELECT {column} FROM {table} ORDER BY id LIMIT 1")  # noqa: S608 - constants
        expect(value not in said.stdout, f"a value of {column} is in the clear")


def an_analysts_join_works(stage: Stage) -> None:
    """An analyst's query over four tables is answered as ever; only the sensitive cell is masked."""
    query = (
        "SELECT c.country, count(DISTINCT o.id) AS orders, sum(i.quantity * i.price) AS revenue,"
        " max(c.email) AS somebody FROM customers c JOIN orders o ON o.customer_id = c.id"
        " JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id"
        " WHERE o.placed_at >= date '2025-01-01' AND o.status <> 'cancelled'"
        " GROUP BY c.country HAVING count(*) > 10 ORDER BY revenue DESC LIMIT 5"
    )
    said = stage.psql("ana", stage.token("ana"), query)
    expect(said.returncode == 0 and "(5 rows)" in said.stdout, "five rows were expected")
    first = stage.at_the_target(query.replace("SELECT c.country, count(DISTINCT o.id) AS orders,", "SELECT"))
    expect(str(first) in said.stdout, "the revenue should be what the target says")
    expect("[email]" in said.stdout and "@" not in said.stdout.split("somebody")[1], "the address should be masked")


def an_oracle_is_refused(stage: Stage) -> None:
    """Asking for rows by part of a hidden value is refused with a hint; by the whole value it is a look-up."""
    said = stage.psql("ana", stage.token("ana"), "SELECT id FROM customers WHERE email LIKE 'a%'")
    expect("42501" in said.stdout and "HINT" in said.stdout, "42501 and a hint were expected")
    for oracle in (
        "SELECT id FROM customers ORDER BY email LIMIT 1",
        "SELECT 1 / (CASE WHEN email < 'm' THEN 0 ELSE 1 END) FROM customers",
        "SELECT c.id FROM customers c JOIN support_tickets t ON t.body LIKE '%' || c.email || '%'",
        "SELECT national_id::int FROM customers",
    ):
        said = stage.psql("ana", stage.token("ana"), oracle)
        expect(said.returncode != 0 and "42501" in said.stdout, "42501 was expected")
    known = stage.at_the_target("SELECT email FROM customers WHERE id = 42")
    with stage.connect("ana", stage.token("ana")) as connection:
        found = connection.execute("SELECT id, name FROM customers WHERE email = %s", [known]).fetchall()
        print(f"   >>> customers whose email = %s, with the whole address: {len(found)}")
        expect(len(found) == 1 and found[0][0] == 42, "customer 42 was expected")


def a_held_write_is_approved(stage: Stage) -> None:
    """A price change is held: Ana is told, Dana of the DBAs looks and says yes, and it is done exactly once."""
    before = stage.at_the_target("SELECT price FROM products WHERE id = 7")
    with _Held(stage, "UPDATE products SET price = price + 1 WHERE id = %s", (7,)) as held:
        ticket = held.ticket()
        expect(stage.at_the_target("SELECT price FROM products WHERE id = 7") == before, "it should not have run yet")
        own = stage.yett("approvals", "approve", ticket["id"], "--yes", "--seen", _seen(stage, ticket), who="ana")
        expect(own.returncode != 0, "nobody approves what they asked")
        stage.yett("approvals", "show", ticket["id"], who="dana")
        done = stage.yett("approvals", "approve", ticket["id"], "--yes", "--seen", _seen(stage, ticket), who="dana")
        expect(done.returncode == 0, "the approval failed")
        held.end()
        expect(held.tag == "UPDATE 1", f"the update should be done, not {held.tag or held.error}")
        expect(any(ticket["id"] in line for line in held.told), "the client should have been told of the ticket")
        print(f"   NOTICE: {held.told[0]}")
    after = stage.at_the_target("SELECT price FROM products WHERE id = 7")
    expect(after == before + 1, f"it should be done exactly once: {before} became {after}")


def a_changed_parameter_is_asked_anew(stage: Stage) -> None:
    """The same statement for another product is another question; this time the answer is no, with a reason."""
    before = stage.at_the_target("SELECT price FROM products WHERE id = 8")
    with _Held(stage, "UPDATE products SET price = price + 1 WHERE id = %s", (8,)) as held:
        ticket = held.ticket()
        stage.yett("approvals", "deny", ticket["id"], "--reason", "not during the sale", who="dora")
        held.end()
        show(str(held.error))
        expect("not during the sale" in str(held.error), "the reviewer's reason was expected")
    expect(stage.at_the_target("SELECT price FROM products WHERE id = 8") == before, "it should not have run")


def a_role_for_a_while(stage: Stage) -> None:
    """Ana asks for a role, gets it for some seconds, reads payroll with it, and loses it by itself."""
    query = "SELECT count(*) FROM hr.payroll"
    with stage.connect("ana", stage.token("ana")) as connection:
        asked = stage.yett_json("request", "payroll-reader", "--for", "6s", "--reason", "salary audit", who="ana")
        ticket = next(one for one in stage.yett_json("approvals", "list", who="dana") if one["id"] == asked["id"])
        stage.yett("approvals", "approve", ticket["id"], "--yes", "--seen", _seen(stage, ticket), who="dana")
        stage.yett("grants", who="ana")
        expect(_soon(lambda: _answers(connection, query)), "payroll should be readable now")
        print(f"   >>> {query}: {connection.execute(query).fetchone()}")
        expect(_soon(lambda: not _answers(connection, query)), "the role should have ended by itself")
        print("   >>> some seconds later the same connection may not read it any more")


def _seen(stage: Stage, ticket: dict[str, str]) -> str:
    """Return the digest of what a reviewer was shown."""
    shown: dict[str, str] = stage.yett_json("approvals", "show", ticket["id"], who="dana")
    return shown["digest"]


class _Held:
    """A client whose statement waits for a person: what it was told, and how it ended."""

    def __init__(self, stage: Stage, statement: str, parameters: tuple[object, ...]) -> None:
        self._stage = stage
        self._connection = stage.connect("ana", stage.token("ana"))
        self._statement, self._parameters = statement, parameters
        self.told: list[str] = []
        self.tag, self.error = "", ""
        self._connection.add_notice_handler(lambda notice: self.told.append(notice.message_primary or ""))
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        print(f'   >>> connection.execute("{self._statement}", {self._parameters})')
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._thread.join(20)

    def _run(self) -> None:
        try:
            self.tag = self._connection.execute(self._statement, self._parameters).statusmessage or ""
        except psycopg.Error as error:
            self.error = str(error)

    def ticket(self) -> dict[str, str]:
        """Return the ticket as a reviewer's list shows it."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            for one in self._stage.yett_json("approvals", "list", who="dana"):
                found: dict[str, str] = one
                return found
            time.sleep(0.2)
        raise Unexpected("nobody was asked")

    def end(self) -> None:
        """Wait until the statement has ended."""
        self._thread.join(20)
        expect(not self._thread.is_alive(), "the statement still waits")


def _answers(connection: psycopg.Connection, query: str) -> bool:
    try:
        connection.execute(query)
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def _soon(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.2)
    return False


def others_get_nothing(stage: Stage) -> None:
    """Eve has a valid token and no group: she may not even connect."""
    told = refused(stage, "eve", stage.token("eve"))
    expect("authentication" not in told, "it was not her identity that was wrong")


def bad_tokens_are_refused(stage: Stage) -> None:
    """An expired token, one for another audience, one of an unknown issuer, and a forged one are refused."""
    good = stage.token("ana")
    head, body, signature = good.split(".")
    forged = ".".join((head, body, ("B" if signature[0] == "A" else "A") + signature[1:]))
    bad = {
        "expired": stage.token("ana", lifetime_seconds=-3600),
        "for another audience": stage.token("ana", audience="another-service"),
        "of an unknown issuer": stage.token("ana", issuer="https://login.elsewhere.example"),
        "forged": forged,
    }
    for what, text in bad.items():
        print(f"   a token {what}:")
        refused(stage, "ana", text)


def a_revoked_token_is_refused(stage: Stage) -> None:
    """A revoked token opens nothing any more, and the session that stands on it ends at once."""
    token = stage.token("ana")
    payload = token.split(".")[1]
    name = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["jti"]
    connection = stage.connect("ana", token)
    expect(connection.execute("SELECT 1").fetchone() == (1,), "it was good a moment ago")
    done = stage.yett("revoke", "--token", f"corp/{name}", "--reason", "the laptop was stolen")
    expect(done.returncode == 0, "the revocation failed")
    deadline = time.monotonic() + 5
    try:
        while time.monotonic() < deadline:
            connection.execute("SELECT 1")
            time.sleep(0.05)
    except psycopg.Error as error:
        show(str(error))
    else:
        raise Unexpected("the open session goes on")
    finally:
        connection.close()
    refused(stage, "ana", token)


def an_agent_of_the_gates_own(stage: Stage) -> None:
    """An agent made on this gate signs in by SCRAM with a yett credential; it reads, and writes nothing."""
    made = stage.yett("agent", "add", "reporter", "--group", "agents")
    expect(made.returncode == 0, "the agent was not made")
    issued = stage.yett_json("token", "issue", "reporter", "--for", "10m")
    expect({"user", "credential"} <= set(issued), f"user and credential were expected, not {sorted(issued)}")
    said = stage.psql(issued["user"], issued["credential"], "SELECT count(*) FROM orders")
    expect("20000" in said.stdout, "it should read")
    said = stage.psql(issued["user"], issued["credential"], "DELETE FROM orders WHERE id = 1")
    expect("42501" in said.stdout, "it should not write")


def the_session_is_replayed(stage: Stage) -> None:
    """Who did what, what was decided and why, and what was answered: the session is replayed."""
    sessions = stage.yett_json("sessions", "--denied")
    expect(sessions, "no session with a denial was found")
    stage.yett("sessions", "--denied")
    found = next((one for one in sessions if _dropped(stage, one["session"])), None)
    expect(found, "the session of the DROP was not found")
    stage.notes["session"] = found["session"]
    replayed = stage.yett("replay", found["session"])
    expect(replayed.returncode == 0, "the replay failed")
    for part in ("DROP TABLE customers", "no-ddl-in-prod", "SELECT count(*) FROM customers", "5000"):
        expect(part in replayed.stdout, f"{part} should be in the replay")


def _dropped(stage: Stage, session: str) -> bool:
    return "DROP TABLE customers" in stage.yett("replay", session, shown=False).stdout


def the_evidence_is_proved(stage: Stage) -> None:
    """The evidence is proved: it verifies; after one byte is changed verify fails and names the entry."""
    whole = stage.yett("verify")
    expect(whole.returncode == 0, "the untouched recordings should verify")
    recording = _recording(stage)
    untouched = recording.read_bytes()
    place = len(untouched) // 2
    changed = bytearray(untouched)
    changed[place] ^= 1
    print(f"   one byte of {recording.name} is changed, at {place}")
    recording.write_bytes(bytes(changed))
    try:
        broken = stage.yett("verify", stage.notes["session"])
        expect(broken.returncode == 1, "verify should fail now")
        expect("entry" in broken.stdout, "it should name the entry")
        expect(stage.yett("verify", shown=False).returncode == 1, "verify of everything should fail too")
    finally:
        recording.write_bytes(untouched)
    expect(stage.yett("verify", stage.notes["session"]).returncode == 0, "the restored recording should verify")


def _recording(stage: Stage) -> Path:
    expect("session" in stage.notes, "there is no session to verify")
    folder = stage.place.gate_data
    files = [path for path in folder.rglob(f"*{stage.notes['session']}*") if path.is_file()]
    expect(files, f"no recording of the session in {folder}")
    return max(files, key=lambda path: path.stat().st_size)


STEPS: list[Callable[[Stage], None]] = [
    rows_are_read,
    a_write_is_allowed,
    a_drop_is_refused,
    a_transaction_fails_as_its_own,
    a_table_outside_the_policy_is_refused,
    sensitive_values_are_masked,
    an_analysts_join_works,
    an_oracle_is_refused,
    a_held_write_is_approved,
    a_changed_parameter_is_asked_anew,
    a_role_for_a_while,
    others_get_nothing,
    bad_tokens_are_refused,
    a_revoked_token_is_refused,
    an_agent_of_the_gates_own,
    the_session_is_replayed,
    the_evidence_is_proved,
]
