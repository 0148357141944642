"""Where each output column comes from."""

import pytest

from protocols.postgres.sql.lineage.shop import shown

CASES = [
    ("select email from customers", "verbatim c.email"),
    ("select c.email from customers c", "verbatim c.email"),
    ("select public.customers.email from customers", "verbatim c.email"),
    ("select lower(email) from customers", "derived c.email"),
    ("select 1 from customers", "constant"),
    ("select email::int from customers", "derived c.email !c.email"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_an_output_is_made_of_what_it_says(text: str, expected: str) -> None:
    assert ", ".join(shown(text)) == expected
