"""njiwa-imapd before the login, and behind TLS."""
import subprocess

import pytest

from imap_client import Client
from site_under_test import PASSWORD

BACK_ENDS = ["sqlite"]
MESSAGE = b"Subject: hello\r\n\r\nbody\r\n.\r\nend\r\n"


def test_greeting_and_capability(site):
    client = Client(site, user=None)
    assert client.greeting.startswith(b"* OK [CAPABILITY IMAP4rev1 ")
    line = client.cmd("CAPABILITY").find("CAPABILITY")
    for word in b"LITERAL+", b"SASL-IR", b"ID", b"STARTTLS", b"AUTH=PLAIN":
        assert word in line.split()
    assert b"LOGINDISABLED" not in line  # loopback
    assert b"IDLE" not in line


def test_login_failures(site):
    client = Client(site, user=None)
    for text in ('LOGIN demo@test.dev "wrong"',
                 'LOGIN nobody@test.dev "%s"' % PASSWORD,
                 "LOGIN \"x' OR '1'='1\" \"x' OR '1'='1\""):
        got = client.cmd(text)
        assert (got.status, got.code) == ("NO", "AUTHENTICATIONFAILED"), text
    assert Client(site).cmd("NOOP").status == "OK"


@pytest.mark.parametrize("text", [
    "LOGIN", "LOGIN a", "LOGIN a b c", 'LOGIN "a b', "LOGIN (a) b",
    "AUTHENTICATE", "STARTTLS now", "NOOP x", "SELECT INBOX", "FOO",
    'LOGIN "a\x01" b', "ID", "ID (\"a\")", "ID (a b)"])
def test_bad_before_login(site, text):
    client = Client(site, user=None)
    assert client.cmd(text).status == "BAD"


def test_three_errors_before_login(site):
    client = Client(site, user=None)
    client.send(b"a X\r\nb X\r\nc X\r\nd NOOP\r\n")
    assert client.at_end().endswith(b"c BAD Unknown command\r\n"
                                     b"* BYE Too many errors\r\n")


def test_password_in_clear_refused(site):
    # A pipe has no peer; a stranger's address is not loopback.
    env = {"PROTO": "TCP", "TCPREMOTEIP": "192.0.2.1", "TCPREMOTEPORT": "1",
           "TCPLOCALIP": "192.0.2.2", "TCPLOCALPORT": "143"}
    said = site.pipe(
        "imap", b"a LOGIN demo@test.dev %s\r\nb AUTHENTICATE PLAIN\r\n"
        b"c LOGOUT\r\n" % PASSWORD.encode(), env=env)
    lines = said.split(b"\r\n")
    assert b"LOGINDISABLED" in lines[0] and b"AUTH=" not in lines[0]
    assert lines[1].startswith(b"a NO [PRIVACYREQUIRED]")
    assert lines[2].startswith(b"b NO [PRIVACYREQUIRED]")
    assert PASSWORD not in site.log


def test_authenticate(site):
    client = Client(site, user=None)
    client.send(b"a AUTHENTICATE PLAIN AGRlbW9AdGVzdC5kZXYAdGhlcGFzc3dvcmQ="
                b"\r\n")
    got = client.finish(b"a")
    assert got.status == "OK" and b"CAPABILITY" in got.tagged
    client = Client(site, user=None)
    client.send(b"a AUTHENTICATE PLAIN\r\n")
    assert client.line() == b"+ \r\n"
    client.send(b"AGRlbW9AdGVzdC5kZXYAdGhlcGFzc3dvcmQ=\r\n")
    assert client.finish(b"a").status == "OK"


def test_authenticate_errors(site):
    client = Client(site, user=None)
    client.send(b"a AUTHENTICATE PLAIN\r\n")
    assert client.line() == b"+ \r\n"
    client.send(b"*\r\n")
    assert client.finish(b"a").status == "BAD"
    assert client.cmd("AUTHENTICATE FOO").status == "NO"
    assert client.cmd("AUTHENTICATE PLAIN !!!").status == "BAD"


def test_login_with_literals(site):
    client = Client(site, user=None)
    assert client.cmd("LOGIN {} {}", b"demo@test.dev",
                      PASSWORD.encode()).status == "OK"
    client = Client(site, user=None)
    client.send(b"a LOGIN {13+}\r\ndemo@test.dev {11+}\r\nthepassword\r\n"
                b"b NOOP\r\n")  # pipelined over the change of processes
    assert client.finish(b"a").status == "OK"
    assert client.finish(b"b").status == "OK"


@pytest.mark.parametrize("service,starttls", [
    ("imaps", False), ("imap", True)])
def test_tls(site, service, starttls):
    client = site.imap(user=None, service=service, starttls=starttls)
    client.login("demo@test.dev", PASSWORD)
    client.select()
    client.append("INBOX", None, None, MESSAGE)
    assert client.fetch("1", "(BODY.PEEK[])")[1][0][1] == MESSAGE
    client.logout()


def test_starttls_forgets_what_was_said(site):
    sock = site.connect("imap", tls=False)
    sock.recv(4096)
    sock.sendall(b"a STARTTLS\r\nb NOOP\r\n")
    said = b""
    while b"\r\n" not in said:
        said += sock.recv(4096)
    assert said.startswith(b"a OK")
    tls = site.track(site.certs.context().wrap_socket(sock))
    tls.sendall(b"c NOOP\r\n")
    assert tls.recv(4096).startswith(b"c OK")


def test_curl(site):
    Client(site).append(MESSAGE)
    done = subprocess.run(
        ["curl", "-s", "-k", "imaps://127.0.0.1:%d/INBOX;MAILINDEX=1" %
         site.port("imaps"), "-u", "demo@test.dev:" + PASSWORD],
        stdout=subprocess.PIPE, check=True, timeout=30)
    assert done.stdout == MESSAGE
