"""How COPY data will be written is read from the statement, or not at all."""

import pytest

from yett.protocols.postgres.masking.copy_lines import CopyOptions
from yett.protocols.postgres.masking.copy_options import copy_options
from yett.protocols.postgres.sql.grammar import parse


@pytest.mark.parametrize(
    ("options", "read"),
    [
        ("", CopyOptions()),
        ("(FORMAT text)", CopyOptions()),
        ("(FORMAT binary)", CopyOptions()),
        ("BINARY", CopyOptions()),
        ("(DELIMITER '|', NULL '')", CopyOptions(delimiter=b"|", null=b"")),
        ("(HEADER)", CopyOptions(header=True)),
        ("(HEADER off)", CopyOptions()),
        ("(HEADER 1)", CopyOptions(header=True)),
        ("(HEADER 0, FORCE_QUOTE *, FORMAT csv)", CopyOptions(csv=True)),
        ("CSV HEADER QUOTE AS '''' ESCAPE '^'", CopyOptions(csv=True, header=True, quote=b"'", escape=b"^")),
        ("(ENCODING 'UTF8')", CopyOptions()),
        ("(ENCODING 'latin1')", None),
        ("(ENCODING 'sjis', FORMAT csv)", None),
        ("(HEADER match)", None),
        ("(HEADER 2)", None),
        ("(HEADER, HEADER off)", None),
        ("(FORMAT 'json')", None),
        ("(FORMAT CSV)", CopyOptions(csv=True)),
        ("(FORMAT 'CSV')", None),
        ("(DELIMITER '||')", None),
        ("(SOMETHING new)", None),
    ],
)
def test_options_are_read_or_the_statement_cannot_be_covered(options, read) -> None:
    tree = parse(f"COPY t TO STDOUT {options}")
    assert copy_options(tree.stmts[0]["stmt"]["CopyStmt"].get("options", [])) == read
