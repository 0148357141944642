"""The steps in which people are asked: holds, approvals, what is new, and roles for a while."""

import threading
from typing import Self

import psycopg
from stage import Stage, expect, show, soon


def a_held_write_is_approved(stage: Stage) -> None:
    """A price change is held: Ana is told, Dana of the DBAs looks and says yes, and it is done exactly once."""
    before = stage.at_the_target("SELECT price FROM products WHERE id = 7")
    with _Held(stage, "UPDATE products SET price = price + 1 WHERE id = %s", (7,)) as held:
        ticket = held.ticket()
        expect(stage.at_the_target("SELECT price FROM products WHERE id = 7") == before, "it should not have run yet")
        stage.yett("approvals", "show", ticket["id"], who="dana")
        done = stage.yett("approvals", "approve", ticket["id"], "--yes", "--seen", _seen(stage, ticket), who="dana")
        expect(done.returncode == 0, "the approval failed")
        held.end()
        expect(held.tag == "UPDATE 1", f"the update should be done, not {held.tag or held.error}")
        expect(any(ticket["id"] in line for line in held.told), "the client should have been told of the ticket")
        print(f"   NOTICE: {held.told[0]}")
    after = stage.at_the_target("SELECT price FROM products WHERE id = 7")
    expect(after == before + 1, f"it should be done exactly once: {before} became {after}")


def an_approval_counts_once(stage: Stage) -> None:
    """The very same statement again is asked anew: the yes was for once. When Ana goes away, nothing is done."""
    before = stage.at_the_target("SELECT price FROM products WHERE id = 7")
    with _Held(stage, "UPDATE products SET price = price + 1 WHERE id = %s", (7,)) as held:
        ticket = held.ticket()
        print(f"   another ticket: {ticket['id']}")
        expect(ticket["state"] == "open", "somebody should be asked again")
        stage.yett("approvals", "deny", ticket["id"], "--reason", "once was enough", who="dana")
        held.end()
        expect("once was enough" in held.error, "the reviewer's reason was expected")
    expect(stage.at_the_target("SELECT price FROM products WHERE id = 7") == before, "it should not have run again")


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


def nobody_approves_their_own(stage: Stage) -> None:
    """Dana is a DBA and may approve, but not what she asked herself; Dora says yes to it."""
    statement = "UPDATE products SET price = price + 1 WHERE id = %s"
    before = stage.at_the_target("SELECT price FROM products WHERE id = 9")
    with _Held(stage, statement, (9,), who="dana") as held:
        ticket = held.ticket(who="dora")
        seen = _seen(stage, ticket, who="dora")
        own = stage.yett("approvals", "approve", ticket["id"], "--yes", "--seen", seen, who="dana")
        expect(own.returncode != 0 and "error[own]" in own.stdout, "nobody approves what they asked")
        expect(stage.at_the_target("SELECT price FROM products WHERE id = 9") == before, "it should not have run yet")
        stage.yett("approvals", "approve", ticket["id"], "--yes", "--seen", seen, who="dora")
        held.end()
    expect(stage.at_the_target("SELECT price FROM products WHERE id = 9") == before + 1, "once, by Dora's yes")


def what_is_new_for_an_agent_is_held(stage: Stage) -> None:
    """A policy holds what an agent never did before. It learns what was approved, and what is on record from before."""
    usual, new = "SELECT status FROM orders WHERE id = %s", "SELECT note FROM orders WHERE id = %s"
    with stage.connect("support-bot", stage.token("support-bot")) as connection:
        print(f"   before there is such a policy, the agent runs {usual}")
        connection.execute(usual, (1,))
    policy = stage.place.folder / "policies" / "new.cedar"
    policy.write_text(_NEW)
    show(policy.read_text())
    try:
        expect(soon(lambda: "policies loaded" in stage.place.log.read_text()), "the gate should take in the policy")
        stage.yett("baseline", "learn", "--principal", "support-bot", "--resource", "orders")
        stage.yett("baseline", "list")
        with _Held(stage, new, (1,), who="support-bot") as held:
            ticket = held.ticket()
            seen = _seen(stage, ticket)
            stage.yett("approvals", "approve", ticket["id"], "--yes", "--seen", seen, who="dana")
            held.end()
            expect(held.tag == "SELECT 1", f"it should be answered, not {held.tag or held.error}")
            for statement, order in ((new, 2), (usual, 3)):
                found = held.connection.execute(statement, (order,)).fetchone()
                print(f"   >>> {statement % order}: {found}, and nobody was asked")
        with _Held(stage, "SELECT total FROM orders WHERE id = %s", (1,), who="support-bot") as held:
            stage.yett("approvals", "deny", held.ticket()["id"], "--reason", "not its business", who="dana")
            held.end()
            expect("not its business" in held.error, "another column should be asked about")
    finally:
        policy.unlink()


_NEW = """@id("new-for-an-agent")
@approval("dba")
@reason("this agent has not done the like here before")
forbid (principal is Agent, action in [Action::"read", Action::"write"], resource in Schema::"orders/public")
when { context.novel }
unless { context.approvals.contains("dba") };
"""


def a_role_for_a_while(stage: Stage) -> None:
    """Ana asks for a role, gets it for some seconds, reads payroll with it, and loses it by itself."""
    query = "SELECT count(*) FROM hr.payroll"
    with stage.connect("ana", stage.token("ana")) as connection:
        asked = stage.yett_json("request", "payroll-reader", "--for", "6s", "--reason", "salary audit", who="ana")
        ticket = next(one for one in stage.yett_json("approvals", "list", who="dana") if one["id"] == asked["id"])
        stage.yett("approvals", "approve", ticket["id"], "--yes", "--seen", _seen(stage, ticket), who="dana")
        stage.yett("grants", who="ana")
        expect(soon(lambda: _answers(connection, query)), "payroll should be readable now")
        print(f"   >>> {query}: {connection.execute(query).fetchone()}")
        expect(soon(lambda: not _answers(connection, query)), "the role should have ended by itself")
        print("   >>> some seconds later the same connection may not read it any more")


def _seen(stage: Stage, ticket: dict[str, str], who: str = "dana") -> str:
    """Return the digest of what a reviewer was shown."""
    shown: dict[str, str] = stage.yett_json("approvals", "show", ticket["id"], who=who)
    return shown["digest"]


class _Held:
    """A client whose statement waits for a person: what it was told, and how it ended."""

    def __init__(self, stage: Stage, statement: str, parameters: tuple[object, ...], who: str = "ana") -> None:
        self._stage = stage
        self.connection = stage.connect(who, stage.token(who))
        self._statement, self._parameters = statement, parameters
        self.told: list[str] = []
        self.tag, self.error = "", ""
        self.connection.add_notice_handler(lambda notice: self.told.append(notice.message_primary or ""))
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        print(f'   >>> connection.execute("{self._statement}", {self._parameters})')
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self._thread.join(20)

    def _run(self) -> None:
        try:
            self.tag = self.connection.execute(self._statement, self._parameters).statusmessage or ""
        except psycopg.Error as error:
            self.error = str(error)

    def ticket(self, who: str = "dana") -> dict[str, str]:
        """Return the ticket as a reviewer's list shows it."""
        expect(soon(lambda: self.asked(who)), "nobody was asked")
        return self.asked(who)[0]

    def asked(self, who: str) -> list[dict[str, str]]:
        """Return the tickets that wait now, as a reviewer's list shows them."""
        found: list[dict[str, str]] = self._stage.yett_json("approvals", "list", who=who, told=False)
        return found

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
