"""All detectors that come with the gate."""

from functools import cache

from yett.masking.detectors.accounts import account_detectors
from yett.masking.detectors.addresses import address_detectors
from yett.masking.detectors.cards import card_detectors
from yett.masking.detectors.detector import Detector
from yett.masking.detectors.mail import mail_detectors
from yett.masking.detectors.national import LABEL as NATIONAL
from yett.masking.detectors.national import NATIONAL_NAMES
from yett.masking.detectors.passwords import password_detectors
from yett.masking.detectors.phones import phone_detectors
from yett.masking.detectors.secrets import secret_detectors

FAMILIES = {
    "phone_us": "phone",
    "ipv4": "ip",
    "ipv6": "ip",
    "url_password": "password",
    "putty_key": "private_key",
}
"""Detectors that are switched together, under the name of one of them."""


@cache
def built_in_detectors() -> tuple[Detector, ...]:
    """Return every built-in detector but those of national ids, which are chosen among by `off`."""
    return (
        *secret_detectors(),
        *password_detectors(),
        *mail_detectors(),
        *account_detectors(),
        *card_detectors(),
        *phone_detectors(),
        *address_detectors(),
    )


def switches_of(name: str, label: str) -> tuple[str, ...]:
    """Return the names by which a detector is switched off, left out or renamed: its own, its family's, its label."""
    vendor = ("api_key",) if label == "secret" and name not in _PLAIN_SECRETS else ()
    return (name, FAMILIES.get(name, name), *vendor, label)


@cache
def built_in_names() -> frozenset[str]:
    """Return every name by which built-in detectors can be switched."""
    named = {(one.name, one.label) for one in built_in_detectors()}
    named |= {(name, NATIONAL) for name in NATIONAL_NAMES}
    return frozenset(switch for name, label in named for switch in switches_of(name, label))


@cache
def built_in_labels() -> frozenset[str]:
    """Return the labels that built-in detectors give."""
    return frozenset(one.label for one in built_in_detectors()) | {NATIONAL}


_PLAIN_SECRETS = frozenset({"jwt", "private_key", "putty_key", "password", "url_password"})
