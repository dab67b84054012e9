"""njiwa-init's stems: connections are forked from a warmed process; whatever
becomes of that one, they are served, counted and ended as without it."""
import os
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import time

import pytest

import servers
from conftest import CRASHES
from imap_client import Client
from init_under_test import state_of
from site_under_test import MAIL_UID, PASSWORD
from stem_client import CONNECTION, SERVED, STALE, Stem
from stem_talk import (Talk, only, parent, program_base, shakes_hands, stems,
                       warm)
from test_bad_kills import processes_of

BACK_ENDS = ["sqlite"]
FAULT_SECONDS = 15  # that a lock is waited for: common/base/fault.h


@pytest.mark.parametrize("service", ["mx", "pop3", "imap", "pop3s"])
def test_connections_come_from_a_stem(site, service):
    init = site.init(services=(service,))
    stem, talk = warm(site, service)
    keeper = talk.keeper()
    assert keeper != stem and parent(stem) == init.pid
    for fd in ("0", "1"):
        link = os.readlink("/proc/%d/fd/%s" % (keeper, fd))
        assert link.startswith("socket:")
    talk.close()
    servers.wait_for("its end", lambda: state_of(keeper) == "")
    assert state_of(stem) == "S"


@pytest.mark.parametrize("service", ["mx", "pop3", "imap", "pop3s"])
def test_a_front_from_a_stem_is_confined(plain_build, site, service):
    site.init(services=(service,))
    talk = warm(site, service)[1]
    with open("/proc/%d/status" % talk.front()) as status:
        assert "Seccomp:\t2" in status.read()


def test_a_killed_session_holds_up_nobody(strace, site):
    """It dies with the index's lock, as one that wrote to the file."""
    site.init(services=("imap",))
    warm(site, "imap")[1].close()
    client = Client(site)
    client.append(b"Subject: a\r\n\r\nb\r\n")
    assert client.cmd("SELECT INBOX").status == "OK"
    pid, = processes_of(site, "njiwa-imapd", MAIL_UID)
    other = Client(site)
    assert other.cmd("SELECT INBOX").status == "OK"
    with subprocess.Popen(
            ["strace", "-qq", "-o", "/dev/null", "-e", "inject=pwrite64,"
             "pwritev:signal=SIGKILL", "-P",
             site.maildir() + "/njiwa-index/data.mdb", "-p", str(pid)]):
        servers.wait_for("strace", lambda: traced(pid))
        with pytest.raises((EOFError, OSError)):
            client.cmd("STORE 1 +FLAGS (\\Seen)")
    began = time.monotonic()
    assert other.cmd("STORE 1 +FLAGS (\\Flagged)").status == "OK"
    assert time.monotonic() - began < FAULT_SECONDS
    assert "the index: " not in site.log


def traced(pid):
    with open("/proc/%d/status" % pid) as status:
        return "TracerPid:\t0\n" not in status.read()


def test_none_where_the_setting_says_so(site):
    site.init(services=("pop3",), stem="no")
    bases = set()
    for _ in range(5):
        talk = Talk(site)
        bases.add(program_base(talk.pids[0]))
        assert not stems(site)
    assert len(bases) > 1, "each connection is a program of its own"


def test_random_numbers_differ(site):
    """Two handshakes with the same octets of a client have nothing in common:
    the random numbers begin anew in each front."""
    site.init(services=("pop3s",))
    warm(site, "pop3s")[1].close()
    hello, seen = client_hello(site), set()
    for _ in range(4):
        with socket.create_connection(
                ("127.0.0.1", site.port("pop3s")), 60) as sock:
            sock.sendall(hello)
            body = server_hello(sock)
        # of the record and of the message each 4 and 2 of head and version
        seen |= {body[6:38], body[-32:]}  # random; the key share's end
    assert len(seen) == 8


def client_hello(site):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = site.certs.context().wrap_bio(incoming, outgoing,
                                        server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def server_hello(sock):
    def exactly(count):
        octets = b""
        while len(octets) < count:
            octets += sock.recv(count - len(octets)) or pytest.fail("the end")
        return octets

    kind, _, length = struct.unpack("!BHH", exactly(5))
    body = exactly(length)
    assert kind == 22 and body[0] == 2
    return body


def test_a_renewed_certificate_is_taken(site):
    """By those who were connected before as well, and without a new stem."""
    pair = [(site.folder + "/" + name, old, new) for name, old, new in (
        ("own.key", site.certs.key, site.certs.rsa_key),
        ("own.cert", site.certs.cert, site.certs.rsa_cert))]
    for path, old, _ in pair:
        shutil.copy(old, path)
    site.init(services=("pop3s", "pop3"), tls_key=pair[0][0],
              tls_cert=pair[1][0])
    stem = warm(site, "pop3s")[0]
    early = warm(site)[1]
    for path, _, new in pair:
        shutil.copy(new, path + ".new")
        os.rename(path + ".new", path)
    context = site.certs.context(site.certs.rsa_cert)
    with socket.create_connection(
            ("127.0.0.1", site.port("pop3s")), 60) as sock:
        assert context.wrap_socket(sock).recv(3) == b"+OK"
    assert early.say("STLS").startswith(b"+OK")
    assert context.wrap_socket(early.sock).version() == "TLSv1.3"
    assert state_of(stem) == "S"


def test_a_proxy_is_believed_before_tls(site):
    """The loader's front knows of its connection what one of the keeper's
    own would."""
    site.init(services=("pop3s",))
    warm(site, "pop3s")
    site.conf(proxy_networks="127.0.0.1")
    for _ in range(3):  # started, then forked
        with socket.create_connection(
                ("127.0.0.1", site.port("pop3s")), 60) as sock:
            sock.sendall(b"PROXY TCP4 192.0.2.77 192.0.2.1 4000 995\r\n")
            tls = site.certs.context().wrap_socket(sock)
            lines = tls.makefile("rb")
            assert lines.readline().startswith(b"+OK")
            tls.sendall(b"USER demo@test.dev\r\nPASS %s\r\nQUIT\r\n"
                        % PASSWORD.encode())
            assert [line[:3] for line in lines] == [b"+OK"] * 3
        servers.wait_for("a stem", lambda: stems(site, "pop3s"))
        time.sleep(0.2)
    servers.wait_for("all in the log", lambda: site.log.count(
        "client=192.0.2.77 ") >= 3)
    site.logged("client=192.0.2.77 ", 3)


def test_settings_are_those_of_the_file(site):
    site.init(services=("mx",))
    stem, talk = warm(site, "mx")
    talk.close()
    for banner in ("another banner", "a third one"):
        site.conf(smtp_banner=banner)
        assert banner.encode() in Talk(site, "mx").greeting
    newer, talk = warm(site, "mx")
    assert newer != stem and b"a third one" in talk.greeting
    servers.wait_for("the end of the old one",
                     lambda: state_of(stem) == "")


def test_a_broken_file_is_as_bad_as_without(site):
    site.init(services=("pop3",))
    warm(site)[1].close()
    os.rename(site.config, site.config + ".away")
    for _ in range(3):
        assert Talk(site).greeting == b""
    site.wait_log("exit 78")
    os.rename(site.config + ".away", site.config)
    assert Talk(site).greeting.startswith(b"+OK")
    servers.wait_for("a stem again", lambda: warm(site))


def test_a_new_program_is_taken(site):
    folder = site.folder + "/libexec"
    os.mkdir(folder)
    for name in ("njiwa-pop3d", "njiwa-accountd"):
        shutil.copy(site.build + "/" + name, folder)
    site.init(services=("pop3",), libexec_dir=folder)
    stem = warm(site)[0]
    shutil.copy(folder + "/njiwa-pop3d", folder + "/new")
    os.rename(folder + "/new", folder + "/njiwa-pop3d")
    assert Talk(site).greeting.startswith(b"+OK")
    assert warm(site)[0] != stem


def test_renewed_after_so_many_connections(site):
    site.init(services=("pop3",), stem_connections=3)
    seen = {warm(site)[0] for _ in range(8)}
    assert len(seen) > 2


def test_renewed_after_some_time(site):
    site.init(services=("pop3",), stem_lifetime="1s")
    first = warm(site)[0]
    time.sleep(1.1)
    assert warm(site)[0] != first


def test_a_stem_that_is_killed(site):
    site.init(services=("pop3",))
    stem = warm(site)[0]
    os.kill(stem, signal.SIGKILL)
    assert Talk(site).greeting.startswith(b"+OK")
    assert warm(site)[0] != stem


def test_a_stem_that_hangs(site):
    """The connection that it has is served all the same, once."""
    init = site.init(services=("pop3",))
    stem = warm(site)[0]
    os.kill(stem, signal.SIGSTOP)
    talk = Talk(site)
    assert talk.greeting.startswith(b"+OK")
    assert len([p for p in talk.pids if parent(p) == init.pid]) == 1
    servers.wait_for("the end of the stem", lambda: not state_of(stem))
    assert talk.say("QUIT").startswith(b"+OK")
    assert warm(site)[0] != stem


# A signal ends a sanitized program too, instead of being reported by it.
DIE = ":".join("handle_%s=0" % how for how in (
    "segv", "sigbus", "abort", "sigill", "sigfpe", "sigtrap"))


@pytest.fixture
def mortal_site(site):
    said = site.env.get("ASAN_OPTIONS")
    site.env["ASAN_OPTIONS"] = said + ":" + DIE if said else DIE
    site.mortal = True
    return site


@pytest.mark.parametrize("who", ["keeper", "front"])
@pytest.mark.parametrize("how", CRASHES, ids=lambda how: how.name)
def test_a_crash_renews_the_stems(mortal_site, who, how):
    """Nobody finds out the layout of the memory by trying."""
    site = mortal_site
    site.init(services=("pop3", "imap"))
    stem, talk = warm(site)
    other = warm(site, "imap")[0]
    os.kill(getattr(talk, who)(), how)
    servers.wait_for("the end of the stems",
                     lambda: not state_of(stem) and not state_of(other))
    site.wait_log("is renewed after a crash")
    assert Talk(site).greeting.startswith(b"+OK")
    assert warm(site)[0] != stem


@pytest.mark.parametrize("how", CRASHES, ids=lambda how: how.name)
def test_a_crash_of_the_signer_renews_the_stems(mortal_site, how):
    site = mortal_site
    site.init(services=("pop3",))
    stem, talk = warm(site)
    os.kill(only(site, "pop3", "k"), how)
    servers.wait_for("the end of the stem", lambda: not state_of(stem))
    shakes_hands(site, warm(site)[1])


def test_a_crash_behind_tls_renews_the_stems(mortal_site):
    site = mortal_site
    site.init(services=("pop3s",))
    stem, talk = warm(site, "pop3s")
    assert talk.say("NOOP").startswith(b"-ERR")
    os.kill(talk.front(), signal.SIGSEGV)
    servers.wait_for("the end of the stem", lambda: not state_of(stem))


def test_ends_that_are_no_crash(site):
    site.init(services=("pop3",))
    stem, talk = warm(site)
    assert talk.say("QUIT").startswith(b"+OK")
    for how in (signal.SIGKILL, signal.SIGTERM):
        talk = Talk(site)
        os.kill(talk.keeper(), how)
        assert talk.file.read() in (
            b"", b"-ERR [SYS/TEMP] Shutting down\r\n")
    talk = Talk(site)
    os.kill(talk.front(), signal.SIGKILL)
    assert talk.file.read() == b""
    assert warm(site)[0] == stem


def test_limits_hold(site):
    site.init(services=("pop3",), max_connections_per_ip=3)
    stem, first = warm(site)
    others = [Talk(site) for _ in range(2)]
    assert all(talk.greeting.startswith(b"+OK") for talk in others)
    assert Talk(site).greeting.startswith(b"-ERR [SYS/TEMP] Too many")
    first.say("QUIT")
    servers.wait_for("room", lambda: Talk(site).greeting.startswith(b"+OK"))
    assert state_of(stem)


@pytest.mark.parametrize("stopped", [False, True])
def test_shutdown(site, stopped):
    """Connections end when told, or are killed when their grace is over."""
    init = site.init(services=("pop3",), shutdown_grace="1s")
    stem, talk = warm(site)
    keeper = talk.keeper()
    if stopped:
        os.kill(keeper, signal.SIGSTOP)
    init.send_signal(signal.SIGTERM)
    assert init.wait(servers.PATIENCE) == 0
    assert not state_of(keeper) and not state_of(stem)
    servers.wait_for("nothing is left", lambda: not site.processes())


def test_reload_renews(site):
    init = site.init(services=("pop3",))
    stem = warm(site)[0]
    init.send_signal(signal.SIGHUP)
    servers.wait_for("its end", lambda: not state_of(stem))
    assert warm(site)[0] != stem


def test_many_at_once(site):
    site.init(services=("pop3",), stem_connections=7,
              max_connections_per_ip=100)
    socks = [site.connect("pop3") for _ in range(60)]
    for sock in socks:
        assert sock.makefile("rb").readline().startswith(b"+OK")


# ---- the protocol, as njiwa-init speaks it

@pytest.fixture
def stem(site):
    made = Stem(site.command("pop3"), site.env, site.log_file)
    assert made.ready()
    yield made
    made.line.close()
    servers.end_process(made.process)


def pair():
    left, right = socket.socketpair()
    left.settimeout(60)
    return left, right


def test_protocol(site, stem):
    left, right = pair()
    stem.send(right)
    kind, pid = stem.answer()
    assert kind == SERVED and parent(pid) == os.getpid()
    right.close()
    assert left.recv(10).startswith(b"+OK")
    site.conf(pop3_idle_timeout="11m")
    stem.send(left)
    assert stem.answer()[0] == STALE
    assert stem.end() == 0
    left.close()
    assert os.waitpid(pid, 0)[1] == 0


def test_protocol_that_is_broken(site):
    for kind, with_socket in ((CONNECTION, False), (SERVED, True), (77, True)):
        stem = Stem(site.command("pop3"), site.env, site.log_file)
        assert stem.ready()
        left, right = pair()
        stem.send(right if with_socket else None, kind)
        assert stem.answer() is None
        stem.end()
        right.close()
        assert left.recv(10) == b""


def test_a_stem_nobody_asks_for(site):
    """-s by hand, without a line."""
    out = servers.run("sh", "-c", '"$@" -s 3<&- 2>&1; echo $?', "sh",
                      *site.command("pop3"), env=site.env)
    assert out.startswith(b"usage: ") and out.endswith(b"\n64\n")
