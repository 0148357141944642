"""psql works through the gate as it does without."""

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from e2e.routes import Route

LISTINGS = (
    r"\d",
    r"\d+ customers",
    r"\d orders",
    r"\dt *.*",
    r"\dv",
    r"\di",
    r"\df",
    r"\dT+",
    r"\dn+",
    r"\du",
    r"\dp customers",
    r"\sf customer_value",
    r"\sv order_overview",
    r"\l template1",
    r"\dx",
    r"\dconfig work_mem",
)


@pytest.mark.parametrize("command", LISTINGS)
def test_listings_are_the_same(any_route: Route, route_of: Callable[..., Route], command: str) -> None:
    direct = route_of("direct", any_route.server.version)
    assert any_route.psql(command) == direct.psql(command) != ""


SCRIPTS = {
    "rows": "SELECT id, name, born FROM customers ORDER BY id LIMIT 20;",
    "expanded": "SELECT * FROM customers WHERE id = 3 \\gx",
    "tags": "CREATE TEMP TABLE t (a int); INSERT INTO t SELECT 1 FROM generate_series(1, 7);\n"
    "UPDATE t SET a = 2; DELETE FROM t; TRUNCATE t; DROP TABLE t;",
    "an error's place": "SELECT nme FROM customers;\nSELECT 1;",
    "a syntax error": "SELEC 1;\nSELECT 1 +;\n",
    "all of an error": "\\set VERBOSITY verbose\nINSERT INTO products VALUES (1, 'SKU-00001', 'x', 1, 1, '{}');\n",
    "notices": "DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; RAISE INFO 'three'; END $$;\nSELECT 1;",
    "a transaction": "BEGIN; SELECT 1; SELECT 1/0; SELECT 2; ROLLBACK; SELECT 3;",
    "savepoints": "BEGIN; SAVEPOINT a; SELECT 1/0; ROLLBACK TO a; SELECT 2; COMMIT;",
    "several at once": "SELECT 1 AS a\\; SELECT 2 AS b\\; SELECT 3 AS c;",
    "variables": "\\set wanted 7\nSELECT name FROM customers WHERE id = :wanted;\n"
    "SELECT count(*) AS many FROM orders \\gset\n\\echo :many",
    "gdesc": "SELECT id, email, born, marketing FROM customers \\gdesc",
    "bind": "SELECT name FROM products WHERE id = $1 AND price > $2 \\bind 5 1.5 \\g",
    "crosstab": "SELECT country, marketing, count(*) FROM customers GROUP BY 1, 2 ORDER BY 1, 2 \\crosstabview",
    "gexec": "SELECT format('SELECT %s AS n', n) FROM generate_series(1, 3) n \\gexec",
    "cursor": "\\set FETCH_COUNT 10\nSELECT id FROM customers ORDER BY id LIMIT 35;",
    "empty": ";\n\n-- nothing\n;",
    "unicode": "SELECT 'Žluťoučký kůň 🐎' AS \"Größe\";",
    "settings": "SET search_path = public; SHOW search_path; SHOW server_encoding; SHOW standard_conforming_strings;",
    "prepared": "PREPARE p (int) AS SELECT name FROM products WHERE id = $1; EXECUTE p(3); DEALLOCATE p; EXECUTE p(3);",
    "explain": "EXPLAIN (COSTS OFF) SELECT * FROM orders WHERE customer_id = 3;",
    "formats": "\\pset format csv\nSELECT id, name FROM products ORDER BY id LIMIT 3;\n\\pset format html\nSELECT 1;",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_say_the_same(route: Route, direct: Route, name: str) -> None:
    said = route.psql(SCRIPTS[name])
    assert _steady(said) == _steady(direct.psql(SCRIPTS[name]))
    assert said or name == "empty"


def _steady(text: str) -> str:
    """Return the text without what differs from one run to the next, the server's source lines included."""
    return re.sub(r"psql:<stdin>:\d+: ", "", text)


@pytest.mark.parametrize("version", [15, 17, 18])
def test_psql_of_every_version_reads_rows(route: Route, filled: Callable, version: int) -> None:
    said = route.psql("SELECT 'row ' || id FROM products ORDER BY id LIMIT 2;", "-At", version=filled(version))
    assert said == "row 1\nrow 2\n"


def test_copy_takes_a_table_out_and_puts_it_back(route: Route, tmp_path: Path) -> None:
    file = tmp_path / "products.tsv"
    said = route.psql(
        f"\\copy products TO '{file}'\n"
        "CREATE TEMP TABLE again (LIKE products);\n"
        f"\\copy again FROM '{file}'\n"
        "SELECT count(*) FROM (TABLE products EXCEPT TABLE again) differing;\n",
        "-At",
    )
    assert said == "COPY 50\nCREATE TABLE\nCOPY 50\n0\n"


def test_copy_refuses_a_bad_line_with_its_place(route: Route, direct: Route) -> None:
    script = "CREATE TEMP TABLE t (a int);\nCOPY t FROM STDIN;\n1\nnot a number\n\\.\nSELECT count(*) FROM t;\n"
    assert route.psql(script) == direct.psql(script)


def test_watch_repeats(route: Route) -> None:
    said = route.psql("SELECT 'again' \\watch i=0.1 c=3\n", "-At")
    assert said.count("again") == 3


def test_a_cancelled_statement_is_the_servers_error(route: Route) -> None:
    command = [str(route.server.tool("psql")), "-X", "-c", "SELECT pg_sleep(30)"]
    with subprocess.Popen(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=route.environment()
    ) as running:
        _await_sleeping(route)
        running.send_signal(signal.SIGINT)
        said, _ = running.communicate(timeout=10)
    assert "canceling statement due to user request" in said


def test_listen_shows_what_another_session_notifies(route: Route) -> None:
    with route.connect() as other:
        command = [str(route.server.tool("psql")), "-X"]
        with subprocess.Popen(
            command,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=route.environment(),
        ) as running:
            running.stdin.write("LISTEN doors;\n")
            running.stdin.flush()
            assert running.stdout.readline() == "LISTEN\n"
            other.execute("NOTIFY doors, 'open'")
            said, _ = running.communicate("SELECT 1;\n", timeout=10)
    assert 'Asynchronous notification "doors" with payload "open" received' in said


@pytest.fixture
def terminal(route: Route) -> Iterator[pexpect.spawn]:
    """Return psql in a terminal, waiting at its prompt."""
    command, *arguments = [str(route.server.tool("psql")), "-X", "-v", "PROMPT1=>> ", "-P", "pager=off"]
    environment = route.environment(TERM="dumb", INPUTRC="/dev/null")
    running = pexpect.spawn(command, arguments, env=environment, timeout=10, encoding="utf-8", dimensions=(50, 200))
    running.expect(">> ")
    yield running
    running.close(force=True)


def test_tab_completes_names_from_the_catalog(terminal: pexpect.spawn) -> None:
    terminal.send("SELECT * FROM support_t\t")
    terminal.expect("support_tickets")
    terminal.send("WHERE sub\t")
    terminal.expect("subject")
    terminal.sendcontrol("c")
    terminal.expect(">> ")


def test_ctrl_c_stops_a_statement_and_the_session_goes_on(route: Route, terminal: pexpect.spawn) -> None:
    terminal.sendline("SELECT pg_sleep(30);")
    _await_sleeping(route)
    terminal.sendcontrol("c")
    terminal.expect("canceling statement due to user request")
    terminal.expect(">> ")
    terminal.sendline("SELECT 'still ' || 'here';")
    terminal.expect("still here")


def _await_sleeping(route: Route) -> None:
    deadline = time.monotonic() + 10
    query = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(30)%' AND state = 'active'"
    with route.server.connect() as connection:
        while connection.execute(query).fetchone() == (0,):
            assert time.monotonic() < deadline, "the statement never began"
            time.sleep(0.02)
