"""A new password for a resource's role: whoever knew the old one is out, and no crash locks the gate out."""

import asyncio
import json
import stat
import subprocess
import sys
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from yett.app.rotation import SettlingSource, kept_password, rotate, settling
from yett.core.clock import ManualClock
from yett.core.errors import UpstreamFailed
from yett.core.targets import Resource
from yett.credentials.rotation import FilePassword, NotRotatable, RotationBusy
from yett.credentials.settings import FromCommand, FromEnv, FromEphemeral, FromFile
from yett.credentials.sources import credential_source
from yett.protocols._wire.reception import Entry
from yett.protocols.postgres.settings import PostgresSettings, PostgresTls

OLD = "the old pass'word"


class Crash(BaseException):
    """The process ends here."""


class Crashing(FilePassword):
    """A kept password whose process dies at a step."""

    dies_before = ""

    def take_over(self, new):
        if self.dies_before == "take_over":
            raise Crash
        super().take_over(new)

    def stage(self, new):
        super().stage(new)
        if self.dies_before == "change":
            raise Crash


class Place:
    def __init__(self, server, folder):
        self.server = server
        self.role = f"rotated_{uuid4().hex[:8]}"
        self.file = folder / "password"
        self.file.write_text(OLD + "\n")
        self.file.chmod(0o640)
        self.settings = FromFile(login=self.role, password=str(self.file))
        self.source = credential_source(self.settings, ManualClock())
        self.kept = Crashing(self.settings)
        postgres = PostgresSettings(database="postgres", tls=PostgresTls(mode="prefer"))
        self.entry = Entry(Resource("orders", "postgres", ""), server.host, server.port, postgres)
        with server.connect() as connection:
            statement = "CREATE ROLE {} LOGIN PASSWORD {}"
            connection.execute(sql.SQL(statement).format(sql.Identifier(self.role), sql.Literal(OLD)))

    def rotate(self, **more):
        return asyncio.run(rotate(self.entry, self.source, self.kept, **more))

    @property
    def password(self):
        return self.file.read_text().removesuffix("\n")

    def lets_in(self, password):
        try:
            psycopg.connect(self.server.dsn(self.role, password=password)).close()
        except psycopg.OperationalError:
            return False
        return True


@pytest.fixture
def place(postgres17, closed_folder):
    place = Place(postgres17, closed_folder)
    yield place
    postgres17.execute(f"DROP ROLE {place.role}")


def test_whoever_knew_the_old_password_is_out(place):
    rotated = place.rotate()
    assert (rotated.resource, rotated.user, rotated.finished) == ("orders", place.role, False)
    assert (place.lets_in(OLD), place.lets_in(place.password)) == (False, True)
    assert stat.S_IMODE(place.file.stat().st_mode) == 0o600
    assert [one.name for one in place.file.parent.iterdir()] == ["password"]


def test_the_new_password_is_never_sent(place):
    place.rotate()
    assert "ALTER ROLE CURRENT_USER PASSWORD" in place.server.log_text
    assert place.password not in place.server.log_text


def test_sessions_of_the_old_password_are_ended_on_request(place):
    left = psycopg.connect(place.server.dsn(place.role, password=OLD), autocommit=True)
    assert place.rotate().sessions_ended == 0
    assert left.execute("SELECT 1").fetchone() == (1,)
    assert place.rotate(end_sessions=True).sessions_ended == 1
    with pytest.raises(psycopg.OperationalError):
        left.execute("SELECT 1")
    left.close()


@pytest.mark.parametrize("step", ["change", "take_over"])
def test_after_a_crash_sessions_go_on_and_the_next_rotation_ends_the_one_before(place, step):
    place.kept.dies_before = step
    with pytest.raises(Crash):
        place.rotate()
    place.kept.dies_before = ""
    source = settling(place.entry, place.settings, place.source, ManualClock())
    assert isinstance(source, SettlingSource)
    found = asyncio.run(source.fetch())
    assert place.lets_in(found.password.reveal())
    rotated = place.rotate()
    assert place.lets_in(place.password)
    assert not place.lets_in(found.password.reveal())
    assert place.kept.pending() is None
    assert not rotated.finished


def test_a_rotation_that_was_broken_off_is_ended_first(place):
    place.kept.dies_before = "take_over"
    with pytest.raises(Crash):
        place.rotate()
    place.kept.dies_before = ""
    assert place.rotate().finished
    assert place.lets_in(place.password)


def test_a_target_that_refuses_leaves_everything_as_it_was(place):
    place.file.write_text("wrong\n")
    with pytest.raises(UpstreamFailed) as failure:
        place.rotate()
    assert failure.value.code == "upstream_password_wrong"
    assert place.password == "wrong"
    place.file.write_text(OLD)
    assert place.rotate().user == place.role


def test_two_rotations_at_once_are_one_too_many(place):
    with place.kept.alone(), pytest.raises(RotationBusy):
        place.rotate()


def test_a_file_that_something_else_writes_is_left_alone(place):
    target = place.file.with_name("real")
    place.file.rename(target)
    place.file.symlink_to(target)
    with pytest.raises(NotRotatable, match="link"):
        place.rotate()
    assert place.lets_in(OLD)


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        (FromEnv(login="gate", password="P"), 'from = "file"'),
        (FromCommand(login="gate", command=["x"]), "command"),
        (FromEnv(login="gate"), "certificate"),
        (FromEphemeral(admin=FromEnv(login="gate", password="P")), 'from = "file"'),
    ],
)
def test_what_cannot_be_written_is_refused_with_what_to_do(settings, hint):
    with pytest.raises(NotRotatable) as failure:
        kept_password(settings, ManualClock())
    assert hint in failure.value.hint


def test_the_command_rotates_and_shows_no_password(place, closed_folder):
    config = closed_folder / "yett.toml"
    (closed_folder / "policies").mkdir()
    (closed_folder / "policies" / "p.cedar").write_text("permit (principal, action, resource);")
    config.write_text(
        f"""
[gate]
data = "{closed_folder}/data"
[resources.orders]
protocol = "postgres"
address = "{place.server.host}:{place.server.port}"
database = "postgres"
credential = {{ from = "file", login = "{place.role}", password = "password" }}
[resources.other]
protocol = "postgres"
address = "{place.server.host}:{place.server.port}"
credential = {{ from = "env", login = "x", password = "X" }}
"""
    )
    command = [sys.executable, "-m", "yett", "resource", "rotate", "--config", str(config)]
    done = subprocess.run([*command, "orders", "--json"], capture_output=True, text=True, check=True, timeout=30)
    found = {"resource": "orders", "user": place.role, "finished_earlier": False, "sessions_ended": 0}
    assert json.loads(done.stdout) == found
    assert place.password not in done.stdout + done.stderr
    assert place.lets_in(place.password)
    refused = subprocess.run([*command, "other"], capture_output=True, text=True, check=False, timeout=30)
    assert (refused.returncode, "credential_not_rotatable" in refused.stderr) == (1, True)
    unknown = subprocess.run([*command, "order"], capture_output=True, text=True, check=False, timeout=30)
    assert (unknown.returncode, "orders" in unknown.stderr) == (3, True)
