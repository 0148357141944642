"""A structure is recognised only where no literal can change what is touched, and then the facts are the same."""

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yett.protocols.postgres.sql import structure_hot
from yett.protocols.postgres.sql.grammar import SyntaxRefused, parse
from yett.protocols.postgres.sql.structure import literals_do_not_matter
from yett.protocols.postgres.sql.structure_hot import structure_key, structure_literals
from yett.protocols.postgres.sql.understanding import BoundedMemory, Limits, Understanding, understand

RECOGNISED = [
    "SELECT * FROM t WHERE a = 1 AND b = 'x' LIMIT 5 OFFSET 6",
    "select a, 1, 'x' from t where b in (1, 2, 3) or c between 4 and 5 or d like 'x%'",
    "SELECT lower('x'), coalesce(a, 1), CASE a WHEN 1 THEN 'x' ELSE 'y' END, ARRAY[1, 2], ROW(1, 'x') FROM t",
    "SELECT 'x'::text, CAST('1' AS int), interval '1 day', date '2020-01-01', '{}'::jsonb, -5, a - 5 FROM t",
    "SELECT * FROM (SELECT 1 FROM u WHERE c = 'x') s WHERE EXISTS (SELECT 2 FROM v WHERE d = 3)",
    "INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y') ON CONFLICT (a) DO UPDATE SET b = 'z' RETURNING 7",
    "UPDATE t SET a = 1, b = 'x' WHERE c = 2;",
    "DELETE FROM t WHERE a = $1 AND b = 2",
    "  SELECT 1",
    'SELECT a FROM t WHERE "B 1" = 1 ; ',
    "SELECT x1, y_2 FROM t3 WHERE a = 'é'",
    "SELECT a FROM t ORDER BY b LIMIT 3",
]
BY_EXACT_TEXT = [
    "SELECT a, b FROM t ORDER BY 1",
    "SELECT a, count(*) FROM t GROUP BY 1",
    "SELECT DISTINCT ON (1) a FROM t",
    "SELECT a::varchar(10) FROM t",
    "SELECT a::float(24) FROM t",
    "SELECT a[1] FROM t",
    "SELECT nextval('s')",
    "SELECT currval('s')",
    "SELECT set_config('a', 'b', true)",
    "SELECT current_setting('a')",
    "SELECT mine('x')",
    "SELECT s.lower('x')",
    "SELECT 'pg_authid'::regclass",
    "SELECT '1'::mine",
    "SELECT query_to_xml('SELECT 1', true, true, '')",
    "SELECT has_table_privilege('t', 'select')",
    "SELECT to_regclass('t')",
    "SELECT pg_read_file('x')",
    "SELECT sum(a) OVER (ORDER BY b ROWS 5 PRECEDING) FROM t",
    "SELECT * FROM t TABLESAMPLE system (5)",
    "SELECT JSON_VALUE(a, '$.x') FROM t",
    "SELECT interval(3) '1 second'",
    "SELECT - - 5",
    "SELECT set_config(name, 'b', true) FROM pg_settings WHERE name = 'c'",
]
NO_STRUCTURE = [
    "SELECT 1 -- x",
    "SELECT /* x */ 1",
    "SELECT $$x$$",
    "SELECT $a$x$a$",
    "SELECT 'a''b'",
    "SELECT 'a\\b'",
    "SELECT E'x'",
    "SELECT U&'x'",
    "SELECT B'1'",
    "SELECT N'x'",
    "SELECT x'1F'",
    "SELECT date'2020-01-01'",
    "SELECT 'a' 'b'",
    "SELECT 'a'\n'b'",
    "SELECT 1; SELECT 2",
    "SELECT 1.5",
    "SELECT 1e5",
    "SELECT .5",
    "SELECT 0x1F",
    "SELECT 1_000",
    "SELECT 1234567890",
    "SELECT é FROM t",
    "SELECT \x01",
    "SELECT 'x",
    'SELECT "x',
    "SELECT $1a",
    "SELECT 1a",
    "SET ROLE 'x'",
    "WITH a AS (SELECT 1) SELECT 1",
    "SELECTED 1",
    "SELECT",
    "",
    ";",
]


@pytest.fixture(scope="module", params=["as loaded", "plain", "compiled"])
def hot(request, tmp_path_factory):
    """Return the hot module as it was loaded, run as plain Python, and compiled by mypyc for this test."""
    if request.param == "as loaded":
        return structure_hot
    source = Path(__file__).parents[4] / "src/yett/protocols/postgres/sql/structure_hot.py"
    folder = tmp_path_factory.mktemp("structure")
    target = folder / "structure_hot.py"
    target.write_text(source.read_text())
    if request.param == "compiled":
        program = [sys.executable, "-m", "mypyc", "--config-file=", "--strict", target.name]
        built = subprocess.run(program, cwd=folder, capture_output=True, text=True, check=False)
        libraries = [path for path in folder.glob("structure_hot.*.so") if "__mypyc" not in path.name]
        if built.returncode != 0 or not libraries:
            pytest.skip("no compiler here")
        target = libraries[0]
    spec = spec_from_file_location("structure_hot", target)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("text", RECOGNISED)
def test_the_literals_of_plain_statements_do_not_matter(text):
    assert structure_key(text.encode()) is not None
    assert literals_do_not_matter(text.encode(), parse(text))


@pytest.mark.parametrize("text", BY_EXACT_TEXT)
def test_literals_that_mean_something_keep_a_statement_to_its_exact_text(text):
    assert not literals_do_not_matter(text.encode(), parse(text))
    memory = Understanding()
    assert memory.understand(text) == understand(text)
    other = text.replace("'", "'z", 1) if "'" in text else text.replace("1", "2", 1)
    assert memory.understand(other) == understand(other)


@pytest.mark.parametrize("text", NO_STRUCTURE)
def test_odd_text_has_no_structure(text, hot):
    assert hot.structure_key(text.encode()) is None
    assert hot.structure_literals(text.encode()) == []


@pytest.mark.parametrize("text", RECOGNISED)
def test_keys_hide_literals_and_nothing_else(text, hot):
    raw = text.encode()
    key = hot.structure_key(raw)
    pieces, last = [], len(raw) - len(raw.lstrip())
    for kind, start, end in hot.structure_literals(raw):
        pieces += [raw[last:start], bytes([kind])]
        last = end
    pieces.append(raw[last:].partition(b";")[0])
    assert key == b"".join(pieces)


@given(st.text(alphabet="SELECTselct 0123456789'\"\\$-/*;.,()=axEUuB_&é\n\t\x01\x02|", max_size=60))
@settings(max_examples=500, deadline=None)
def test_plain_and_compiled_agree_on_any_text(hot_pair, text):
    for prefix in ("", "SELECT "):
        raw = (prefix + text).encode()
        keys = [(module.structure_key(raw), module.structure_literals(raw)) for module in hot_pair]
        assert all(key == keys[0] for key in keys)


@pytest.fixture(scope="module")
def hot_pair(request):
    """Return every form of the hot module that there is."""
    source = Path(__file__).parents[4] / "src/yett/protocols/postgres/sql/structure_hot.py"
    spec = spec_from_file_location("structure_plain", source)
    plain = module_from_spec(spec)
    spec.loader.exec_module(plain)
    return [structure_hot, plain]


_INTEGERS = st.integers(0, 999_999_999).map(str)
_STRINGS = st.text(alphabet=st.characters(exclude_characters="'\\\0", exclude_categories=["Cs"]), max_size=12)
_FORMS = [
    "SELECT a FROM t WHERE b = {} AND c <> {} LIMIT {}",
    "SELECT {}, lower({}), -{}, {}::text, f({}) FROM t",
    "SELECT {} , nextval({}) FROM t ORDER BY {}",
    "SELECT a FROM t WHERE b IN ({}, {}) ORDER BY c, {}",
    "INSERT INTO t VALUES ({}, {}), ({}, now()) RETURNING {}",
    "UPDATE t SET a = {}, b[{}] = {} WHERE c = -{}",
    "DELETE FROM t USING u WHERE t.a = {} AND set_config({}, {}, true) = {}",
    "SELECT current_setting({}), x::regclass = {}, {}::regclass, interval {} FROM t",
    "SELECT a{}, b.{}, {}e, {}.{} FROM t",
    "SELECT {}{}",
    "SELECT 'a{}', {}",
]


@given(form=st.sampled_from(_FORMS), first=st.data(), second=st.data())
@settings(max_examples=600, deadline=None)
def test_a_remembered_structure_gives_what_a_whole_parse_gives(form, first, second):
    memory = Understanding()
    literal = st.one_of(_INTEGERS, _STRINGS.map(lambda text: f"'{text}'"), _STRINGS)
    for data in (first, second):
        text = form.format(*(data.draw(literal) for _ in range(form.count("{}"))))
        assert memory.understand(text) == understand(text)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_two_texts_of_one_structure_touch_the_same(data):
    text = data.draw(st.sampled_from(RECOGNISED))
    raw = text.encode()
    other, last = b"", 0
    for kind, start, end in structure_literals(raw):
        fresh = data.draw(_INTEGERS) if kind == structure_hot.INTEGER else "'" + data.draw(_STRINGS) + "'"
        other += raw[last:start] + fresh.encode()
        last = end
    other += raw[last:]
    if structure_key(other) == structure_key(raw):
        try:
            assert understand(other.decode()) == understand(text)
        except SyntaxRefused:  # pragma: no cover - what the test is about
            pytest.fail("one structure, but only one of them is a sentence")


def test_a_recognised_structure_is_parsed_once():
    memory = Understanding()
    first = memory.understand("SELECT a FROM t WHERE b = 1")
    assert memory.understand("SELECT a FROM t WHERE b = 2") is first
    assert memory.understand("SELECT a FROM t WHERE c = 2") is not first


def test_what_is_remembered_is_bounded_by_entries_and_by_bytes():
    memory: BoundedMemory[str, str] = BoundedMemory(3, 1 << 20)
    for number in range(10):
        memory.put(str(number), "x", 100)
    assert len(memory) == 3
    assert memory.get("9") == "x"
    assert memory.get("0") is None
    small: BoundedMemory[str, str] = BoundedMemory(1000, 40_000)
    for number in range(100):
        small.put(str(number), "x", 5_000)
    assert 1 < len(small) < 10
    assert small.bytes == 40_000
    small.put("99", "x", 1_000)
    assert small.bytes == 36_000
    small.put("y", "x", 5_001)
    assert small.get("y") is None


def test_the_entry_used_last_is_kept():
    memory: BoundedMemory[str, str] = BoundedMemory(2, 1 << 20)
    memory.put("a", "1", 100)
    memory.put("b", "2", 100)
    assert memory.get("a") == "1"
    memory.put("c", "3", 100)
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == ("1", None, "3")


def test_texts_that_say_much_cost_what_they_hold():
    memory = Understanding(Limits(remembered_bytes_max=1 << 20))
    for number in range(60):
        columns = ", ".join(f"t.c{number}_{column}" for column in range(200))
        memory.understand(f"SELECT {columns}, 1.5 FROM t")
    assert len(memory._texts) < 10


def test_nothing_is_remembered_where_nothing_may_be():
    memory = Understanding(Limits(remembered_texts_max=0))
    assert memory.understand("SELECT 1") == memory.understand("SELECT 1")
