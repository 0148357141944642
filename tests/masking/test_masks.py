"""What replaces values: constants, parts, tokens, hashes, nothing; and tokens known again wherever they turn up."""

import base64
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.core.masks import Masks, Style
from yett.masking.masks import GateMasks
from yett.masking.settings import DetectorSettings, MaskingSettings, MaskSettings
from yett.masking.tokens import keyed

STYLES = ("redact", "partial", "token", "hash", "null")
KEY = bytes(range(32))


def masks(scope: str = "gate", **styles: str) -> GateMasks:
    """Return masks with a style for each label."""
    made = {label: MaskSettings(style=style, scope=scope) for label, style in styles.items()}
    return GateMasks(MaskingSettings(masks=made), KEY)


def test_an_unknown_label_is_redacted() -> None:
    spec = masks().spec("anything")
    assert (spec.style, spec.op, spec.constant, spec.whole(b"x")) == (
        Style.REDACT,
        "constant",
        b"[anything]",
        b"[anything]",
    )


@pytest.mark.parametrize(
    ("label", "value", "left"),
    [
        ("card", b"4111 1111 1111 1234", b"**** **** **** 1234"),
        ("card", b"1234", b"[card]"),
        ("iban", b"DE89370400440532013000", b"******************3000"),
        ("phone", b"+1 (415) 555-0132", b"+* (***) ***-*132"),
        ("phone", b"+4915112345678", b"+*********5678"),
        ("national_id", b"123-45-6789", b"***-**-*789"),
        ("national_id", b"1234567", b"[national_id]"),
        ("email", b"anna.miller@shop.example", b"a***@shop.example"),
        ("email", b"an@shop.example", b"***@shop.example"),
        ("email", b"no address", b"[email]"),
        ("email", b"a@b@c.example", b"[email]"),
        ("name", "Ægir".encode(), "Æ***".encode()),
        ("name", b"Al", b"[name]"),
        ("secret", b"hunter2-hunter2", b"[secret]"),
        ("ip", b"192.168.10.20", b"[ip]"),
    ],
)
def test_partial_leaves_a_little(label: str, value: bytes, left: bytes) -> None:
    assert masks(**{label: "partial"}).spec(label).whole(value) == left


@given(st.text(min_size=1, max_size=60), st.sampled_from(["card", "iban", "phone", "national_id", "name", "secret"]))
def test_no_partial_mask_leaves_more_than_a_third(value: str, label: str) -> None:
    whole = masks(**{label: "partial"}).spec(label).whole(value.encode())
    assert whole is not None
    if whole == f"[{label}]".encode():
        return
    signs = sum(map(str.isalnum, value))
    assert 3 * sum(map(str.isalnum, whole.decode())) <= signs


@given(st.binary(max_size=80), st.sampled_from(STYLES), st.sampled_from(["email", "card", "phone", "name"]))
def test_every_mask_of_every_value_is_text(value: bytes, style: str, label: str) -> None:
    left = masks(**{label: style}).spec(label).whole(value)
    assert left is None if style == "null" else left is not None and left.decode()


def test_a_token_is_the_same_for_the_same_value_and_label_and_for_no_other() -> None:
    gate = masks(email="token", card="token")
    email, card = gate.spec("email").whole, gate.spec("card").whole
    assert email(b"a@b.example") == email(b"a@b.example")
    assert len({email(b"a@b.example"), email(b"a@c.example"), card(b"a@b.example")}) == 3
    other = GateMasks(MaskingSettings(masks={"email": MaskSettings(style="token")}), bytes(32))
    assert other.spec("email").whole(b"a@b.example") != email(b"a@b.example")


def test_a_scope_keeps_tokens_apart_and_all_are_known_again() -> None:
    gate = masks("principal", email="token")
    ana, bob = (gate.within("orders", who).spec("email").whole(b"a@b.example") for who in ("corp/ana", "corp/bob"))
    again = gate.within("orders", "corp/ana").spec("email").whole(b"a@b.example")
    assert ana == again != bob
    assert ana is not None
    assert bob is not None
    assert gate.holds_token(ana)
    assert gate.holds_token(bob)
    crm, orders = (
        masks("resource", email="hash").within(one, "x").spec("email").whole(b"v") for one in ("crm", "orders")
    )
    assert crm != orders


@given(st.binary(max_size=64), st.binary(max_size=200))
def test_a_prepared_key_gives_what_hmac_does(key: bytes, value: bytes) -> None:
    assert keyed(key)(value) == hmac.digest(key, value, "sha256")


@pytest.mark.parametrize("style", ["token", "hash"])
def test_tokens_and_hashes_do_not_hold_the_value(style: str) -> None:
    left = masks(email=style).spec("email").whole(b"a@b.example")
    assert left is not None
    assert b"a@b" not in left
    assert b"b.example".hex().encode() not in left


def token() -> bytes:
    """Return a token of the gate under test."""
    made = masks(national_id="token").spec("national_id").whole(b"123-45-6789")
    assert made is not None
    return made


@pytest.mark.parametrize("padding", range(4))
def test_a_token_is_known_in_any_ordinary_encoding(padding: int) -> None:
    gate, one, lead = masks(), token(), b"x" * padding
    mixed = bytes(sign ^ 0x20 if chr(sign).isalpha() and place % 2 else sign for place, sign in enumerate(one))
    for plain in (one, one.upper(), mixed, b"('" + one + b"')", b'{"a":"' + one + b'"}', b"\0\x01" + one):
        data = lead + plain + lead
        assert gate.holds_token(data)
        assert gate.holds_token(b"'\\x" + data.hex().encode() + b"'")
        assert gate.holds_token(data.hex().upper().encode())
        assert gate.holds_token(base64.b64encode(data))


def test_what_is_no_token_is_no_token() -> None:
    gate, one = masks(), token()
    changed = one[:-1] + (b"a" if one[-1:] != b"a" else b"b")
    for data in (
        b"",
        b"SELECT 1",
        b"yettk_",
        b"yettk_email_",
        changed,
        one[:-1],
        changed.hex().encode(),
        b"yettk_" * 500,
    ):
        assert not gate.holds_token(data)
    assert not GateMasks(MaskingSettings(), bytes(32)).holds_token(one)


def test_a_find_of_a_label_that_is_seen_to_is_not_found() -> None:
    gate = masks()
    text = b"123-45-6789 a.b@shop.example"
    assert [label for _, _, label in gate.scanner(frozenset()).find(text)] == ["national_id", "email"]
    assert [label for _, _, label in gate.scanner(frozenset({"national_id"})).find(text)] == ["email"]
    assert [label for _, _, label in gate.scanner(frozenset({"email"})).find(text)] == ["national_id"]


def test_a_detector_can_be_switched_off_and_renamed() -> None:
    detectors = {
        "card": DetectorSettings(enabled=False),
        "email": DetectorSettings(label="contact"),
        "ip": DetectorSettings(label="machine"),
        "github_token": DetectorSettings(label="github"),
    }
    gate = GateMasks(MaskingSettings(detectors=detectors), KEY)
    text = b"4111111111111111 10.20.30.40 a.b@shop.example ghp_" + b"a1" * 18
    assert [label for _, _, label in gate.scanner(frozenset()).find(text)] == ["machine", "contact", "github"]
    assert [label for _, _, label in gate.scanner(frozenset({"contact", "secret"})).find(text)] == ["machine"]


@pytest.mark.parametrize("switch", ["us_ssn", "national_id", "nl_bsn"])
def test_one_country_can_be_switched_off(switch: str) -> None:
    gate = GateMasks(MaskingSettings(detectors={switch: DetectorSettings(enabled=False)}), KEY)
    found = gate.scanner(frozenset()).find(b"ssn 123-45-6789\0bsn 111222333")
    assert len(found) == {"us_ssn": 1, "national_id": 0, "nl_bsn": 1}[switch]


def test_a_key_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        GateMasks(MaskingSettings(), b"short")


def test_masks_are_what_the_core_asks_for() -> None:
    gate: Masks = masks()
    assert gate.spec("x").constant == b"[x]"
