"""A gate as its operators meet it: starting, reloading, draining, refusing, and what it says of itself."""

import json
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from urllib.error import HTTPError
from urllib.request import urlopen

import psycopg
import pytest
import trustme

from e2e.gates import EVERYTHING

MARKER = "pl4nted-marker"


def connected(gate, subject="everyone", **more):
    route = gate.route(subject)
    return psycopg.connect(
        host=route.host,
        port=route.port,
        user=route.user,
        password=route.password,
        dbname=route.database,
        autocommit=True,
        connect_timeout=10,
        **more,
    )


def readiness(gate):
    try:
        with urlopen(f"{gate.admin}/readyz", timeout=5) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refused:
        return refused.code, json.load(refused)


def metrics(gate):
    with urlopen(f"{gate.admin}/metrics", timeout=5) as answer:
        return answer.read().decode()


def eventually(holds, wait_seconds=8.0):
    deadline = time.monotonic() + wait_seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


def interrupted(session):
    with pytest.raises(psycopg.Error):
        session.execute("SELECT pg_sleep(30)")


def yett(gate, *arguments):
    command = [sys.executable, "-m", "yett", *arguments, "--config", str(gate.config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)


def test_sigterm_ends_idle_sessions_with_a_reason_and_the_process_with_status_0(new_gate):
    gate = new_gate()
    with connected(gate) as session:
        assert gate.terminate() == 0
        with pytest.raises(psycopg.OperationalError, match="shutting down"):
            session.execute("SELECT 1")
    assert '"stopped"' in gate.log_text


def test_sigterm_lets_a_running_statement_finish(new_gate):
    gate = new_gate()
    with connected(gate) as session:
        rows = []
        thread = threading.Thread(target=lambda: rows.extend(session.execute("SELECT 7 FROM pg_sleep(1.5)")))
        thread.start()
        time.sleep(0.5)
        gate.process.process.send_signal(signal.SIGTERM)
        thread.join(10)
        assert rows == [(7,)]
        assert gate.process.process.wait(10) == 0


def test_a_drain_has_a_deadline(new_gate):
    gate = new_gate(extra="")
    gate.terminate()
    gate.config.write_text(gate.config.read_text().replace("[gate]", '[gate]\ndrain = "1s"'))
    gate.start()
    with connected(gate) as session:
        thread = threading.Thread(target=interrupted, args=[session])
        thread.start()
        time.sleep(0.5)
        began = time.monotonic()
        assert gate.terminate() == 0
        assert time.monotonic() - began < 10
        thread.join(10)


def test_while_it_drains_it_is_not_ready(new_gate):
    gate = new_gate()
    with connected(gate) as session:
        thread = threading.Thread(target=lambda: session.execute("SELECT pg_sleep(2)"))
        thread.start()
        time.sleep(0.5)
        gate.process.process.send_signal(signal.SIGTERM)
        eventually(lambda: readiness(gate)[0] == 503, 1.5)
        assert readiness(gate)[1]["reasons"][0].startswith("draining")
        thread.join(10)


def test_a_second_gate_on_the_same_folder_is_refused(new_gate):
    gate = new_gate()
    second = yett(gate, "up")
    assert second.returncode == 7, second.stderr
    assert "error[store_in_use]: " in second.stderr
    assert readiness(gate)[0] == 200


@pytest.mark.parametrize("which", ["port", "admin_port"])
def test_a_port_in_use_is_one_clear_error(new_gate, which):
    gate = new_gate()
    gate.terminate()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", getattr(gate, which)))
        taken.listen()
        refused = yett(gate, "up")
    assert refused.returncode == 7, refused.stderr
    assert "error[port_in_use]: " in refused.stderr
    assert "Traceback" not in refused.stderr


def test_changed_policies_come_into_force_in_open_sessions(new_gate):
    gate = new_gate()
    with connected(gate) as session:
        session.execute("SELECT 1 FROM customers LIMIT 1")
        file = gate.folder / "policies" / "closed.cedar"
        forbid = 'forbid (principal, action == Action::"read", resource);'
        file.write_text(f'@id("closed") @reason("closed for now") {forbid}')

        def denied():
            try:
                session.execute("SELECT 1 FROM customers LIMIT 1")
            except psycopg.errors.InsufficientPrivilege as refusal:
                return "closed" in str(refusal)
            return False

        eventually(denied)
        file.unlink()
        eventually(lambda: not denied())


def test_policies_that_cannot_be_used_leave_the_old_ones_in_force_and_show_in_readyz(new_gate):
    gate = new_gate()
    file = gate.folder / "policies" / "bad.cedar"
    file.write_text('permit (principal, action == Action::"raed", resource);')
    eventually(lambda: readiness(gate)[0] == 503)
    assert "bad.cedar:1:" in readiness(gate)[1]["reasons"][0]
    with connected(gate) as session:
        assert session.execute("SELECT 1").fetchone() == (1,)
    assert 'yett_policy_reloads_total{outcome="kept"} 1.0' in metrics(gate)
    file.unlink()
    eventually(lambda: readiness(gate)[0] == 200)


def test_sighup_reads_policies_again_where_they_are_not_watched(new_gate):
    gate = new_gate(extra="\n[policies]\nreload = false\n")
    (gate.folder / "policies" / "more.cedar").write_text('forbid (principal, action == Action::"define", resource);')
    time.sleep(1.5)
    assert "policies loaded" not in gate.log_text
    gate.process.process.send_signal(signal.SIGHUP)
    eventually(lambda: "policies loaded" in gate.log_text)
    assert readiness(gate)[0] == 200


def test_metrics_count_what_happened(new_gate):
    gate = new_gate()
    with connected(gate) as session:
        assert len(session.execute("SELECT * FROM customers LIMIT 5").fetchall()) == 5
        assert 'yett_sessions{protocol="postgres",resource="e2e"} 1.0' in metrics(gate)
    eventually(lambda: 'yett_sessions{protocol="postgres",resource="e2e"} 0.0' in metrics(gate))
    text = metrics(gate)
    assert 'yett_rows_total{protocol="postgres",resource="e2e"} 5.0' in text
    assert 'yett_logins_total{method="password",outcome="ok"} 1.0' in text
    assert 'yett_upstream_seconds_count{protocol="postgres",resource="e2e"} 0.0' not in text
    assert "yett_ready 1.0" in text


def test_neither_logs_nor_metrics_hold_what_was_said(new_gate):
    gate = new_gate(extra='\n[telemetry]\nlog_level = "debug"\n')
    with connected(gate) as session:
        session.execute("SELECT %s::text", [MARKER])
        with pytest.raises(psycopg.Error):
            session.execute(f"SELECT '{MARKER}'::int")
        with pytest.raises(psycopg.Error):
            session.execute(f"SELEC '{MARKER}'")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=gate.host, port=gate.port, user=MARKER, password=MARKER, dbname=MARKER)
    text = metrics(gate)
    gate.terminate()
    assert MARKER not in gate.log_text
    assert MARKER not in text
    assert gate.token() not in gate.log_text


def test_a_wrong_target_password_is_named_by_check_up_and_client(new_gate):
    gate = new_gate()
    gate.terminate()
    (gate.folder / "target.password").write_text("not-the-password-7c1")
    checked = yett(gate, "check")
    assert checked.returncode == 1
    assert "[upstream_password_wrong]" in checked.stdout
    gate.start()
    eventually(lambda: "upstream_password_wrong" in gate.log_text)
    with pytest.raises(psycopg.OperationalError) as refused:
        connected(gate)
    assert "not-the-password-7c1" not in str(refused.value)
    assert "does not accept the gate" in str(refused.value)


def test_check_finds_nothing_wrong_with_a_good_gate(new_gate):
    gate = new_gate()
    checked = yett(gate, "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "PostgreSQL 17" in checked.stdout


def test_check_warns_of_names_that_the_target_does_not_have(new_gate):
    policy = """
    permit (principal, action, resource in Resource::"e2e");
    forbid (principal, action, resource in Table::"e2e/public.custommers");
    forbid (principal, action == Action::"define", resource in Table::"e2e/public.customers");
    """
    gate = new_gate(policies={"names": policy})
    checked = yett(gate, "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "[name_unknown]" in checked.stdout
    assert "custommers" in checked.stdout
    assert "table public.customers," not in checked.stdout


def test_doctor_finds_no_way_around_a_target_that_asks_for_a_password(new_gate):
    shown = yett(new_gate(), "doctor")
    assert "refused every way tried" in shown.stdout, shown.stdout + shown.stderr


def test_doctor_finds_a_target_that_lets_anybody_in(new_gate, monkeypatch, tmp_path):
    gate = new_gate()
    gate.terminate()
    text = gate.config.read_text().replace('login = "', 'login = "trust_user", user_ = "').replace('user_ = "', "#")
    lines = [line.replace(", #", " }  #") if "trust_user" in line else line for line in text.splitlines()]
    gate.config.write_text("\n".join(lines))
    shown = yett(gate, "doctor")
    assert shown.returncode == 1
    assert "[way_around]" in shown.stdout, shown.stdout + shown.stderr


def test_a_bound_listener_lets_in_its_one_principal_without_a_credential(new_gate):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    policy = 'permit (principal == Agent::"local/tester", action, resource);'
    gate = new_gate(policies={"bound": policy})
    gate.terminate()
    assert yett(gate, "agent", "add", "tester").returncode == 0
    listener = f'\n[[listeners]]\naddress = "127.0.0.1:{port}"\nresource = "e2e"\nbound = "local/tester"\n'
    gate.config.write_text(gate.config.read_text() + listener)
    gate.start()
    address = {"host": "127.0.0.1", "port": port, "user": "whoever", "dbname": "e2e", "sslmode": "disable"}
    with psycopg.connect(**address) as session:
        assert session.execute("SELECT 1").fetchone() == (1,)
    assert yett(gate, "revoke", "--help").returncode == 0


def test_a_listener_bound_to_nobody_known_stops_the_start(new_gate):
    gate = new_gate()
    gate.terminate()
    listener = '\n[[listeners]]\naddress = "127.0.0.1:0"\nresource = "e2e"\nbound = "local/nobody"\n'
    gate.config.write_text(gate.config.read_text() + listener)
    refused = yett(gate, "up")
    assert refused.returncode == 3
    assert "error[config_unknown_name]" in refused.stderr
    assert "local/nobody" in refused.stderr


def test_a_deny_list_of_the_settings_refuses_text(new_gate):
    deny = '\n[deny.no-sleep]\npattern = "pg_sleep"\nreason = "nobody sleeps here"\nhint = "stay awake"\n'
    gate = new_gate(extra=deny)
    with connected(gate) as session:
        with pytest.raises(psycopg.errors.InsufficientPrivilege) as refused:
            session.execute("SELECT PG_SLEEP(0)")
        assert refused.value.diag.message_detail.startswith("nobody sleeps here")
        assert session.execute("SELECT 1").fetchone() == (1,)


def test_limits_of_the_settings_hold(new_gate):
    nearly = EVERYTHING + 'forbid (principal, action, resource == Table::"e2e/public.kept_away");\n'
    limits = '\n[limits]\nsessions_per_principal = 1\nstatement = "1KiB"\n'
    gate = new_gate(policies={"nearly": nearly}, extra=limits)
    with connected(gate) as session:
        with pytest.raises(psycopg.OperationalError, match="as many sessions"):
            connected(gate)
        with pytest.raises(psycopg.errors.ProgramLimitExceeded):
            session.execute("SELECT 1 -- " + "x" * 2000)
        assert session.execute("SELECT 1").fetchone() == (1,)


def test_a_limit_of_statements_a_second_holds(new_gate):
    gate = new_gate(extra="\n[limits]\nstatements_per_second = 1\nstatements_burst = 3\n")
    with connected(gate) as session, pytest.raises(psycopg.Error, match=r"rate_limited|faster"):
        for _ in range(20):
            session.execute("SELECT 1")


def test_a_second_signal_does_not_wait_for_anybody(new_gate):
    gate = new_gate()
    with connected(gate) as session:
        thread = threading.Thread(target=interrupted, args=[session])
        thread.start()
        time.sleep(0.5)
        gate.process.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        began = time.monotonic()
        assert gate.terminate() == 0
        assert time.monotonic() - began < 5
        thread.join(10)


def test_sighup_shows_new_connections_the_new_certificate(new_gate, tmp_path):
    gate = new_gate()
    before = certificate_of(gate)
    issued = trustme.CA().issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(gate.folder / "gate.pem")
    issued.private_key_pem.write_to_path(gate.folder / "gate.key")
    assert certificate_of(gate) == before
    gate.process.process.send_signal(signal.SIGHUP)
    eventually(lambda: certificate_of(gate) != before)
    (gate.folder / "gate.key").write_text("no key")
    gate.process.process.send_signal(signal.SIGHUP)
    eventually(lambda: "certificates not loaded" in gate.log_text)
    assert certificate_of(gate) != before


def certificate_of(gate):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["postgresql"])
    with socket.create_connection((gate.host, gate.port), timeout=5) as plain, context.wrap_socket(plain) as secure:
        return secure.getpeercert(binary_form=True)


def test_a_target_that_cannot_be_reached_is_a_warning_and_a_clear_refusal(new_gate):
    gate = new_gate()
    gate.terminate()
    text = gate.config.read_text().replace(f":{gate.server.port}", ":1")
    gate.config.write_text(text)
    gate.start()
    eventually(lambda: "upstream_unreachable" in gate.log_text)
    assert readiness(gate)[0] == 200
    with pytest.raises(psycopg.OperationalError, match="cannot be reached"):
        connected(gate)


def test_a_full_disk_stops_the_start_with_a_reason(new_gate):
    gate = new_gate(extra='\n[recording]\nfree_bytes_min = "1B"\n')
    free = shutil.disk_usage(gate.data).free
    with connected(gate) as session:
        assert session.execute("SELECT 1").fetchone() == (1,)
        wanted = f'free_bytes_min = "{free + (1 << 30)}B"'
        gate.terminate()
        gate.config.write_text(gate.config.read_text().replace('free_bytes_min = "1B"', wanted))
    refused = yett(gate, "up")
    assert (refused.returncode, "error[disk_full]" in refused.stderr) == (6, True)
