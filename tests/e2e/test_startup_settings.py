"""What a client sets as it connects holds as if it were directly connected; the restricted may what they may SET."""

import psycopg
import pytest
from psycopg import sql

from e2e.gates import EVERYTHING
from e2e.routes import OWNER, Route

ALMOST_EVERYTHING = {
    "almost": EVERYTHING
    + """
@id("not-this-table")
forbid (principal in Group::"corp/everything", action, resource == Table::"e2e/public.kept_away");
"""
}


def _shown(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute(sql.SQL("SHOW {}").format(sql.Identifier(*name.split(".")))).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("search_path", "sales,public"),
        ("search_path", ""),
        ("work_mem", "3MB"),
        ("standard_conforming_strings", "off"),
        ("role", OWNER),
        ("app.tenant", "3"),
        ("DateStyle", "German, DMY"),
    ],
)
def test_whatever_the_server_accepts_is_accepted(route: Route, name: str, value: str) -> None:
    options = f"-c {name}={value.replace(' ', chr(92) + ' ')}"
    with route.connect(options=options) as connection:
        assert _shown(connection, name) == value


@pytest.mark.parametrize(
    ("options", "sqlstate"),
    [("-c no_such_setting=1", "42704"), ("-c work_mem=much", "22023"), ("-c max_connections=7", "55P02")],
)
def test_what_the_server_refuses_is_refused_in_its_words(route_of, options: str, sqlstate: str) -> None:
    told = []
    for way in ("direct", "gate"):
        with pytest.raises(psycopg.OperationalError) as caught:
            route_of(way, 17).connect(options=options)
        told.append(str(caught.value).partition("FATAL:")[2])
    assert told[0] == told[1] != ""
    assert sqlstate not in told[0]


def test_the_restricted_may_bring_along_what_they_may_set(new_gate) -> None:
    route = new_gate(policies=ALMOST_EVERYTHING).route()
    with route.connect(options="-csearch_path=pg_catalog,public -cwork_mem=3MB") as connection:
        assert _shown(connection, "search_path") == "pg_catalog,public"
        assert _shown(connection, "work_mem") == "3MB"
        assert connection.execute("SELECT count(*) > 0 FROM customers").fetchone() == (True,)
    for refused in ("-crole=postgres", "-capp.tenant=3", "-csearch_path=public,PG_CATALOG", "-cwork_mem=900GB"):
        with pytest.raises(psycopg.OperationalError, match="is not accepted when connecting"):
            route.connect(options=refused)
