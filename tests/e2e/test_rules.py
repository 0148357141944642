"""What rules answer in a write's place is seen by somebody whom policy restricts as it is directly."""

import pytest

from e2e.gates import EVERYTHING
from e2e.routes import Route

ALMOST_EVERYTHING = {
    "almost": EVERYTHING
    + """
@id("not-this-table")
forbid (principal in Group::"corp/everything", action, resource == Table::"e2e/public.kept_away");
"""
}
SCRIPT = """
CREATE TABLE ruled (a int);
CREATE RULE tell AS ON INSERT TO ruled DO INSTEAD SELECT 41 + 1 AS answer;
CREATE RULE also AS ON DELETE TO ruled DO ALSO SELECT 'gone' AS what;
INSERT INTO ruled VALUES (1), (2);
DELETE FROM ruled;
UPDATE ruled SET a = 2;
DROP TABLE ruled;
"""


@pytest.mark.parametrize("how", ["-a", "-X"])
def test_rows_that_a_rule_answers_are_shown(new_gate, route_of, how: str) -> None:
    route: Route = new_gate(policies=ALMOST_EVERYTHING).route()
    said = route.psql(SCRIPT, how)
    assert "42" in said
    assert said == route_of("direct", 17).psql(SCRIPT, how)
