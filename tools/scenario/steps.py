"""The steps of the scenario, in order. A later issue adds its own to STEPS."""

import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable
from pathlib import Path

import psycopg
from leases import a_role_made_for_the_session
from stage import Stage, Unexpected, expect, refused, show
from waiting import (
    a_changed_parameter_is_asked_anew,
    a_held_write_is_approved,
    a_role_for_a_while,
    an_approval_counts_once,
    nobody_approves_their_own,
    what_is_new_for_an_agent_is_held,
)


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
    an_approval_counts_once,
    a_changed_parameter_is_asked_anew,
    nobody_approves_their_own,
    what_is_new_for_an_agent_is_held,
    a_role_for_a_while,
    a_role_made_for_the_session,
    others_get_nothing,
    bad_tokens_are_refused,
    a_revoked_token_is_refused,
    an_agent_of_the_gates_own,
    the_session_is_replayed,
    the_evidence_is_proved,
]
