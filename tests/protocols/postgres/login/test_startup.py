"""The first packet: what is read, what is negotiated, and what is refused in which words."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.core.errors import ProtocolError
from yett.protocols.postgres.login.options import check_settings, read_options
from yett.protocols.postgres.login.packets import SSL_REQUEST, cancel_packet
from yett.protocols.postgres.login.startup import (
    CancelRequest,
    GssRequest,
    SslRequest,
    StartupRefused,
    first_length,
    read_first,
)

USER = b"user\0ada\0"


def packet(body=USER + b"\0", *, major=3, minor=0):
    return struct.pack("!IHH", len(body) + 8, major, minor) + body


def refusal(body, **version):
    with pytest.raises(StartupRefused) as caught:
        read_first(packet(body, **version))
    assert caught.value.answer[:1] == b"E"
    return caught.value


def test_requests_for_encryption_are_recognised():
    assert read_first(SSL_REQUEST) == SslRequest()
    assert read_first(struct.pack("!II", 8, 80877104)) == GssRequest()


@pytest.mark.parametrize("key", [b"1234", bytes(32), bytes(256)])
def test_cancel_requests_carry_keys_of_any_length(key):
    found = read_first(cancel_packet(77, key))
    assert isinstance(found, CancelRequest)
    assert (found.process_id, found.key) == (77, key)
    assert "key" not in repr(found)


@pytest.mark.parametrize("key", [b"", b"123", bytes(257)])
def test_cancel_requests_with_impossible_keys_are_refused(key):
    with pytest.raises(ProtocolError):
        read_first(cancel_packet(77, key))


@pytest.mark.parametrize("length", [0, 7, 10_001, 2**31, 2**32 - 1])
def test_impossible_lengths_are_refused_before_anything_is_read(length):
    with pytest.raises(ProtocolError):
        first_length(struct.pack("!I", length))


def test_the_database_is_the_users_name_unless_it_is_given():
    assert read_first(packet()).database == "ada"
    assert read_first(packet(USER + b"database\0orders\0\0")).database == "orders"


# As PostgreSQL 18 answers: seen on a real server.
@pytest.mark.parametrize(
    ("minor", "spoken", "negotiation"),
    [
        (0, 0, b""),
        (1, 1, b""),
        (2, 2, b""),
        (3, 2, b"v\0\0\0\x0c\0\3\0\2\0\0\0\0"),
        (9999, 2, b"v\0\0\0\x0c\0\3\0\2\0\0\0\0"),
    ],
)
def test_the_newest_version_known_is_negotiated(minor, spoken, negotiation):
    startup = read_first(packet(minor=minor))
    assert (startup.protocol_minor, startup.negotiation) == (spoken, negotiation)


def test_unknown_protocol_options_are_named_back():
    startup = read_first(packet(USER + b"_pq_.foo\0bar\0\0"))
    assert startup.negotiation == b"v\0\0\0\x15\0\3\0\0\0\0\0\1_pq_.foo\0"
    assert startup.unknown_options == ("_pq_.foo",)
    assert startup.parameters == {}


def test_another_major_version_is_refused_as_the_server_does():
    assert refusal(USER + b"\0", major=4).sqlstate == "0A000"
    assert b"unsupported frontend protocol 4.0: server supports 3.0 to 3.2" in refusal(USER + b"\0", major=4).answer


def test_a_client_of_version_2_is_told_in_its_own_form():
    answer = refusal(USER + b"\0", major=2).answer
    assert answer == b"EFATAL:  unsupported frontend protocol 2.0: server supports 3.0 to 3.2\n\0"


@pytest.mark.parametrize(
    ("body", "sqlstate"),
    [
        (b"", "08P01"),
        (b"user\0ada", "08P01"),
        (b"user\0ada\0", "08P01"),
        (b"user\0\0", "08P01"),
        (b"user\0ada\0user\0root\0\0", "08P01"),
        (b"user\0ada\0\0x\0\0", "08P01"),
        (b"\0", "28000"),
        (b"database\0orders\0\0", "28000"),
        (b"user\0a\nb\0\0", "28000"),
        (b"user\0\xff\0\0", "22021"),
        (USER + b"client_encoding\0LATIN1\0\0", "22023"),
        (USER + b"TimeZone\0a\nb\0\0", "22023"),
        (USER + b"replication\0true\0\0", "0A000"),
        (USER + b"Replication\0database\0\0", "0A000"),
        (USER + b"User\0root\0\0", "42704"),
        (USER + b"options\0-c user=root\0\0", "42704"),
        (USER + b"options\0-c DATABASE=other\0\0", "42704"),
        (USER + b"options\0-c options=-x\0\0", "42704"),
        (USER + b"options\0-c _pq_.foo=1\0\0", "42704"),
        (USER + b"options\0-c replication=true\0\0", "0A000"),
        (USER + b"options\0-c client_encoding=LATIN1\0\0", "22023"),
        (USER + b"options\0-x\0\0", "42601"),
        (USER + b"options\0-c\0\0", "42601"),
        (USER + b"options\0-c nothing\0\0", "42601"),
        (USER + b"options\0orders\0\0", "42601"),
    ],
)
def test_what_is_not_offered_has_its_sqlstate(body, sqlstate):
    assert refusal(body).sqlstate == sqlstate


@pytest.mark.parametrize("name", [b"UTF8", b"utf-8", b"'utf-8'", b"Unicode", b"SQL_ASCII"])
def test_utf8_has_many_names(name):
    assert read_first(packet(USER + b"client_encoding\0" + name + b"\0\0")).parameters == {}


def test_settings_go_by_their_names_in_lower_case_and_the_last_one_prevails():
    startup = read_first(packet(USER + b"DateStyle\0ISO\0options\0-c DATESTYLE=German -csearch_path= --Role=a\0\0"))
    assert startup.parameters == {"datestyle": "ISO", "search_path": "", "role": "a"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("datestyle", "ISO"),
        ("search_path", "sales,public"),
        ("search_path", ""),
        ("search_path", '"$user", public'),
        ("standard_conforming_strings", "on"),
        ("work_mem", "64MB"),
        ("enable_seqscan", "off"),
    ],
)
def test_who_is_restricted_may_bring_along_what_may_be_set_freely(name, value):
    check_settings({"application_name": "x", name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("role", "postgres"),
        ("session_authorization", "root"),
        ("search_path", "public, PG_Catalog"),
        ("search_path", "PG_TEMP, public"),
        ("standard_conforming_strings", "off"),
        ("session_preload_libraries", "x"),
        ("local_preload_libraries", "x"),
        ("session_replication_role", "replica"),
        ("app.tenant", "3"),
        ("work_mem", "64GB"),
    ],
)
def test_who_is_restricted_is_refused_the_rest_with_a_hint(name, value):
    with pytest.raises(StartupRefused) as caught:
        check_settings({"application_name": "x", name: value})
    assert caught.value.sqlstate == "0A000"
    assert name in caught.value.message
    assert "SET it afterwards" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", {}),
        ("  -c a=1\t-cb=2 --c-d=3 -- e=4 ", {"a": "1", "b": "2", "c_d": "3", "e": "4"}),
        (r"-c a=x\ y\\z", {"a": r"x y\z"}),
        ("-c a=b=c", {"a": "b=c"}),
    ],
)
def test_options_are_read_as_the_server_does(text, wanted):
    assert read_options(text) == wanted


@given(st.binary(max_size=300))
def test_garbage_is_read_or_refused(body):
    for raw in (body, packet(body), packet(USER + body), packet(body, minor=2)):
        try:
            read_first(raw)
        except ProtocolError:
            continue
