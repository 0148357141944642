"""A profile's shares are those of the gate's loop, by function and by file."""

import pytest

from bench.profiling import collapsed, shown
from bench.rounds import NotMeasured

STACKS = """\
main (yett/cli/main.py);Runner.run (asyncio/runners.py) 50
main (yett/cli/main.py);Runner.run (asyncio/runners.py);turn (yett/gateway/driver.py) 20
main (yett/cli/main.py);Runner.run (asyncio/runners.py);turn (yett/gateway/driver.py);encode (msgspec/json.py) 30
_bootstrap (threading.py);wait (threading.py) 400
"""


def test_shares_are_of_the_loop_alone() -> None:
    found = collapsed(STACKS.splitlines())
    assert found.own["turn (yett/gateway/driver.py)"] == 0.2
    assert found.own["encode (msgspec/json.py)"] == 0.3
    assert found.with_callees["turn (yett/gateway/driver.py)"] == 0.5
    assert not any("threading" in name for name in found.own)


def test_a_library_is_put_down_to_the_file_that_calls_it() -> None:
    assert collapsed(STACKS.splitlines()).files["yett/gateway/driver.py"] == 0.5


def test_the_most_expensive_comes_first() -> None:
    lines = shown(collapsed(STACKS.splitlines())).splitlines()
    assert lines[0].split() == ["share", "function,", "by", "itself"]
    assert lines[2].startswith(" 50.0%")


def test_a_profile_of_nothing_is_a_failure() -> None:
    with pytest.raises(NotMeasured):
        collapsed(["_bootstrap (threading.py);wait (threading.py) 400"])
