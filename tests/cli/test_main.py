"""The yett command as a person meets it: help, errors, exit codes, and never a traceback."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from yett.cli.commands import COMMANDS, load_command

GOOD = """
[gate]
data = "data"
[gate.listen]
postgres = "127.0.0.1:17432"
[admin]
listen = ""
[resources.orders]
protocol = "postgres"
address = "127.0.0.1:1"
credential = { from = "env", login = "gate", password = "ORDERS_PASSWORD" }
"""
POLICY = 'permit (principal, action, resource in Resource::"orders");\n'


def yett(*arguments, cwd=None, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("YETT_", "PG"))}
    command = [sys.executable, "-m", "yett", *arguments]
    home = {"HOME": str(cwd), "XDG_CONFIG_HOME": str(cwd)} if cwd else {}
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=60,
        env={**clean, **home, **environment},
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "yett.toml").write_text(GOOD)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "all.cedar").write_text(POLICY)
    return tmp_path


def test_help_names_every_command_and_is_quick():
    began = time.monotonic()
    shown = yett("--help")
    assert shown.returncode == 0
    assert time.monotonic() - began < 3  # 0.1 s on a quiet machine
    for name, command in COMMANDS.items():
        assert f"  {name} " in shown.stdout
        assert command.summary in shown.stdout


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from yett.cli.main import app\n"
        "try: app(['--help'], standalone_mode=False)\n"
        "finally: print(sorted({'sqlalchemy', 'cedarpy', 'starlette', 'uvloop', 'cryptography'} & sys.modules.keys()))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert shown.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name):
    command = load_command(name)
    assert command.name == name
    assert command.help
    for inner in getattr(command, "commands", {}).values():
        assert inner.help, f"{name} {inner.name}"


@pytest.mark.parametrize("name", ["up", "check", "doctor", "connect", "version", "policy", "sessions", "user", "login"])
def test_a_commands_own_help_is_shown(name):
    shown = yett(name, "--help")
    assert shown.returncode == 0, shown.stderr
    assert f"yett {name}" in shown.stdout


def test_an_unknown_command_suggests_the_nearest():
    shown = yett("chekc")
    assert (shown.returncode, 'did you mean "check"?' in shown.stderr) == (2, True)


def test_an_unknown_option_is_a_usage_error():
    assert yett("check", "--ofline").returncode == 2


def test_version_is_said_briefly_and_at_length():
    assert yett("--version").stdout.startswith("yett ")
    facts = json.loads(yett("version", "--json").stdout)
    assert facts.keys() >= {"yett", "python", "hot_modules", "libpg_query", "openssl"}
    assert "OpenSSL" in yett("version").stdout


COMMANDS_WITH_CONFIG = [("check",), ("doctor",), ("up",), ("connect",), ("sessions",), ("whoami",), ("verify",)]


@pytest.mark.parametrize("arguments", COMMANDS_WITH_CONFIG, ids=" ".join)
def test_a_bad_configuration_is_one_clear_error_for_every_command(tmp_path, arguments):
    (tmp_path / "yett.toml").write_text("[gate]\ndat = 'x'\n")
    shown = yett(*arguments, cwd=tmp_path)
    assert shown.returncode == 3
    assert shown.stderr == (
        'error[config_unknown_key]: yett.toml:2: unknown setting "dat" in gate\n  hint: did you mean "data"?\n'
    )


@pytest.mark.parametrize("arguments", COMMANDS_WITH_CONFIG, ids=" ".join)
def test_no_configuration_is_one_clear_error_for_every_command(tmp_path, arguments):
    shown = yett(*arguments, cwd=tmp_path)
    assert shown.returncode == 3, shown.stderr
    assert shown.stderr.startswith("error[config_not_found]: ")
    assert "Traceback" not in shown.stderr


def test_errors_are_json_when_asked(tmp_path):
    (tmp_path / "yett.toml").write_text("[gate]\ndat = 'x'\n[limits]\nsesions = 1\n")
    body = json.loads(yett("check", "--json", cwd=tmp_path).stderr)
    assert body["error"]["code"] == "config_unknown_key"
    assert [(one["line"], one["hint"]) for one in body["problems"]] == [
        (2, 'did you mean "data"?'),
        (4, 'did you mean "sessions"?'),
    ]


def test_check_passes_offline(folder):
    shown = yett("check", "--offline", cwd=folder, ORDERS_PASSWORD="x")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "0 failed" in shown.stdout
    assert not (folder / "data").exists()


def test_check_tells_everything_that_is_wrong_at_once(folder):
    (folder / "policies" / "bad.cedar").write_text('permit (principal, action == Action::"raed", resource);\n')
    shown = yett("check", "--offline", "--json", cwd=folder)
    assert shown.returncode == 1
    failures = [one for one in json.loads(shown.stdout)["findings"] if one["state"] == "fail"]
    assert [one["code"] for one in failures] == ["policy_invalid", "credential_unavailable"]
    assert "bad.cedar:1:" in failures[0]["message"]
    assert "read" in failures[0]["hint"]
    assert "yett.toml:11" in failures[1]["message"]
    assert "ORDERS_PASSWORD" in failures[1]["message"]


def test_check_says_that_a_target_cannot_be_reached(folder):
    shown = yett("check", cwd=folder, ORDERS_PASSWORD="x")
    assert shown.returncode == 1
    assert "[upstream_unreachable]" in shown.stdout


def test_a_policy_that_cannot_be_used_stops_the_start(folder):
    (folder / "policies" / "all.cedar").write_text("permit (principal, action, resource) when { 1 };")
    shown = yett("up", cwd=folder)
    assert shown.returncode == 3
    assert "error[policy_invalid]: " in shown.stderr
    assert "all.cedar:1:" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_a_data_folder_that_others_can_write_stops_the_start(folder):
    (folder / "data").mkdir()
    (folder / "data").chmod(0o777)
    shown = yett("up", cwd=folder)
    assert shown.returncode == 3
    assert "error[data_exposed]: " in shown.stderr
    assert "chmod 700" in shown.stderr


def test_a_data_folder_that_cannot_be_made_stops_the_start(folder):
    (folder / "data").write_text("a file")
    shown = yett("up", cwd=folder)
    assert (shown.returncode, "error[data_unusable]: " in shown.stderr) == (3, True)


def test_a_clock_that_is_behind_stops_the_start(folder):
    (folder / "data").mkdir(mode=0o700)
    (folder / "data" / "yett.db.old").touch()
    ahead = time.time() + 3600
    os.utime(folder / "data" / "yett.db.old", (ahead, ahead))
    shown = yett("up", cwd=folder)
    assert (shown.returncode, "error[clock_wrong]: " in shown.stderr) == (3, True)


def test_a_full_disk_stops_the_start(folder):
    with (folder / "yett.toml").open("a") as file:
        file.write('[recording]\nfree_bytes_min = "900TiB"\n')
    shown = yett("up", cwd=folder)
    assert (shown.returncode, "error[disk_full]: " in shown.stderr) == (6, True)


def test_doctor_says_evaluation_mode_loudly(folder):
    (folder / "data").mkdir(mode=0o700)
    shown = yett("doctor", cwd=folder, ORDERS_PASSWORD="x")
    assert "EVALUATION MODE" in shown.stdout


def test_doctor_names_files_that_are_open_to_others(folder):
    (folder / "data" / "keys").mkdir(parents=True, mode=0o700)
    (folder / "data").chmod(0o700)
    (folder / "data" / "keys" / "recording.key").touch(mode=0o644)
    shown = yett("doctor", cwd=folder, ORDERS_PASSWORD="x")
    assert shown.returncode == 1
    assert "recording.key is open to other users [file_exposed]" in shown.stdout


def test_connect_lists_what_there_is(folder):
    assert json.loads(yett("connect", "--json", cwd=folder).stdout)[0]["resource"] == "orders"


def test_connect_needs_a_login_and_says_how(folder):
    shown = yett("connect", "orders", cwd=folder)
    assert shown.returncode == 4
    assert "error[not_signed_in]" in shown.stderr
    assert "yett login" in shown.stderr


def test_connect_suggests_the_nearest_resource(folder):
    shown = yett("connect", "order", cwd=folder)
    assert 'did you mean "orders"?' in shown.stderr


def test_connect_needs_no_login_for_a_bound_listener(folder):
    with (folder / "yett.toml").open("a") as file:
        file.write('[[listeners]]\naddress = "127.0.0.1:17433"\nresource = "orders"\nbound = "local/tester"\n')
    assert (
        yett("connect", "orders", cwd=folder).stdout
        == "psql 'postgresql://tester@127.0.0.1:17433/orders?sslmode=disable'\n"
    )
    ran = yett("connect", "orders", "--exec", "--", "sh", "-c", "echo $PGHOST:$PGPORT $PGUSER", cwd=folder)
    assert ran.stdout == "127.0.0.1:17433 tester\n"
    missing = yett("connect", "orders", "--exec", "--", "no-such-program", cwd=folder)
    assert (missing.returncode, "error[client_missing]" in missing.stderr) == (3, True)


@pytest.mark.parametrize("client", ["psql", "python", "sqlalchemy", "jdbc", "node", "env", "url"])
def test_every_clients_line_names_the_gate_and_holds_no_secret(folder, client):
    shown = signed_in(folder, "connect", "orders", "--client", client)
    assert shown.returncode == 0, shown.stderr
    assert "17432" in shown.stdout
    assert "pl4nted" not in shown.stdout


def test_the_environment_lines_are_shell_that_works(folder):
    lines = signed_in(folder, "connect", "orders", "--client", "env").stdout.replace("yett whoami", "echo whoami")
    shown = subprocess.run(
        ["sh", "-c", lines + '\necho "$PGUSER@$PGHOST:$PGPORT/$PGDATABASE"'], capture_output=True, text=True, check=True
    )
    assert shown.stdout == "ada~c1@127.0.0.1:17432/orders\n"


def test_a_program_that_connect_runs_gets_the_credential_in_its_environment(folder):
    shown = signed_in(folder, "connect", "orders", "--exec", "--", "sh", "-c", "echo $PGUSER $PGPASSWORD")
    assert shown.stdout == "ada~c1 pl4nted\n"


def test_an_expired_login_is_said_to_be(folder):
    assert "error[credential_expired]" in signed_in(folder, "connect", "orders", ends=-1).stderr


def signed_in(folder: Path, *arguments, ends=600):
    login = {
        "gate": str(folder / "data"),
        "id": "c1",
        "user": "ada~c1",
        "principal": "local/ada",
        "credential": "pl4nted",
        "expires_at": time.time() + ends,
    }
    (folder / "yett").mkdir(mode=0o700, exist_ok=True)
    kept = folder / "yett" / "credentials.json"
    kept.write_text(json.dumps({login["gate"]: login}))
    kept.chmod(0o600)
    return yett(*arguments, cwd=folder)
