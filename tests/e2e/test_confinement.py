"""The confinement, tried from inside: njiwa-probe is a service over the same
skeleton as the real ones whose front and session do what the client says and
answer how it went (probe.c)."""
import base64
import os
import re
import signal
import socket
import subprocess
import time

import pytest

import servers
from site_under_test import LAUNCHERS, PASSWORD

DENIED = ("EPERM", "EACCES")


class Probe:
    """One connection to njiwa-probe."""

    def __init__(self, site, profile="plain", **env):
        self.site = site
        self.launcher = site.launcher(
            [site.build + "/tests/e2e/njiwa-probe", "-p", profile],
            dict(site.env, **env), site.log_file)
        site.launchers["probe%d" % len(site.launchers)] = self.launcher
        self.sock = socket.create_connection(
            ("127.0.0.1", self.launcher.port), timeout=60)
        site.track(self.sock)
        self.greeting = b""
        if profile == "tls":
            self.handshake()
        else:
            self.listen()

    def listen(self):
        self.file = self.sock.makefile("rb")
        self.greeting = self.line()

    def handshake(self):
        self.sock = self.site.track(
            self.site.certs.context().wrap_socket(self.sock))
        self.listen()

    def line(self):
        return self.file.readline().decode().strip()

    def say(self, *lines):
        self.sock.sendall("".join(one + "\r\n" for one in lines).encode())

    def do(self, line):
        self.say(line)
        return self.line()

    def pid(self):
        pid, uid = re.match(r"pid (\d+) uid (\d+)", self.do("pid")).groups()
        assert self.line() == "ok"
        return int(pid), int(uid)

    def starttls(self):
        assert self.do("starttls") == "ok"
        self.handshake()

    def login(self, user="demo@test.dev"):
        greeting = self.do("login %s %s" % (user, PASSWORD))
        assert greeting.startswith("session %s hello " % user), greeting
        return self

    def processes(self):
        """All processes of this connection."""
        return [pid for pid, line in self.site.processes().items()
                if "njiwa-probe" in line and
                not line.strip().endswith((" -s", " -l", " -k"))]


def memory(pid):
    """All that the process can read, as root sees it."""
    out = []
    with open("/proc/%d/maps" % pid) as maps, \
            open("/proc/%d/mem" % pid, "rb", 0) as mem:
        for line in maps:
            fields = line.split()
            if "r" not in fields[1] or "[v" in line:
                continue
            start, end = (int(x, 16) for x in fields[0].split("-"))
            try:
                out.append(os.pread(mem.fileno(), end - start, start))
            except OSError:
                pass
    return b"\0".join(out)


@pytest.fixture(params=["exec", "stem"])
def site(request, make_site):
    """The programs are started for each connection, or forked by a stem."""
    made = make_site("sqlite")
    made.launcher = LAUNCHERS[request.param]
    return made


confined = pytest.mark.usefixtures("plain_build")

FORBIDDEN = [
    "open /etc/passwd", "open /etc/hostname", "open /", "open /proc/self/maps",
    "open /dev/null", "write /tmp/njiwa-probe-was-here",
    "socket 2", "socket 10", "socket 1", "socket 16",
    "exec /bin/true", "fork", "ptrace 1", "tgkill 1", "limit 1", "linger",
    "chmod /tmp", "utime /tmp",
]
# A front sends nothing to whom its sockets are not connected to.
FRONT_FORBIDDEN = FORBIDDEN + ["sendto", "sendmsg"]


@confined
@pytest.mark.parametrize("profile", ["plain", "tls"])
def test_front_can_touch_nothing(site, profile):
    probe = Probe(site, profile)
    own = [site.config, site.data, site.maildir(), site.certs.key,
           site.certs.cert, site.settings["sqlite_file"], site.log_file]
    for line in FRONT_FORBIDDEN + ["open " + path for path in own]:
        assert probe.do(line) in DENIED, line
    pid, uid = probe.pid()
    assert uid == 65534
    with open("/proc/%d/status" % pid) as status:
        text = status.read()
    assert "NoNewPrivs:\t1" in text and "Seccomp:\t2" in text
    assert re.search(r"CapEff:\t0+\n", text)


@confined
@pytest.mark.parametrize("tls", [False, True])
def test_session_reaches_its_own_mail_alone(site, tls):
    probe = Probe(site, "tls" if tls else "plain").login()
    mine, theirs = site.maildir("demo"), site.maildir("other")
    os.makedirs(theirs + "/cur", exist_ok=True)
    for path in (theirs, theirs + "/cur", os.path.dirname(theirs)):
        os.chown(path, 8, 8)
    with open(theirs + "/cur/letter", "w") as out:
        out.write("a letter of somebody else")
    os.chown(theirs + "/cur/letter", 8, 8)
    pid, uid = probe.pid()
    bystander = Probe(site).login("other@test.dev")
    assert uid == 8 == os.stat(theirs).st_uid
    assert probe.do("open " + mine) == "ok"
    assert probe.do("write %s/new/file" % mine) == "ok"
    for line in ["open " + theirs, "open " + theirs + "/cur/letter",
                 "unlink " + theirs + "/cur/letter",
                 "write " + theirs + "/cur/more", "open " + site.data,
                 "open %s/../../other/Maildir/cur/letter" % mine,
                 "chmod " + theirs, "utime " + theirs + "/cur/letter",
                 "limit %d" % bystander.pid()[0],
                 "tgkill %d" % bystander.pid()[0],
                 "open " + site.config, "open " + site.settings["sqlite_file"],
                 "open " + site.certs.key] + FORBIDDEN:
        assert probe.do(line) in DENIED, line


def key_needles(site):
    """What tells the private key: its number, and pieces of its PEM text."""
    with open(site.certs.key) as file:
        pem = file.read()
    body = "".join(line for line in pem.splitlines() if "---" not in line)
    der = base64.b64decode(body)
    text = servers.run("openssl", "ec", "-in", site.certs.key, "-noout",
                       "-text").decode()
    number = re.search(r"priv:\n((?:\s+[0-9a-f:]+\n)+)", text).group(1)
    octets = bytes.fromhex(re.sub(r"[\s:]", "", number)).lstrip(b"\0")
    assert octets in der
    return [octets, octets[::-1], body[20:60].encode()]


def assert_absent(pid, needles):
    held = memory(pid)
    assert len(held) > 100000       # we did look
    for needle in needles:
        assert needle not in held


def assert_nowhere(probe, needles, least=1, patience=servers.PATIENCE):
    """No process of the connection holds any of it, a signer that is about to
    end left aside; that many were there to be looked at."""
    end = time.monotonic() + patience
    while True:
        try:
            pids = probe.processes()
            for pid in pids:
                assert_absent(pid, needles)
            assert len(pids) >= least
            return
        except (AssertionError, OSError):
            if time.monotonic() > end:
                raise
        time.sleep(0.1)


@confined
def test_no_process_of_a_connection_holds_the_tls_key(site):
    needles = key_needles(site)
    probe = Probe(site, "tls")
    assert_nowhere(probe, needles, 2)
    probe.login()
    assert_nowhere(probe, needles)
    late = Probe(site, "plain")
    late.starttls()
    assert_nowhere(late, needles, 2)


@confined
def test_secrets_of_the_environment_stay_out_of_the_front(site):
    secrets = dict(MYSQL_PASS="database-Secret-1",
                   SSL_KEY_PASSWORD="tls-Secret-2")
    needles = [value.encode() for value in secrets.values()]
    for profile in ("plain", "tls"):
        probe = Probe(site, profile, **secrets)
        assert_absent(probe.pid()[0], needles)
        seen = 0
        for pid in probe.processes():
            try:
                with open("/proc/%d/environ" % pid, "rb") as file:
                    held = file.read()
            except OSError:
                continue                # a signer that has ended
            seen += b"NJIWA_CONFIG" in held
            assert not any(needle in held for needle in needles)
        assert seen >= 2
        probe.login()
        assert_nowhere(probe, needles)


@confined
def test_the_signer_of_a_stem_has_the_key_and_nothing_else(make_site):
    site = make_site("sqlite")
    site.launcher = LAUNCHERS["stem"]
    Probe(site, "tls", MYSQL_PASS="database-Secret-1",
          SSL_KEY_PASSWORD="tls-Secret-2")
    signer, = [pid for pid, line in site.processes().items()
               if line.strip().endswith(" -k")]
    assert_absent(signer, [b"database-Secret-1", b"tls-Secret-2"])
    held = memory(signer)
    assert any(needle in held for needle in key_needles(site))
    with open("/proc/%d/status" % signer) as status:
        text = status.read()
    assert "NoNewPrivs:\t1" in text and "Seccomp:\t2" in text
    assert re.search(r"Uid:(\t65534){4}\n", text)
    assert re.search(r"CapEff:\t0+\n", text)
    for fd in os.listdir("/proc/%d/fd" % signer):
        assert os.readlink("/proc/%d/fd/%s" % (signer, fd)).startswith(
            ("socket:", "/dev/null"))


@confined
def test_secrets_of_the_file_stay_out_of_the_front(site):
    site.conf(mysql_password="database-Secret-3",
              tls_key_password="tls-Secret-4")
    probe = Probe(site)
    assert_absent(probe.pid()[0], [b"database-Secret-3", b"tls-Secret-4"])
    probe.login()
    assert_absent(probe.pid()[0], [b"database-Secret-3", b"tls-Secret-4"])


@confined
def test_nothing_of_the_account_row_reaches_front_or_session(site):
    stored = site.sql("SELECT password FROM users WHERE name = 'demo'")[0][0]
    probe = Probe(site, "tls").login()
    assert_nowhere(probe, [stored.encode()])


@pytest.mark.parametrize("line", [
    "send 77 no such request", "send 3 not a login", "send 1 not a log",
    "send 4 a session without a login", "send 2 starttls has no body",
    "send 5 the word of a keeper", "send 64 more than twelve octets",
])
def test_rubbish_on_the_pair_ends_this_connection_alone(site, line):
    bystander = Probe(site)
    probe = Probe(site)
    probe.say(line)
    left = probe.file.read()
    assert left in (b"", b"ok\r\n")
    site.wait_log("the front broke the rules")
    assert bystander.do("ask 64") == "ok"
    bystander.login()


def test_requests_are_counted_and_bounded(site):
    probe = Probe(site)
    for _ in range(5):
        assert probe.do("ask 64") == "ok"
    assert probe.do("ask 65") == "ok"
    assert probe.do("ask 65") == "ok"
    assert probe.do("ask 65") in ("EPIPE", "ECONNRESET", "")


def test_a_front_that_dies_takes_its_keeper_along(site):
    for how in ("die", None):
        probe = Probe(site)
        pid, _ = probe.pid()
        if how:
            probe.say(how)
        else:
            os.kill(pid, signal.SIGKILL)
        servers.wait_for("end of the connection",
                         lambda: not probe.processes())
        assert probe.file.read() == b""


def test_a_keeper_that_dies_leaves_no_session(site):
    probe = Probe(site, "tls").login()
    os.kill(probe.pid()[0], signal.SIGKILL)
    assert probe.file.read() == b""
    servers.wait_for("end of the connection",
                     lambda: not probe.processes())


def test_plain_text_does_not_survive_starttls(site):
    """What was sent with STARTTLS in one packet is never run."""
    probe = Probe(site)
    marker = site.folder + "/injected"
    probe.say("starttls", "write " + marker, "pid", "quit")
    assert probe.line() == "ok"
    probe.handshake()
    assert probe.greeting.startswith("front plain tls=1 TLS1.3")
    assert probe.do("ask 64") == "ok"
    assert not os.path.exists(marker)


def test_pipelined_input_reaches_the_session(site):
    probe = Probe(site)
    probe.say("ask 64", "login demo@test.dev " + PASSWORD, "pid", "quit")
    assert probe.line() == "ok"
    assert probe.line().startswith("session demo@test.dev")
    assert re.match(r"pid \d+ uid 8", probe.line())
    assert probe.file.read() == b"ok\r\nok\r\n"


def test_failed_logins_are_counted(site):
    site.conf(login_tries="3")
    probe = Probe(site)
    for result in (1, 1, 3):
        assert probe.do("login demo@test.dev wrong").startswith(
            "login %d" % result)
        assert probe.line() == "EACCES"
    probe.say("login demo@test.dev " + PASSWORD)
    assert not probe.file.read().startswith(b"session")


def test_failed_logins_take_time(site):
    site.conf(login_delay="300ms")
    probe = Probe(site)
    start = time.monotonic()
    assert probe.do("login demo@test.dev wrong").startswith("login 1")
    assert 0.3 <= time.monotonic() - start < 20


@pytest.mark.parametrize("what", ["missing", "rubbish", "other key",
                                  "no password", "wrong password"])
def test_tls_that_cannot_be_had_is_said_in_the_log(site, what):
    key = site.folder + "/bad.pem"
    with open(site.certs.key) as file:
        good = file.read()
    if what == "rubbish":
        good = "this is no key\n"
    if what != "missing":
        with open(key, "w") as out:
            out.write(good)
    if what == "other key":
        servers.run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-out", key)
    if what.endswith("password"):
        servers.run("openssl", "pkcs8", "-topk8", "-in", site.certs.key,
                    "-out", key, "-passout", "pass:right")
    if what != "missing":
        os.chmod(key, 0o644)
    site.conf(tls_key=key, tls_key_password={
        "wrong password": "wrong"}.get(what))
    assert Probe(site).do("starttls") not in ("ok", "")
    site.wait_log("TLS is not to be had")
    with pytest.raises(OSError):
        Probe(site, "tls")


def test_tls_with_a_password_protected_key(site):
    key = site.folder + "/protected.pem"
    servers.run("openssl", "pkcs8", "-topk8", "-in", site.certs.key, "-out",
                key, "-passout", "pass:right one")
    os.chmod(key, 0o600)
    site.conf(tls_key=key)
    for env in ({"SSL_KEY_PASSWORD": "right one"},
                {"NJIWA_TLS_KEY_PASSWORD": "right one"}):
        assert Probe(site, "tls", **env).do("ask 64") == "ok"
        probe = Probe(site, **env)
        probe.starttls()
        assert probe.do("ask 64") == "ok"


def test_sandbox_off_is_off_and_on_is_default(site):
    site.conf(sandbox="off")
    assert Probe(site).do("open /etc/hostname") == "ok"


def test_a_front_ends_with_its_keeper(site):
    """Also while its client says nothing; and there is no front where there
    are no accounts."""
    for profile in ("plain", "tls"):
        probe = Probe(site, profile)
        front = probe.pid()[0]
        for pid in probe.processes():
            if pid != front:
                os.kill(pid, signal.SIGKILL)
        assert probe.file.read() == b""
        servers.wait_for("end of the connection",
                         lambda: not probe.processes())
    site.conf(libexec_dir="/nonexistent")
    probe = Probe(site)
    assert probe.file.read() == b""
    site.wait_log("no accounts")


def test_a_client_that_reads_nothing_costs_nothing(site):
    """After the session's end its pump waits, and not for ever."""
    probe = Probe(site, "tls").login()
    pids = probe.processes()
    probe.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    probe.say("flood 20000000", "quit")
    time.sleep(1)
    before = [cpu_ms(pid) for pid in pids]
    time.sleep(1)
    assert probe.processes(), "or there is nothing that could cost"
    for pid, start in zip(pids, before):
        assert cpu_ms(pid) - start < 200


def cpu_ms(pid):
    try:
        with open("/proc/%d/stat" % pid) as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) * 10


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "0<&- 1>&-", "2>&-"])
def test_closed_descriptors_are_nobodys_file(strace, site, closed):
    """The certificate or the key never becomes the client, nor the database
    the log."""
    trace = site.folder + "/trace"
    subprocess.run(
        ["strace", "-qq", "-o", trace, "-e", "trace=openat", "sh", "-c",
         'exec "$0" ' + closed, site.build + "/tests/e2e/njiwa-probe"],
        env=site.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, timeout=60, check=False)
    with open(trace) as file:
        opened = [line.rsplit("= ", 1)[1] for line in file
                  if site.folder in line and "= -1 " not in line]
    assert opened and min(map(int, opened)) > 2, opened


def test_half_of_tls_is_said_in_the_log(site):
    """A misspelt path is no wish to do without TLS."""
    for half in ("tls_key", "tls_cert"):
        good = site.settings[half]
        site.conf(**{half: "/nonexistent/" + half})
        assert Probe(site).do("ask 64") == "ok"
        site.wait_log("TLS is not to be had: /nonexistent/" + half)
        site.conf(**{half: good})
    logged = site.log
    site.conf(tls_key="/nonexistent/key", tls_cert="/nonexistent/cert")
    assert Probe(site).do("ask 64") == "ok"
    assert "TLS is not to be had" not in site.log[len(logged):]
