"""Lists as long as a statement may be are traced in time that grows with their length, not with its square."""

import time
from collections.abc import Callable

import pytest

from protocols.postgres.sql.lineage.shop import traced

_SHORT, _LONG = 2_000, 16_000


def _in(count: int) -> str:
    return f"select 1 from customers where id in ({','.join(f'${at + 1}' for at in range(count))})"


def _case(count: int) -> str:
    return f"select case {' '.join(f'when id = {at} then {at}' for at in range(count))} end from customers"


def _coalesce(count: int) -> str:
    return f"select coalesce({','.join(f'${at + 1}' for at in range(count))}) from customers"


@pytest.mark.parametrize("written", [_in, _case, _coalesce])
def test_a_list_eight_times_as_long_takes_nowhere_near_the_square(written: Callable[[int], str]) -> None:
    traced(written(10))
    assert _seconds(written(_LONG)) < 30 * _seconds(written(_SHORT))


def _seconds(text: str) -> float:
    return min(_once(text) for _ in range(3))


def _once(text: str) -> float:
    started = time.process_time()
    traced(text)
    return time.process_time() - started
