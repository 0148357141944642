"""Where each output column comes from, and what shapes the rows of an answer."""

import pytest

from protocols.postgres.sql.lineage.cases import PLAIN, TOTAL
from protocols.postgres.sql.lineage.shop import said, traced, words


def _cases(table: str) -> list[tuple[str, str, str]]:
    found = []
    for line in table.splitlines():
        text, _, expected = line.partition(" -> ")
        outputs, _, shaping = expected.partition(" | ")
        found.append((text, outputs, shaping))
    return found


@pytest.mark.parametrize(("text", "outputs", "shaping"), _cases(PLAIN), ids=[c[0] for c in _cases(PLAIN)])
def test_outputs_and_shaping_of_a_statement(text: str, outputs: str, shaping: str) -> None:
    found = traced(text)
    assert (", ".join(said(one) for one in found.outputs), words(found.shaping)) == (outputs, shaping)
    assert not found.opaque_shaping
    assert found.every is None


@pytest.mark.parametrize(
    "text",
    [
        "select lower(email) from customers",
        "with q as materialized (select id, email like 'a%' from customers) select id from q",
        "select id from (select id, substr(email, 1, 2) from customers offset 0) s",
    ],
)
def test_what_is_computed_is_said_though_nobody_uses_it(text: str) -> None:
    assert words(traced(text).computed) == "c.email"
    assert not traced("select email from customers where name = 'x'").computed


@pytest.mark.parametrize(("text", "output", "shaping"), _cases(TOTAL), ids=[c[0] for c in _cases(TOTAL)])
def test_what_an_expression_says_of_a_column_and_whether_it_may_raise(text: str, output: str, shaping: str) -> None:
    found = traced(f"select {text} from customers")
    assert (said(found.outputs[0]), words(found.shaping)) == (output, shaping)
