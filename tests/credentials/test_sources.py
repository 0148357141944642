"""Where target credentials come from, and that no error ever shows one."""

import asyncio
import sys

import pytest

from yett.core.clock import ManualClock
from yett.core.errors import UpstreamFailed
from yett.credentials.settings import CredentialSettings, FromCommand, FromEnv, FromFile
from yett.credentials.sources import credential_source
from yett.credentials.target import TargetCredential

MARKER = "pl4nted-marker"


def fetched(settings: CredentialSettings, environment=None) -> TargetCredential:
    source = credential_source(settings, ManualClock(), environment or {})
    return asyncio.run(source.fetch())


def python(code: str, **more) -> FromCommand:
    return FromCommand(command=[sys.executable, "-c", code], **more)


def test_the_environment_gives_user_and_password():
    settings = FromEnv(user="DB_USER", password="DB_PASSWORD")
    credential = fetched(settings, {"DB_USER": "gate", "DB_PASSWORD": MARKER})
    assert (credential.user, credential.password.reveal()) == ("gate", MARKER)
    assert MARKER not in repr(credential)


def test_a_client_certificate_needs_no_password():
    assert fetched(FromEnv(login="gate")) == TargetCredential("gate", None)


def test_an_unset_variable_is_named():
    with pytest.raises(UpstreamFailed, match="DB_PASSWORD") as failure:
        fetched(FromEnv(login="gate", password="DB_PASSWORD"))
    assert failure.value.code == "credential_unavailable"


def test_a_password_written_where_a_variable_name_belongs_is_never_shown():
    with pytest.raises(UpstreamFailed) as failure:
        fetched(FromEnv(login="gate", password=MARKER))
    assert MARKER not in str(failure.value)


def test_files_are_read_at_each_use(tmp_path):
    (tmp_path / "user").write_text("gate\n")
    (tmp_path / "password").write_text("one\n")
    source = credential_source(
        FromFile(user=str(tmp_path / "user"), password=str(tmp_path / "password")), ManualClock()
    )
    assert asyncio.run(source.fetch()).password.reveal() == "one"
    (tmp_path / "password").write_text("two")
    assert asyncio.run(source.fetch()).password.reveal() == "two"


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"a\0b", b"x" * 70_000])
def test_a_file_that_holds_no_password_is_an_error_without_its_content(tmp_path, content):
    if content is not None:
        (tmp_path / "password").write_bytes(content)
    with pytest.raises(UpstreamFailed) as failure:
        fetched(FromFile(login="gate", password=str(tmp_path / "password")))
    assert "xxx" not in str(failure.value)


def test_a_command_prints_json_or_a_bare_password():
    both = python('print(\'{"user": "gate", "password": "secret", "more": 1}\')')
    assert fetched(both) == fetched(python("print('secret')", login="gate"))


def test_a_commands_answer_is_kept_until_it_is_too_old_or_refused(tmp_path):
    code = "import pathlib, sys; p = pathlib.Path(PLACE); n = p.read_text(); p.write_text(n + 'x'); print('p' + n)"
    code = code.replace("PLACE", repr(str(tmp_path / "runs")))
    (tmp_path / "runs").touch()
    clock = ManualClock()

    async def scenario() -> list[str]:
        source = credential_source(python(code, login="gate"), clock)
        seen = [(await source.fetch()).password.reveal(), (await source.fetch()).password.reveal()]
        source.forget()
        seen.append((await source.fetch()).password.reveal())
        clock.advance(301)
        seen.append((await source.fetch()).password.reveal())
        return seen

    assert asyncio.run(scenario()) == ["p", "p", "px", "pxx"]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (f"import sys; print('{MARKER}'); sys.exit(3)", "status 3"),
        (f"print('{MARKER}')", "JSON"),
        (f"print('{MARKER}' * 10_000)", "more than"),
        (f"import time; print('{MARKER}', flush=True); time.sleep(60)", "no answer within"),
    ],
)
def test_a_command_that_fails_is_an_error_without_its_output(code, says):
    settings = FromCommand(command=[sys.executable, "-c", code], timeout=python("").timeout.__class__(1.5))
    with pytest.raises(UpstreamFailed, match=says) as failure:
        fetched(settings)
    assert MARKER not in str(failure.value)


def test_a_command_that_does_not_exist_is_an_error():
    with pytest.raises(UpstreamFailed, match="can't be started"):
        fetched(FromCommand(command=["/nowhere/vault"], login="gate"))


@pytest.mark.parametrize("kind", [FromEnv, FromFile])
def test_a_credential_has_one_user(kind):
    with pytest.raises(ValueError, match="either"):
        kind(password="X")
    with pytest.raises(ValueError, match="either"):
        kind(user="A", login="b", password="X")
