"""What every test of identity may ask for."""

import pytest

from identity.signing import Issuer


@pytest.fixture
def issuer() -> Issuer:
    made = Issuer()
    made.add_key("k1", "ES256")
    return made
