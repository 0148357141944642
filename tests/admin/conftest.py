"""A control plane that listens, for each test anew."""

import pytest

from admin.place import Place


@pytest.fixture
def place():
    one = Place()
    one.start()
    yield one
    one.stop()
