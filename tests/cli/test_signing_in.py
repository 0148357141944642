"""`yett user`, `token`, `revoke`, `login`, `whoami`: as typed, with what they print and leave behind."""

import io
import json
import subprocess
import sys

import pytest

from identity.signing import Issuer
from yett.cli.main import main

PASSWORD = "correct horse battery"


@pytest.fixture
def home(tmp_path, monkeypatch):
    (tmp_path / "yett.toml").write_text('[gate]\ndata = "data"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("YETT_CONFIG", "YETT_TOKEN", "YETT_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def yett(home, monkeypatch, capsys):
    def run(*arguments: str, given: str = ""):
        monkeypatch.setattr(sys, "argv", ["yett", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(given))
        with pytest.raises(SystemExit) as end:
            main()
        printed = capsys.readouterr()
        return end.value.code or 0, printed.out, printed.err

    return run


def read(result):
    code, out, err = result
    assert (code, err) == (0, "")
    return json.loads(out)


def failed(result):
    code, out, err = result
    assert code
    assert out == ""
    return json.loads(err)["error"]["code"]


def test_a_person_is_made_shown_changed_and_removed(yett):
    made = read(yett("user", "add", "ada", "-g", "dba", "--claim", "level=3", "--claim", "department=ops", "--json"))
    assert made["subject"] == "local/ada"
    assert made["claims"] == {"level": 3, "department": "ops"}
    assert read(yett("user", "join", "ada", "ops", "--json"))["groups"] == ["local/dba", "local/ops"]
    assert read(yett("user", "leave", "ada", "local/dba", "--json"))["groups"] == ["local/ops"]
    assert read(yett("user", "disable", "ada", "--json"))["disabled"] is True
    assert failed(yett("token", "issue", "ada", "--json")) == "principal_disabled"
    assert read(yett("user", "enable", "ada", "--json"))["disabled"] is False
    assert [one["name"] for one in read(yett("user", "list", "--json"))] == ["ada"]
    assert read(yett("user", "remove", "ada", "--json"))["removed"] is True
    assert read(yett("user", "list", "--json")) == []


def test_kinds_are_kept_apart(yett):
    read(yett("agent", "add", "bot", "--json"))
    assert read(yett("user", "list", "--json")) == []
    assert failed(yett("user", "show", "bot", "--json")) == "principal_unknown"
    assert failed(yett("user", "add", "bot", "--json")) == "principal_exists"
    assert failed(yett("agent", "add", "x", "--password", "--json")) == "input_missing"


@pytest.mark.parametrize("name", ["Ada", "a b", "-x", "a/b", "", "a~b", "x" * 64])
def test_a_name_that_could_be_misread_is_refused(yett, name):
    assert failed(yett("user", "add", "--json", "--", name)) == "principal_unfit"


def test_a_credential_is_printed_once_and_listed_without_its_secret(yett, home):
    read(yett("agent", "add", "bot", "--json"))
    issued = read(yett("token", "issue", "bot", "--for", "10m", "--json"))
    assert issued["credential"].startswith(f"yett_{issued['id']}_")
    assert issued["user"] == f"bot~{issued['id']}"
    listed = yett("token", "list", "--json")[1]
    assert json.loads(listed)[0]["id"] == issued["id"]
    secret = issued["credential"].rpartition("_")[2]
    assert secret not in listed
    assert all(secret.encode() not in one.read_bytes() for one in (home / "data").iterdir())


def test_a_revoked_credential_is_no_longer_listed(yett):
    read(yett("agent", "add", "bot", "--json"))
    issued = read(yett("token", "issue", "bot", "--json"))
    read(yett("token", "revoke", issued["id"], "--json"))
    assert read(yett("token", "list", "--json")) == []
    assert [one["state"] for one in read(yett("token", "list", "--all", "--json"))] == ["revoked"]
    assert failed(yett("whoami", "--token", "--json", given=issued["credential"])) == "revoked_token"


def test_signing_in_with_a_password(yett, home):
    read(yett("user", "add", "ada", "-g", "dba", "--password", "--json", given=PASSWORD + "\n"))
    assert failed(yett("login", "ada", "--json", given="another password")) == "password_wrong"
    assert failed(yett("login", "eve", "--json", given=PASSWORD)) == "password_wrong"
    signed_in = read(yett("login", "ada", "--json", given=PASSWORD))
    assert signed_in["groups"] == ["local/dba"]
    file = home / "config" / "yett" / "credentials.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert read(yett("whoami", "--json")) == signed_in
    code, out, _ = yett("whoami", "--credential")
    assert (code, out.startswith("yett_")) == (0, True)
    read(yett("logout", "--json"))
    assert failed(yett("whoami", "--json")) == "not_signed_in"
    assert failed(yett("whoami", "--token", "--json", given=out)) == "revoked_token"


def test_signing_in_anew_ends_the_login_before(yett):
    read(yett("user", "add", "ada", "--password", "--json", given=PASSWORD))
    read(yett("login", "ada", "--json", given=PASSWORD))
    before = yett("whoami", "--credential")[1]
    read(yett("login", "ada", "--json", given=PASSWORD))
    assert failed(yett("whoami", "--token", "--json", given=before)) == "revoked_token"
    assert yett("whoami")[0] == 0


def test_a_saved_login_that_others_can_read_is_refused(yett, home):
    read(yett("user", "add", "ada", "--password", "--json", given=PASSWORD))
    read(yett("login", "ada", "--json", given=PASSWORD))
    (home / "config" / "yett" / "credentials.json").chmod(0o644)
    assert failed(yett("whoami", "--json")) == "login_unsafe"


def test_signing_in_with_a_providers_token(yett, home, monkeypatch):
    import time

    issuer = Issuer()
    issuer.add_key("k1")
    (home / "jwks.json").write_bytes(issuer.jwks())
    with (home / "yett.toml").open("a") as file:
        file.write(
            '[identity.oidc.corp]\nissuer = "https://login.example.com"\naudience = "yett"\njwks_file = "jwks.json"\n'
        )
    now = int(time.time())
    token = issuer.token(iat=now, exp=now + 600, groups=["dba"], email="ada@example.com").reveal()
    signed_in = read(yett("login", "--token", "--json", given=token))
    assert (signed_in["principal"], signed_in["groups"]) == ("corp/123", ["corp/dba"])
    assert signed_in["user"].startswith("ada~")
    monkeypatch.setenv("YETT_TOKEN", issuer.token(iat=now, exp=now + 600, aud="other").reveal())
    assert failed(yett("login", "--token", "--json")) == "audience_wrong"
    monkeypatch.delenv("YETT_TOKEN")
    read(yett("revoke", "--subject", "corp/123", "--json"))
    assert failed(yett("whoami", "--json")) == "revoked_subject"
    read(yett("revoke", "--subject", "corp/123", "--lift", "--json"))
    assert read(yett("whoami", "--json"))["principal"] == "corp/123"


def test_revoking_needs_exactly_one_thing(yett):
    assert failed(yett("revoke", "--json")) == "input_missing"
    assert failed(yett("revoke", "--subject", "a/b", "--token", "c", "--json")) == "input_missing"
    assert failed(yett("revoke", "--subject", "a/b", "--lift", "--json")) == "revocation_unknown"


def test_a_short_password_is_refused(yett):
    assert failed(yett("user", "add", "ada", "--password", "--json", given="short")) == "password_unfit"


def test_no_secret_was_given(yett):
    assert failed(yett("login", "ada", "--json")) == "input_missing"
    assert failed(yett("login", "--json")) == "input_missing"


@pytest.mark.parametrize("command", ["user", "agent", "service", "token", "revoke", "login", "logout", "whoami"])
def test_every_command_explains_itself(command):
    ran = subprocess.run([sys.executable, "-m", "yett", command, "--help"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0
    assert "Usage: yett" in ran.stdout
