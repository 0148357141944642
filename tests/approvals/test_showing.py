"""What stands in a question: whole where the yes depends on it, bounded elsewhere."""

from approvals.questions import asked
from yett.approvals.showing import TEXT_MAX, bounded, printable


def test_what_a_yes_stands_for_is_never_cut():
    long = b"SELECT '" + b"x" * 900_000 + b"'; DROP TABLE orders"
    found = bounded(asked(statement=long, parameters=((0, 25, long),)))
    assert (found.statement, found.parameters) == (long, ((0, 25, long),))
    assert found.digest == asked(statement=long, parameters=((0, 25, long),)).digest


def test_what_only_accompanies_it_has_an_end_and_says_so():
    found = bounded(asked(shown={"plan": "x" * 100_000, "t" * 500: "x"}, program="p" * 5_000, address="a" * 5_000))
    assert found.shown["plan"].endswith(f"… ({100_000 - TEXT_MAX} more characters)")
    assert found.program.endswith("(4000 more characters)")
    assert all(len(title) < 150 for title in found.shown)
    assert len(bounded(asked(shown={str(number): "x" for number in range(500)})).shown) == 50


def test_what_fits_stays_as_it_is():
    assert bounded(asked()) == asked()


def test_what_is_printable_drives_no_terminal():
    assert printable("plain, é and 漢字") == "plain, é and 漢字"
    assert printable("a\x1b[2J\x07\r\n\u202eb\u200b\x9b").isprintable()
