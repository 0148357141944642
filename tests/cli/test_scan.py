"""`yett scan` looks at a real server's rows, shows counts and never values, and writes what is accepted."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from yett.cli.main import app
from yett.config import load_config

TABLES = """
CREATE SCHEMA shop;
CREATE TABLE shop.customers (id int PRIMARY KEY, email text, note text, "Ca.rd" numeric, raw bytea, labelled text);
COMMENT ON COLUMN shop.customers.labelled IS 'yett: email';
INSERT INTO shop.customers SELECT n, 'planted' || n || '@example.com', 'order ' || n, 4111111111111111,
  convert_to('raw' || n || '@example.com', 'UTF8'), 'x@example.com' FROM generate_series(1, 50) n;
CREATE TABLE shop."odd ""name" (tags text[], doc jsonb);
INSERT INTO shop."odd ""name" VALUES (ARRAY['a'], '{"mail": "deep@example.com"}');
CREATE TABLE shop.large (mail varchar(80)) ;
INSERT INTO shop.large SELECT 'large' || n || '@example.com' FROM generate_series(1, 30000) n;
ANALYZE shop.large;
CREATE TABLE shop.locked (mail text);
CREATE VIEW shop.seen AS SELECT email FROM shop.customers;
"""


@pytest.fixture(scope="module")
def shop(postgres17):
    with postgres17.connect() as connection:
        connection.execute(TABLES)
    yield postgres17
    with postgres17.connect() as connection:
        connection.execute("DROP SCHEMA shop CASCADE")


@pytest.fixture
def file(shop, tmp_path: Path) -> Path:
    (tmp_path / "password").write_text(shop.password)
    (tmp_path / "user").write_text("postgres")
    found = tmp_path / "yett.toml"
    found.write_text(f"""
[gate]
data = "data"

[resources.orders]  # the shop
protocol = "postgres"
address = "{shop.host}:{shop.port}"
database = "postgres"
tls = {{ mode = "prefer" }}
credential = {{ from = "file", user = "user", password = "password" }}

[data.orders]
unlabelled = "scanned"  # for now
""")
    return found


def run(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


def scanned(file: Path, *words: str):
    result = run("scan", "orders", "--tables", "shop.*", "--config", file, *words)
    assert "example.com" not in result.output
    assert "4111" not in result.output
    return result


def test_columns_are_proposed_with_counts_and_never_values(file: Path) -> None:
    result = scanned(file, "--json")
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert (said["tables"], said["unreadable"]) == (4, [])
    found = {one["column"]: one for one in said["proposals"]}
    assert found["shop.customers.email"] | {"type": ""} == {
        "column": "shop.customers.email",
        "type": "",
        "label": "email",
        "sure": True,
        "sampled": 50,
        "whole": 50,
        "inside": 0,
        "named": True,
        "accepted": False,
    }
    assert found['shop.customers."Ca.rd"']["label"] == "card"
    assert found["shop.customers.raw"]["label"] == "email"
    assert found["shop.large.mail"]["sampled"] == 500
    assert not found['shop."odd ""name".doc']["sure"]
    assert "shop.customers.labelled" not in found
    assert "shop.customers.note" not in found
    assert not any("seen" in column for column in found)


def test_what_is_accepted_is_written_and_not_proposed_again(file: Path) -> None:
    text = file.read_text()
    shown = scanned(file)
    assert shown.exit_code == 1
    assert "yett scan orders --accept" in shown.output
    assert file.read_text() == text
    accepted = scanned(file, "--accept")
    assert accepted.exit_code == 0
    assert file.read_text().startswith(text)
    labels = load_config(file).settings.data["orders"]
    assert labels["shop.customers.email"] == "email"
    assert labels['shop.customers."Ca.rd"'] == "card"
    again = scanned(file, "--json")
    assert again.exit_code == 0
    assert not any(one["sure"] for one in json.loads(again.stdout)["proposals"])


def test_tables_that_cannot_be_read_are_named_and_nothing_is_waited_for(file: Path, shop) -> None:
    with shop.connect(autocommit=False) as other:
        other.execute("LOCK TABLE shop.locked")
        said = json.loads(scanned(file, "--json").stdout)
    assert said["unreadable"] == ["shop.locked"]
    assert said["tables"] == 4


def test_an_unknown_resource_is_named_with_the_one_that_was_meant(file: Path) -> None:
    result = run("scan", "order", "--config", file)
    assert result.exception is not None
    assert 'did you mean "orders"?' in str(result.exception)
