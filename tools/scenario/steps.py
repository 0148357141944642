"""The steps of the scenario, in order. A later issue adds its own to STEPS."""

import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable
from pathlib import Path

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
    others_get_nothing,
    bad_tokens_are_refused,
    a_revoked_token_is_refused,
    an_agent_of_the_gates_own,
    the_session_is_replayed,
    the_evidence_is_proved,
]
