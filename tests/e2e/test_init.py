"""njiwa-init with programs of the test's own in place of njiwa's: what it gives
them, whom it turns away, how it reaps, ends and reads its settings again."""
import os
import resource
import signal
import socket
import time

import pytest

import servers
from conftest import need
from init_under_test import (ACCOUNTD, Init, children_of, cpu_seconds,
                             descriptors_of_program, state_of)
from site_under_test import MAIL_UID


@pytest.fixture
def init(build, tmp_path):
    made = []

    def make(**settings):
        made.append(Init(build, str(tmp_path), **settings))
        return made[-1]

    yield make
    for one in made:
        servers.end_process(one.process)


def test_what_a_program_gets(init):
    server = init().start()
    sock, lines = server.connect()
    port = sock.getsockname()[1]
    assert lines.readline().decode().split() == [
        "+OK", server.folder + "/njiwa-pop3d", "-p", "pop3", "TCP",
        "127.0.0.1", str(port), "127.0.0.1", str(server.ports["pop3"])]
    assert descriptors_of_program(server.process.pid) == {"0", "1", "2"}
    sock.sendall(b"mask\n")
    mask = lines.readline().split()
    assert int(mask[1], 16) == 0, "signals are blocked"
    # glibc has its own use for 32 and 33
    assert int(mask[3], 16) & 0x7fffffff == 0, "signals are ignored"


def test_signals_that_were_ignored(init):
    """As below `trap '' CHLD`: who ends is reaped and counted out, and the
    programs know nothing of it."""
    server = init(max_connections=1, wrapper=(
        "sh", "-c", "trap '' CHLD PIPE INT HUP; exec \"$@\"", "sh")).start()
    for _ in range(3):
        sock, lines = server.connect()
        assert lines.readline().startswith(b"+OK")
        sock.sendall(b"mask\n")
        assert int(lines.readline().split()[3], 16) & 0x7fffffff == 0
        lines.close()
        sock.close()
        servers.wait_for("no children", lambda: not children_of(
            server.process.pid))
    assert server.stop() == 0


@pytest.mark.parametrize("closed", ["0<&-", "0<&- 1>&-", "0<&- 1>&- 2>&-"])
def test_descriptors_that_were_closed(init, closed):
    """No listener becomes one that a program takes for something else."""
    server = init(wrapper=("sh", "-c", "exec \"$@\" " + closed, "sh"))
    server.start(wait="2" not in closed)

    def greeting():
        try:
            return server.connect()[1].readline()
        except ConnectionRefusedError:
            return b""

    servers.wait_for("a greeting", greeting)
    assert greeting().startswith(b"+OK")
    assert server.ask_account() == server.ask_account()
    assert environment_of(server)
    for fd, target in ((0, "/dev/null"), (1, None), (2, None)):
        path = os.readlink("/proc/%d/fd/%d" % (server.process.pid, fd))
        assert path == (target or ("/dev/null" if "2" in closed
                                   else server.log_file))
    assert server.stop() == 0


def test_descriptors_that_were_left_open(init, tmp_path):
    server = init()
    with open(tmp_path / "secret", "w") as one, open("/dev/null") as two:
        server.start(pass_fds=(one.fileno(), two.fileno()))
        lines = server.connect()[1]
        assert lines.readline()
        assert descriptors_of_program(server.process.pid) == {"0", "1", "2"}


def test_replies_are_sent_at_once(init):
    server = init()
    server.program("njiwa-pop3d", """#!/usr/bin/python3
import socket
option = socket.IPPROTO_TCP, socket.TCP_NODELAY
print(socket.socket(fileno=0).getsockopt(*option), flush=True)
""")
    server.start()
    assert server.connect()[1].readline() == b"1\n"


def test_ipv6_peer(init):
    server = init().start()
    try:
        sock, lines = server.connect(host="::1")
    except OSError as why:
        pytest.skip("no IPv6 here: %s" % why)
    with sock:
        assert lines.readline().split()[5] == b"::1"


def test_every_service_has_its_program(init):
    server = init().start()
    for name, program in (("mx", "njiwa-smtpd"), ("imap", "njiwa-imapd"),
                          ("pop3s", "njiwa-pop3d")):
        sock, lines = server.connect(name)
        with sock:
            assert lines.readline().decode().split()[1:4] == [
                server.folder + "/" + program, "-p", name]


def environment_of(server):
    sock, lines = server.connect()
    lines.readline()
    sock.sendall(b"env\n")
    env = list(iter(lines.readline, b".\n"))
    sock.close()
    return b"".join(env)


def test_secrets_reach_who_needs_them(init):
    server = init().start()
    env = environment_of(server)
    assert b"SSL_KEY_PASSWORD=tls-secret\n" in env
    assert b"database-secret" not in env
    assert b"NJIWA_LOG=stderr\n" in env
    server.ask_account()
    with open(server.folder + "/starts") as starts:
        assert starts.read().split()[1:] == ["database-secret", "None"]
    with open("/proc/%d/environ" % server.process.pid, "rb") as own:
        own = own.read()
    assert b"database-secret" not in own and b"tls-secret" not in own


def test_accountd_is_started_when_asked_for(init):
    server = init().start()
    st = os.stat(server.socket)
    assert (st.st_mode & 0o777, st.st_uid, st.st_gid) == (
        0o660, os.geteuid(), MAIL_UID)
    assert not os.path.exists(server.folder + "/starts")
    first = server.ask_account()
    assert server.ask_account() == first
    time.sleep(1.1)  # one that ends sooner has failed
    assert server.ask_account(b"end") == first
    assert server.ask_account() != first
    assert server.stop() == 0
    assert not os.path.exists(server.socket)


def test_accountd_that_fails_is_not_started_in_a_loop(init):
    server = init()
    server.program("njiwa-accountd", "#!/bin/sh\necho x >>$STARTS\nexit 1\n")
    server.start()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        sock.connect(server.socket)
        server.logged("njiwa-accountd ended too soon")
        time.sleep(1)
    with open(server.folder + "/starts") as starts:
        assert 1 <= len(starts.readlines()) <= 2
    server.program("njiwa-accountd", ACCOUNTD)
    assert server.ask_account().startswith(b"served")


def test_limit_of_all_connections(init):
    server = init(max_connections=3).start()
    held = [server.connect() for _ in range(3)]
    assert all(lines.readline() for _, lines in held)
    for name, reply in (("pop3", b"-ERR [SYS/TEMP] "), ("mx", b"421 4.7.0 "),
                        ("imap", b"* BYE "), ("pop3s", b"")):
        _, lines = server.connect(name)
        refusal = lines.read()
        assert refusal.startswith(reply)
        assert refusal.count(b"\r\n") == (1 if reply else 0)
    server.logged("reason=max_connections")
    held.pop()[0].close()
    servers.wait_for("a free place", lambda: server.connect()[1]
                     .readline().startswith(b"+OK"))


def test_limit_of_one_address(init):
    server = init(max_connections_per_ip=2).start()
    held = [server.connect() for _ in range(2)]
    assert all(lines.readline() for _, lines in held)
    assert server.connect()[1].read().startswith(b"-ERR [SYS/TEMP]")
    server.logged("reason=max_connections_per_ip")
    # 127.0.0.2 is another one.
    with socket.create_connection(("127.0.0.1", server.ports["pop3"]), 10,
                                  ("127.0.0.2", 0)) as sock:
        assert sock.makefile("rb").readline().startswith(b"+OK")


def test_children_and_orphans_are_reaped(init):
    server = init().start()
    sock, lines = server.connect()
    lines.readline()
    sock.sendall(b"orphan\n")
    sock, lines = server.connect()
    lines.readline()
    sock.sendall(b"die\n")
    assert lines.read() == b""
    server.logged("status=\"signal 9\"")
    servers.wait_for("no children", lambda: not children_of(
        server.process.pid))


def test_end(init):
    server = init().start()
    sock, lines = server.connect()
    lines.readline()
    pid = children_of(server.process.pid)[0]
    assert server.stop() == 0
    assert lines.read() == b""
    assert state_of(pid) == ""
    with pytest.raises(ConnectionRefusedError):
        server.connect()


STUBBORN = """#!/bin/sh
trap '' TERM
echo ready
while read -r line; do :; done
sleep 100
"""


def test_end_of_one_who_does_not_want_to(init):
    server = init(shutdown_grace="500ms")
    server.program("njiwa-pop3d", STUBBORN)
    server.start()
    _, lines = server.connect()
    assert lines.readline() == b"ready\n"
    pid = children_of(server.process.pid)[0]
    start = time.monotonic()
    assert server.stop() == 0
    assert 0.4 < time.monotonic() - start < 30
    assert state_of(pid) == ""
    assert "did not end in time and are killed" in server.log()


def test_second_signal_ends_the_wait(init):
    server = init(shutdown_grace="1h")
    server.program("njiwa-pop3d", STUBBORN)
    server.start()
    _, lines = server.connect()
    assert lines.readline() == b"ready\n"
    server.process.send_signal(signal.SIGTERM)
    server.logged("ending, 1 connections")
    assert server.process.poll() is None
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(servers.PATIENCE) == 0


def test_accountd_outlives_connections(init):
    """A session writes its last quota while it ends."""
    server = init()
    server.program("njiwa-pop3d", """#!/usr/bin/python3
import signal, socket, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
def end():
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        sock.connect(%r)
        sock.send(b"last")
        sys.stdout.buffer.write(sock.recv(100))
    sys.exit(0)
print("ready", flush=True)
signal.sigwait({signal.SIGTERM})
end()
""" % server.socket)
    server.start()
    _, lines = server.connect()
    assert lines.readline() == b"ready\n"
    assert server.stop() == 0
    assert lines.read().startswith(b"served by")


def test_reload(init):
    server = init().start()
    sock, lines = server.connect()
    lines.readline()
    server.write(listen=server.listen("pop3", "imap"), max_connections=2)
    server.process.send_signal(signal.SIGHUP)
    server.logged("not listening any more: mx=")
    servers.wait_for("refusal", lambda: server.refuses("mx"))
    sock.sendall(b"still here\n")
    assert lines.readline() == b"still here\n"
    other, other_lines = server.connect("imap")
    assert other_lines.readline().startswith(b"+OK")
    assert server.connect()[1].readline().startswith(b"-ERR")
    other_lines.close()
    other.close()
    server.write(listen=server.listen("pop3", "mx"))
    server.process.send_signal(signal.SIGHUP)
    server.logged("not listening any more: imap=")
    servers.wait_for("mx again", lambda: not server.refuses("mx"))
    servers.wait_for("its program", lambda: server.connect("mx")[1]
                     .readline().startswith(b"+OK"))


def test_reload_with_a_mistake_changes_nothing(init):
    server = init().start()
    server.write(listen="pop3=nowhere:1")
    server.process.send_signal(signal.SIGHUP)
    server.logged("the old sockets stay")
    assert server.connect("mx")[1].readline().startswith(b"+OK")
    server.write(max_connections="many")
    server.process.send_signal(signal.SIGHUP)
    server.logged("the old ones stay")
    assert server.connect("mx")[1].readline().startswith(b"+OK")


@pytest.mark.parametrize("settings, status, text", [
    ({"listen": "pop3=127.0.0.1"}, 71, "no port from 1 to 65535"),
    ({"listen": "pop4=127.0.0.1:1"}, 71, "no such service"),
    ({"max_connections": "0"}, 78, "max_connections"),
    ({"timers": "a=1s:true"}, 71, "no absolute path"),
])
def test_wrong_settings(init, settings, status, text):
    server = init(**settings).start(wait=False)
    assert server.process.wait(servers.PATIENCE) == status
    assert text in server.log()


def test_port_in_use(init):
    server = init()
    with socket.create_server(("", server.ports["mx"])):
        server.start(wait=False)
        assert server.process.wait(servers.PATIENCE) == 71
    assert "cannot listen on mx=*:%d" % server.ports["mx"] in server.log()
    assert not os.path.exists(server.socket)


def test_timer(init):
    server = init(shutdown_grace="1h")
    server.program("tick", "#!/bin/sh\necho \"$*\" >>$STARTS; sleep 0.1; "
                   "env | grep secret >>$STARTS\n")
    server.program("slow", "#!/bin/sh\nexec sleep 30\n")
    server.settings["timers"] = "tick=1s:%s/tick a b; slow=1s:%s/slow" % (
        server.folder, server.folder)
    server.start()
    server.logged("timer slow: its last run still goes on")
    servers.wait_for("a tick", server.starts)
    with open(server.folder + "/starts") as starts:
        lines = starts.read().split("\n")
    assert lines[0] == "a b" and set(lines) == {"a b", ""}
    assert server.stop() == 0, "with the slow one, and at once"


def test_queue_is_run(init):
    """Without being named in the timers, and beside those that are."""
    server = init(queue_interval="1s")
    server.program("njiwa-queue", "#!/bin/sh\necho queue >>$STARTS\n")
    server.program("tick", "#!/bin/sh\necho tick >>$STARTS\n")
    server.settings["timers"] = "tick=1s:%s/tick" % server.folder
    server.start()
    servers.wait_for("both", lambda: {"queue", "tick"} <= server.starts())
    assert server.starts() == {"queue", "tick"}
    assert server.stop() == 0


def test_out_of_descriptors(init):
    """It rests, says so once, and goes on when there are some again."""
    server = init(max_connections=100)
    server.program("njiwa-pop3d", "#!/bin/sh\necho ready; exec sleep 60\n")
    server.start()
    pid = server.process.pid
    old = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    used = max(int(fd) for fd in os.listdir("/proc/%d/fd" % pid))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 1, old[1]))
    sock, lines = server.connect()
    server.logged("Too many open files")
    before = cpu_seconds(pid)
    time.sleep(2.5)
    assert cpu_seconds(pid) - before < 0.1
    assert server.log().count("Too many open files") == 1
    resource.prlimit(pid, resource.RLIMIT_NOFILE, old)
    assert lines.readline() == b"ready\n"
    server.logged("to be had again")


def test_program_that_is_missing(init):
    server = init()
    os.unlink(server.folder + "/njiwa-pop3d")
    server.start()
    assert server.connect()[1].read().startswith(b"-ERR [SYS/TEMP]")
    server.logged("No such file or directory")
    assert server.connect("mx")[1].readline().startswith(b"+OK")


def test_process_1(build, tmp_path):
    """As pid 1: it is immune to signals that it does not read, it reaps, and
    its end is the end of all."""
    need("unshare")
    server = Init(build, str(tmp_path), wrapper=(
        "unshare", "--pid", "--fork", "--kill-child", "--mount-proc"))
    server.start()
    try:
        own = children_of(server.process.pid)[0]
        with open("/proc/%d/status" % own) as status:
            assert "\nNSpid:\t%d\t1\n" % own in status.read()
        sock, lines = server.connect()
        assert lines.readline().startswith(b"+OK")
        sock.sendall(b"orphan\n")
        servers.wait_for("no children", lambda: not children_of(own))
        assert server.ask_account().startswith(b"served")
        sock, lines = server.connect()
        lines.readline()
        os.kill(own, signal.SIGTERM)
        assert server.process.wait(servers.PATIENCE) == 0
        assert lines.read() == b""
    finally:
        servers.end_process(server.process)


def test_sockets_of_systemd(build, tmp_path):
    """Without systemd: a shell says what systemd would."""
    server = Init(build, str(tmp_path))
    pop3 = socket.create_server(("127.0.0.1", server.ports["pop3"]))
    account = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    os.mkdir(server.folder + "/run")
    account.bind(server.socket)
    account.listen()
    script = ("exec 3<&%d 4<&%d; LISTEN_PID=$$ LISTEN_FDS=2 "
              "LISTEN_FDNAMES=pop3:account exec \"$@\"" % (
                  pop3.fileno(), account.fileno()))
    server.wrapper = ("bash", "-c", script, "bash")
    server.start(pass_fds=(pop3.fileno(), account.fileno()))
    try:
        env = environment_of(server)
        assert b"LISTEN_FDS" not in env
        assert server.ask_account().startswith(b"served")
        with pytest.raises(ConnectionRefusedError):
            server.connect("mx")  # `listen` is not looked at
        assert server.stop() == 0
        assert os.path.exists(server.socket), "systemd's socket was removed"
    finally:
        servers.end_process(server.process)


def test_socket_of_systemd_with_a_wrong_name(build, tmp_path):
    server = Init(build, str(tmp_path))
    pop3 = socket.create_server(("127.0.0.1", server.ports["pop3"]))
    server.wrapper = ("bash", "-c", "exec 3<&%d; LISTEN_PID=$$ LISTEN_FDS=1 "
                      "LISTEN_FDNAMES=pop exec \"$@\"" % pop3.fileno(), "bash")
    server.start(wait=False, pass_fds=(pop3.fileno(),))
    assert server.process.wait(servers.PATIENCE) == 71
    assert "'pop', which is no service" in server.log()


def test_many_connections_at_once(init):
    server = init(max_connections=500, max_connections_per_ip=500).start()
    socks = [server.connect() for _ in range(200)]
    assert all(lines.readline().startswith(b"+OK") for _, lines in socks)
    for sock, lines in socks:
        lines.close()
        sock.close()
    servers.wait_for("no children", lambda: not children_of(
        server.process.pid))
    assert server.stop() == 0
