"""What somebody never did before is new, once; and what is forgotten is new again."""

import pytest

from yett.approvals import novelty as room
from yett.approvals.novelty import MemoryShapeStore, Novelty


@pytest.fixture
def shapes():
    return MemoryShapeStore()


@pytest.fixture
def known(shapes, clock):
    known = Novelty(shapes, clock)
    known.refresh()
    return known


def test_a_shape_is_new_until_it_was_allowed(known):
    assert known.novel("corp/bot", "orders", b"shape")
    known.learn("corp/bot", "orders", b"shape")
    assert not known.novel("corp/bot", "orders", b"shape")


@pytest.mark.parametrize(
    ("principal", "resource", "shape"),
    [("corp/bot2", "orders", b"shape"), ("corp/bot", "stock", b"shape"), ("corp/bot", "orders", b"other")],
)
def test_what_others_did_or_elsewhere_says_nothing(known, principal, resource, shape):
    known.learn("corp/bot", "orders", b"shape")
    assert known.novel(principal, resource, shape)


def test_no_pair_of_names_is_taken_for_another(known):
    known.learn("corp/a", "bc", b"shape")
    assert known.novel("corp/ab", "c", b"shape")


def test_what_has_no_shape_is_always_new(known):
    known.learn("corp/bot", "orders", b"")
    assert known.novel("corp/bot", "orders", b"")


def test_what_was_kept_is_known_after_a_restart_and_what_was_not_is_new(known, shapes, clock):
    known.learn("corp/bot", "orders", b"kept")
    assert (known.flush(), known.flush()) == (1, 0)
    known.learn("corp/bot", "orders", b"lost")
    again = Novelty(shapes, clock)
    again.refresh()
    assert not again.novel("corp/bot", "orders", b"kept")
    assert again.novel("corp/bot", "orders", b"lost")


def test_counts_and_times_add_up(known, shapes, clock):
    for _ in range(3):
        known.learn("corp/bot", "orders", b"shape")
        clock.advance(10)
    known.flush()
    known.learn("corp/bot", "orders", b"shape")
    known.flush()
    (seen,) = shapes.read(None, 10)[1]
    assert (seen.count, seen.last_at - seen.first_at) == (4, 30)


def test_a_store_that_fails_loses_no_shape(known, shapes, monkeypatch):
    known.learn("corp/bot", "orders", b"shape")
    with monkeypatch.context() as patch:
        patch.setattr(shapes, "add", lambda _: (_ for _ in ()).throw(OSError))
        with pytest.raises(OSError):
            known.flush()
    assert known.flush() == 1


def test_a_flood_of_shapes_forgets_ones_own_first(known, monkeypatch):
    monkeypatch.setattr(room, "SHAPES_PER_OWNER_MAX", 3)
    known.learn("corp/calm", "orders", b"shape")
    for number in range(10):
        known.learn("corp/flood", "orders", bytes([number]))
    assert [known.novel("corp/flood", "orders", bytes([number])) for number in range(10)] == [True] * 7 + [False] * 3
    assert not known.novel("corp/calm", "orders", b"shape")


def test_the_whole_is_bounded_by_who_was_not_seen_for_the_longest(known, monkeypatch):
    monkeypatch.setattr(room, "SHAPES_MAX", 4)
    for number in range(10):
        known.learn(f"corp/bot{number}", "orders", b"shape")
    assert [known.novel(f"corp/bot{number}", "orders", b"shape") for number in range(10)] == [True] * 6 + [False] * 4


def test_what_nobody_used_for_long_is_forgotten_in_the_store(known, shapes, clock):
    known.learn("corp/bot", "orders", b"old")
    clock.advance(100)
    known.learn("corp/bot", "orders", b"new")
    known.flush()
    assert (known.prune(clock.now() - 50), len(shapes.kept)) == (1, 1)


def test_without_a_store_that_can_be_read_everything_is_new(shapes, clock):
    known = Novelty(shapes, clock)
    known.learn("corp/bot", "orders", b"shape")
    assert known.novel("corp/bot", "orders", b"shape")
    known.refresh()
    assert not known.novel("corp/bot", "orders", b"shape")
    clock.advance(room.FRESH_SECONDS)
    assert known.novel("corp/bot", "orders", b"shape")


def test_what_another_process_learns_or_forgets_is_taken_in(known, shapes, clock):
    other = Novelty(shapes, clock)
    other.learn("corp/bot", "orders", b"shape")
    other.flush()
    known.refresh()
    assert not known.novel("corp/bot", "orders", b"shape")
    known.learn("corp/bot", "orders", b"shape")
    assert (other.forget("corp/bot", "orders"), other.forget("corp/ana", "orders")) == (1, 0)
    known.refresh()
    assert known.novel("corp/bot", "orders", b"shape")
    assert (known.flush(), shapes.baselines()) == (0, ())


def test_what_was_forgotten_and_is_allowed_again_begins_anew(known, shapes, clock):
    known.learn("corp/bot", "orders", b"shape")
    known.flush()
    known.forget("corp/bot", "orders")
    clock.advance(10)
    known.refresh()
    known.learn("corp/bot", "orders", b"shape")
    known.flush()
    (found,) = known.baselines()
    assert (found.owner, found.shapes, found.count) == (known.owner("corp/bot", "orders"), 1, 1)
    assert found.first_at == found.last_at == clock.now()


def test_what_is_learnt_from_recordings_counts_by_their_time(known, clock):
    known.learn("corp/bot", "orders", b"shape")
    known.learn("corp/bot", "orders", b"shape", clock.now() - 500)
    known.flush()
    known.learn("corp/bot", "orders", b"shape", clock.now() - 900)
    known.flush()
    (found,) = known.baselines()
    assert (found.count, found.first_at, found.last_at) == (3, clock.now() - 900, clock.now())
