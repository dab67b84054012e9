"""Clients that are slow, deaf, or gone: each costs its own connection and
nothing else, whatever the protocol."""
import concurrent.futures
import os
import socket
import ssl
import struct
import time

import pytest

import servers
from imap_client import Client
from init_under_test import cpu_seconds
from pop3_client import put, talk
from site_under_test import SERVICES
from smtp_talk import DATA, Talk

BIG = b"Subject: big\n\n" + (b"x" * 99 + b"\n") * 200000
TLS_SERVICES = [name for name, row in SERVICES.items() if row[2]]


def is_mail(line):
    return any(name in line for name in ("smtpd", "pop3d", "imapd"))


def connections(site):
    """The processes of all connections."""
    return [pid for pid, line in site.processes().items() if is_mail(line)]


def all_gone(site, seconds=servers.PATIENCE):
    servers.wait_for("end of all connections",
                     lambda: not connections(site), seconds)


def cpu(pids):
    total = 0
    for pid in pids:
        try:
            total += cpu_seconds(pid)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return total


def reset(sock):
    """As a client that loses power, seen by its peer: RST."""
    if isinstance(sock, ssl.SSLSocket):
        plain = socket.socket(fileno=sock.detach())
    else:
        plain = sock
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
    plain.close()


# ---- who never reads

def small_window(site, service, octets=4096):
    """A connection whose client takes few octets at a time."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, octets)
    sock.settimeout(servers.PATIENCE)
    sock.connect(("127.0.0.1", site.port(service)))
    site.track(sock)
    if SERVICES[service][2]:
        sock = site.track(site.certs.context().wrap_socket(sock))
    return sock


def ask_for_big(site, service, octets=4096):
    """Everything up to the command that is answered with BIG."""
    sock = small_window(site, service, octets)
    said = b""
    if service.startswith("pop3"):
        sock.sendall(b"USER demo@test.dev\r\nPASS thepassword\r\n")
        while said.count(b"\r\n") < 3:
            said += sock.recv(1000)
        sock.sendall(b"RETR 1\r\n")
    else:
        sock.sendall(b"a LOGIN demo@test.dev thepassword\r\n"
                     b"b SELECT INBOX\r\n")
        while b"\r\nb OK " not in said:
            said += sock.recv(1000)
        sock.sendall(b"c FETCH 1 BODY.PEEK[]\r\n")
    return sock


def read_slowly(site, service):
    """For longer than the time-out, but never still: it is let finish."""
    sock = ask_for_big(site, service, 262144)
    want, got, begun = len(BIG) + BIG.count(b"\n"), 0, time.monotonic()
    while got < want:
        data = sock.recv(16384)
        assert data, "cut off after %d octets, %g seconds" % (
            got, time.monotonic() - begun)
        got += len(data)
        if time.monotonic() - begun < 12:
            time.sleep(len(data) / 1e6)
    assert time.monotonic() - begun > 12


def drip(site, service):
    """Octets that never make a line do not stretch the time."""
    begun = time.monotonic()
    if service == "pop3":
        sock = talk(site).login().sock
    else:
        sock = Client(site, service).sock
    with pytest.raises(OSError):
        while time.monotonic() - begun < 40:
            sock.sendall(b"N")
            time.sleep(0.25)
    assert time.monotonic() - begun > 9


def read_nothing(site):
    """The time that an answer may stand still ends it, and until then nothing
    is burnt by waiting.  Behind TLS the front may wait for a client to read
    what the session left; that burns nothing either."""
    socks = [ask_for_big(site, service)
             for service in ("pop3", "pop3s", "imap", "imaps")]
    time.sleep(2)
    pids = connections(site)
    assert len(pids) >= 4, site.processes()
    before = cpu(pids)
    time.sleep(5)
    assert set(pids) <= set(connections(site)), "ended too early"
    assert cpu(pids) - before < 0.2
    servers.wait_for("end of the sessions",
                     lambda: len(connections(site)) <= 2)
    left = connections(site)
    before = cpu(left)
    time.sleep(2)
    assert cpu(left) - before < 0.2, "burnt on a client that does not read"
    for sock in socks:
        reset(sock)
    all_gone(site)


def test_time_in_sessions(make_site):
    """All at once, as each takes more than the ten seconds of a time-out."""
    sites = [make_site("sqlite") for _ in range(2)]
    for site in sites:
        site.conf(pop3_idle_timeout="10s", imap_idle_timeout="10s",
                  log_level="info")
        put(site, BIG)
    sites[0].conf(pop3_idle_timeout="15s", imap_idle_timeout="15s")
    work = [(read_nothing, sites[0])]
    work += [(read_slowly, sites[1], name) for name in ("pop3s", "imap")]
    work += [(drip, sites[1], name) for name in ("pop3", "imap", "imaps")]
    with concurrent.futures.ThreadPoolExecutor(len(work)) as pool:
        for done in [pool.submit(*one) for one in work]:
            done.result()


def never_read(site, service, line):
    sock = small_window(site, service)
    sock.settimeout(1)
    with pytest.raises(OSError):
        for _ in range(10000):
            sock.sendall(line * 1000)


def test_who_never_reads_replies(lite):
    """Commands without end, replies never read."""
    lite.conf(smtp_command_timeout="2s", login_timeout="2s", log_level="info")
    work = [("mx", b"HELP\r\n"), ("pop3", b"CAPA\r\n"),
            ("pop3s", b"CAPA\r\n"), ("imap", b"a CAPABILITY\r\n")]
    with concurrent.futures.ThreadPoolExecutor(len(work)) as pool:
        for done in [pool.submit(never_read, lite, *one) for one in work]:
            done.result()
    pids, spent = connections(lite), {}
    assert pids
    before = cpu(pids)

    def ended():
        for pid in pids:  # who is gone leaves what it had used till then
            spent[pid] = cpu([pid]) or spent.get(pid, 0)
        return not connections(lite)

    servers.wait_for("end of all connections", ended)
    assert sum(spent.values()) - before < 0.5


# ---- who is slow

@pytest.mark.parametrize("service", TLS_SERVICES)
def test_handshake_that_does_not_come(lite, service):
    """Silence, and a drip of a handshake that would go on for ever."""
    lite.conf(tls_handshake_timeout="1s")
    silent = lite.connect(service, tls=False)
    slow = lite.connect(service, tls=False)
    begun = time.monotonic()
    with pytest.raises(OSError):
        for _ in range(300):
            # the header of a record of 5654 octets, then its octets
            slow.sendall(b"\x16")
            time.sleep(0.1)
    assert time.monotonic() - begun < 20
    silent.settimeout(servers.PATIENCE)
    try:
        assert silent.recv(100)[:1] in (b"", b"\x15"), "at most an alert"
    except ConnectionResetError:
        pass
    all_gone(lite)


# ---- who is gone

RCPT = (b"EHLO x\r\nMAIL FROM:<a@b.c>\r\n"
        b"RCPT TO:<demo@test.dev>\r\n")
SMTP_STAGES = [
    b"", b"EHLO x\r\n", RCPT[:-25], RCPT[:-6], RCPT, RCPT + b"DATA\r\n",
    RCPT + b"DATA\r\nSubject: half\r\n\r\n" + b"half\r\n" * 50000,
    RCPT + b"DATA\r\nSubject: half\r\n\r\nhalf\r\n.",
    b"EHLO x\r\nSTARTTLS\r\n",
    b"EHLO x\r\nSTARTTLS\r\n\x16\x03\x01\x02"]
POP3_STAGES = [
    b"", b"USER demo@test.dev\r\n", b"USER demo@test.dev\r\nPASS thepass",
    b"USER demo@test.dev\r\nPASS thepassword\r\n",
    b"USER demo@test.dev\r\nPASS thepassword\r\nDELE 1\r\n",
    b"USER demo@test.dev\r\nPASS thepassword\r\nDELE 1\r\nQUI",
    b"USER demo@test.dev\r\nPASS thepassword\r\nRETR 2\r\n",
    b"AUTH PLAIN\r\n", b"STLS\r\n"]
IMAP = b"a LOGIN demo@test.dev thepassword\r\n"
IMAP_STAGES = [
    b"", b"a LOGIN {13}\r\n", b"a LOGIN demo@test.dev", IMAP,
    IMAP + b"b SELECT INBOX\r\n", IMAP + b"b SELECT INBOX\r\nc IDLE\r\n",
    IMAP + b"b SELECT INBOX\r\nc FETCH 1:* BODY.PEEK[]\r\n",
    IMAP + b"b APPEND INBOX {1000}\r\n",
    IMAP + b"b APPEND INBOX {1000+}\r\nha",
    IMAP + b"b SELECT INBOX\r\nc STORE 1 +FLAGS (\\Deleted)\r\nx EXPU",
    b"a AUTHENTICATE PLAIN\r\n", b"a STARTTLS\r\n"]


@pytest.mark.parametrize("service", [name for name in SERVICES
                                     if name != "lmtp"])
def test_gone_at_every_stage(lite, service):
    """At once, and a moment later when the answer is on its way."""
    put(lite, b"Subject: one\n\nbody\n", BIG)
    before = {os.path.basename(p).split(":")[0] for p in lite.messages()}
    stages = {"m": SMTP_STAGES, "s": SMTP_STAGES, "p": POP3_STAGES,
              "i": IMAP_STAGES}[service[0]]
    for octets in stages:
        for wait in (0, 0.05):
            sock = lite.connect(service)
            try:
                sock.sendall(octets)
                time.sleep(wait)
            except OSError:
                pass
            reset(sock)
    all_gone(lite)
    after = {os.path.basename(p).split(":")[0] for p in lite.messages()}
    assert after == before and len(lite.messages()) == len(after)
    assert not os.listdir(lite.maildir() + "/tmp")
    if service == "mx":
        client = Talk(lite)
        client.ehlo()
        assert client.envelope("demo@test.dev") == [250]
        assert client.message(DATA) == 250


def test_reset_when_the_reply_to_a_message_is_due(lite):
    """Between the final dot and 250: the message is there once, whole, or not
    at all."""
    for i in range(20):
        client = Talk(lite)
        client.ehlo()
        client.envelope("demo@test.dev")
        assert client.say("DATA") == 354
        client.send(b"Subject: %d\r\n\r\nwhole\r\n.\r\n" % i)
        time.sleep(i * 0.001)
        reset(client.sock)
    all_gone(lite)
    stored = lite.contents()
    subjects = [octets.split(b"Subject: ")[1] for octets in stored]
    assert all(text.endswith(b"\n\nwhole\n") for text in subjects)
    assert len(set(subjects)) == len(subjects)
    assert not os.listdir(lite.maildir() + "/tmp")
