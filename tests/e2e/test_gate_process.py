"""The gate as a process: how it starts, proves who asks, drains, dies, comes back, and what it tells its operator."""

import json
import socket
import subprocess
import sys
import threading
import time
from urllib.request import urlopen

import psycopg
import pytest

from e2e.gates import Gate


def _yett(gate: Gate, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "yett", *arguments, "--config", str(gate.config)]
    return subprocess.run(command, text=True, capture_output=True, check=False, timeout=60)


def _json(gate: Gate, *arguments: str):
    result = _yett(gate, *arguments, "--json")
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads(result.stdout)


def _get(gate: Gate, path: str) -> str:
    with urlopen(f"{gate.admin}{path}", timeout=5) as answer:
        return answer.read().decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"lifetime_seconds": -3600},
        {"audience": "another"},
        {"issuer": "https://elsewhere.example"},
    ],
    ids=["expired", "for another audience", "of an unknown issuer"],
)
def test_a_bad_token_is_refused_and_told_nothing(gate: Gate, changes: dict) -> None:
    with pytest.raises(psycopg.OperationalError) as caught:
        gate.route(password=gate.token(**changes)).connect()
    told = str(caught.value)
    assert "authentication failed" in told
    assert not any(word in told for word in ("expired", "audience", "issuer"))


def test_a_yett_credential_signs_in_by_scram(new_gate) -> None:
    gate = new_gate(
        policies={"local": 'permit (principal in Group::"local/agents", action, resource);'},
    )
    assert _yett(gate, "agent", "add", "bot", "--group", "agents").returncode == 0
    issued = _json(gate, "token", "issue", "bot")
    route = gate.route(issued["user"], password=issued["credential"])
    with psycopg.connect(route.dsn(require_auth="scram-sha-256"), autocommit=True) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    other = issued["credential"][:-1] + ("y" if issued["credential"].endswith("x") else "x")
    with pytest.raises(psycopg.OperationalError):
        gate.route(issued["user"], password=other).connect()


def test_scram_over_tls_binds_the_channel(new_gate) -> None:
    gate = new_gate(policies={"local": 'permit (principal in Group::"local/agents", action, resource);'})
    assert _yett(gate, "agent", "add", "bot", "--group", "agents").returncode == 0
    issued = _json(gate, "token", "issue", "bot")
    route = gate.route(issued["user"], password=issued["credential"])
    tls = {"sslmode": "verify-full", "sslrootcert": str(gate.ca_path), "channel_binding": "require"}
    with psycopg.connect(route.dsn(**tls), autocommit=True) as connection:
        assert connection.pgconn.ssl_in_use
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("negotiation", ["postgres", "direct"])
def test_tls_is_spoken_both_ways(gate: Gate, negotiation: str) -> None:
    tls = {"sslmode": "verify-full", "sslrootcert": str(gate.ca_path), "sslnegotiation": negotiation}
    with psycopg.connect(gate.route().dsn(**tls), autocommit=True) as connection:
        assert connection.pgconn.ssl_in_use
        assert connection.execute("SELECT count(*) FROM generate_series(1, 100000)").fetchone() == (100_000,)


def test_a_revoked_token_ends_its_open_session(new_gate) -> None:
    gate = new_gate()
    with gate.route("mallory").connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert _yett(gate, "revoke", "--subject", "corp/mallory").returncode == 0
        deadline = time.monotonic() + 5
        with pytest.raises(psycopg.Error):
            while time.monotonic() < deadline:
                connection.execute("SELECT 1")
                time.sleep(0.02)
    with pytest.raises(psycopg.OperationalError):
        gate.route("mallory").connect()


def test_what_was_done_before_a_kill_is_recorded(new_gate) -> None:
    gate = new_gate()
    connection = gate.route().connect()
    for number in range(20):
        connection.execute(f"SELECT {number} AS before_the_kill")
    gate.kill9()
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    gate.start()
    (session,) = _json(gate, "sessions")
    replayed = _yett(gate, "replay", session["session"]).stdout
    assert all(f"SELECT {number} AS before_the_kill" in replayed for number in range(20))
    assert _yett(gate, "verify").returncode == 0


def test_a_drain_lets_a_running_statement_finish(new_gate) -> None:
    gate = new_gate()
    answers = []
    with gate.route().connect() as connection:
        asking = threading.Thread(
            target=lambda: answers.append(connection.execute("SELECT 'done', pg_sleep(1)").fetchone()[0])
        )
        asking.start()
        time.sleep(0.3)
        status = gate.terminate()
        asking.join(10)
    assert answers == ["done"]
    assert status == 0


def test_a_restarted_gate_takes_the_same_tokens(new_gate) -> None:
    gate = new_gate()
    route = gate.route()
    with route.connect() as connection:
        connection.execute("SELECT 1")
    gate.restart()
    with route.connect() as connection:
        assert connection.execute("SELECT 2").fetchone() == (2,)


def test_a_second_gate_on_the_same_store_is_refused_clearly(gate: Gate) -> None:
    result = _yett(gate, "up")
    assert result.returncode != 0
    assert "store_in_use" in result.stdout + result.stderr


def test_a_port_in_use_is_refused_clearly(new_gate) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        from yett.demo.gate import GateFailed

        with pytest.raises(GateFailed):
            gate = new_gate(extra="")
            gate.terminate()
            gate.port = taken.getsockname()[1]
            gate.write()
            gate.start()
        assert "port_in_use" in gate.log_text


def test_a_bad_policy_is_named_by_file_and_line_and_nothing_starts(new_gate) -> None:
    gate = new_gate()
    gate.terminate()
    gate.policies["broken"] = '\n\npermit (principal, action == Action::"raed", resource);\n'
    gate.write()
    result = _yett(gate, "up")
    assert result.returncode != 0
    said = result.stdout + result.stderr
    assert "broken.cedar:3" in said
    assert "read" in said


def test_a_policy_that_changes_counts_at_once_in_open_sessions(new_gate) -> None:
    gate = new_gate()
    with gate.route().connect() as connection:
        assert connection.execute("SELECT count(*) FROM products").fetchone() == (50,)
        gate.policies["closed"] = '@id("closed") forbid (principal, action == Action::"read", resource);'
        gate.write()
        deadline = time.monotonic() + 10
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="closed"):
            while time.monotonic() < deadline:
                connection.execute("SELECT count(*) FROM products")
                time.sleep(0.05)


def test_metrics_count_what_happened(gate: Gate) -> None:
    with gate.route().connect() as connection:
        connection.execute("SELECT 1")
    text = _get(gate, "/metrics")
    assert "yett_operations_total{" in text
    assert _get(gate, "/healthz")


def test_a_target_that_is_away_is_an_unavailable_error_not_a_hang(new_gate, new_postgres) -> None:
    gate = new_gate()
    text = gate.config.read_text().replace(f":{gate.server.port}", ":1")
    gate.terminate()
    gate.config.write_text(text)
    gate.start()
    with pytest.raises(psycopg.OperationalError) as caught:
        gate.route().connect()
    assert "password" not in str(caught.value).lower()


def test_no_secret_and_no_statement_is_in_the_log(gate: Gate) -> None:
    route = gate.route()
    with route.connect() as connection:
        connection.execute("SELECT 'a planted marker 8271'")
    assert "planted marker" not in gate.log_text
    assert route.password not in gate.log_text
    assert gate.server.password not in gate.log_text


def test_a_cancel_request_with_another_key_is_ignored(gate: Gate) -> None:
    with gate.route().connect() as connection:
        pid = connection.info.backend_pid
        with socket.create_connection((gate.host, gate.port)) as stranger:
            stranger.sendall(bytes.fromhex("00000010 04d2162e") + pid.to_bytes(4, "big") + b"\0\0\0\1")
            assert stranger.recv(1) == b""
        assert connection.execute("SELECT pg_sleep(0.2)").fetchone() == ("",)


def test_replication_is_refused_with_a_reason(gate: Gate) -> None:
    with pytest.raises(psycopg.OperationalError, match="replication"):
        psycopg.connect(gate.route().dsn(replication="database"))


def test_bytes_before_the_tls_handshake_end_the_connection(gate: Gate) -> None:
    with socket.create_connection((gate.host, gate.port), timeout=5) as early:
        early.sendall(bytes.fromhex("00000008 04d2162f") + b"\x00\x00\x00\x08\x00\x03\x00\x00")
        answer = early.recv(100)
        assert answer in {b"S", b""} or answer.startswith(b"E")
        if answer == b"S":
            assert early.recv(100) == b""
