"""The step in which the target knows a role that exists for one session alone, and refuses by itself."""

from stage import Stage, expect, soon

_ROLES = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'yett\\_e\\_%%'"
_WHO = "SELECT usename FROM pg_stat_activity WHERE usename LIKE 'yett\\_e\\_%%'"


def a_role_made_for_the_session(stage: Stage) -> None:
    """In `reports` Ana works at the target as a role made for her: it can what policy lets her, and goes with her."""
    expect(stage.at_the_target(_ROLES) == 0, "there should be no such role yet")
    with stage.connect("ana", stage.token("ana"), "reports") as connection:
        query = "SELECT count(*) FROM orders"
        print(f"   >>> {query}: {connection.execute(query).fetchone()}")
        role = stage.at_the_target(_WHO)
        print(f"   the target's own pg_stat_activity says who works there: {role}")
        until = stage.at_the_target("SELECT rolvaliduntil FROM pg_roles WHERE rolname = %s", role)
        print(f"   its pg_roles says until when it may sign in: {until}")
        expect(until is not None, "the role should have an end of its own")
        said = stage.as_role_at_the_target(role, query)
        expect("20000" in said, "the role should read what policy permits")
        for beyond in (
            "SELECT * FROM customers",
            "SELECT * FROM hr.payroll",
            "DELETE FROM orders WHERE id = 1",
            "CREATE TABLE mine ()",
        ):
            said = stage.as_role_at_the_target(role, beyond)
            expect("42501" in said or "25006" in said, "the target itself should refuse")
    expect(soon(lambda: stage.at_the_target(_ROLES) == 0), "the role should be gone with its session")
    print("   Ana's session is over: the target has no such role any more")
