"""Labels are added to yett.toml, and everything that somebody wrote there stays."""

import tomllib
from pathlib import Path

import pytest

from yett.config.adding import Label, add_labels, label_lines, with_labels
from yett.core.errors import ConfigError
from yett.masking.labels import column_parts
from yett.masking.proposals import Proposal

RESOURCE = """# our gate
[resources.orders]
protocol = "postgres"   # version 17
address = "db.internal:5432"
credential = { from = "env", user = "ORDERS_USER", password = "ORDERS_PASSWORD" }
"""
LABELS = [Label("public.customers.email", "email"), Label('public."odd.table".c', "card", "9 of 10 values")]


def test_a_table_is_begun_where_there_is_none() -> None:
    assert with_labels(RESOURCE, "orders", LABELS) == RESOURCE + (
        '\n[data.orders]\n"public.customers.email" = "email"\n\'public."odd.table".c\' = "card"  # 9 of 10 values\n'
    )
    assert with_labels(RESOURCE.rstrip(), "orders", LABELS).startswith(RESOURCE + "\n[data.orders]\n")


def test_lines_are_added_at_the_end_of_their_table_and_comments_stay() -> None:
    text = '[data.orders]  # what we know\nunlabelled = "closed" # strict\n\n# of others\n[data.other]\n'
    assert with_labels(text, "orders", [Label("a.b.c", "x")]) == text.replace("# strict\n", '# strict\n"a.b.c" = "x"\n')
    assert with_labels("[data.orders]", "orders", [Label("a.b.c", "x")]) == '[data.orders]\n"a.b.c" = "x"\n'


def test_line_ends_stay_as_they_are() -> None:
    text = '[data.orders]\r\nunlabelled = "open"\r\n'
    assert with_labels(text, "orders", [Label("a.b.c", "x")]) == text + '"a.b.c" = "x"\r\n'


@pytest.mark.parametrize(
    "text",
    ['data = { orders = { "a.b.d" = "y" } }\n', '[data]\norders."a.b.d" = "y"\n', '[data.orders]\n"a.b.c"="y"\n'],
)
def test_what_cannot_be_added_to_by_lines_is_left_alone(text: str) -> None:
    with pytest.raises(ConfigError, match="lines cannot be added"):
        with_labels(text, "orders", [Label("a.b.c", "x")])


@pytest.mark.parametrize("name", ["plain", "with.dot", 'with"quote', "with'both\"", "new\nline", "ünïcode"])
def test_any_name_finds_itself_again(name: str) -> None:
    key = proposed(name).key
    read = tomllib.loads("\n".join(label_lines([Label(key, "x", "for\na reason")])))
    assert [column_parts(one) for one in read] == [("public", name, "c")]


def proposed(table: str) -> Proposal:
    return Proposal("public", table, "c", "text", "email", 1, 1, 0, named=True)


def test_a_file_is_replaced_whole_with_its_mode_and_only_if_it_can_be_loaded(tmp_path: Path) -> None:
    file = tmp_path / "yett.toml"
    file.write_text(RESOURCE)
    file.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    add_labels(link, "orders", [Label("a.b.c", "email")])
    assert link.is_symlink()
    assert file.read_text().endswith('[data.orders]\n"a.b.c" = "email"\n')
    assert file.stat().st_mode & 0o777 == 0o640
    whole = file.read_text()
    with pytest.raises(ConfigError):
        add_labels(file, "orders", [Label("no column", "email")])
    assert file.read_text() == whole
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link.toml", "yett.toml"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        add_labels(tmp_path / "none.toml", "orders", LABELS)
    assert caught.value.code == "config_not_written"
