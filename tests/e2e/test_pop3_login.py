"""POP3 before login: who may say a password, how, and how often."""
import base64
import time

import pytest

from pop3_client import talk
from site_under_test import PASSWORD


def plain(user, password, act=""):
    return base64.b64encode(("%s\0%s\0%s" % (act, user, password))
                            .encode()).decode()


def b64(text):
    return base64.b64encode(text.encode()).decode()


def capa(client):
    assert client.say("CAPA").startswith(b"+OK")
    return {line.strip().decode() for line in client.lines()}


ALWAYS = {"TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING",
          "EXPIRE NEVER"}


def test_capa(lite):
    assert capa(talk(lite)) == ALWAYS | {"STLS", "USER", "SASL PLAIN LOGIN"}
    assert capa(talk(lite, "pop3s")) == ALWAYS | {"USER", "SASL PLAIN LOGIN"}


def test_logins(site):
    """Every way of saying a password, right and wrong."""
    for service in ("pop3", "pop3s"):
        client = talk(site, service)
        assert client.say("AUTH PLAIN " + plain("demo@test.dev", PASSWORD)) \
            .startswith(b"+OK")
        client = talk(site, service)
        assert client.say("AUTH plain") == b"+ \r\n"
        assert client.say(plain("demo@test.dev", PASSWORD)).startswith(b"+OK")
        client = talk(site, service)
        assert client.say("AUTH LOGIN").startswith(b"+ ")
        assert client.say(b64("demo@test.dev")).startswith(b"+ ")
        assert client.say(b64("wrong")).startswith(b"-ERR [AUTH]")
        assert client.say("USER demo@test.dev").startswith(b"+OK")
        assert client.say("PASS wrong").startswith(b"-ERR [AUTH]")
        assert client.say("PASS " + PASSWORD).startswith(b"-ERR Not now")
        assert client.login().say("NOOP").startswith(b"+OK")
    assert PASSWORD not in site.log
    assert plain("demo@test.dev", PASSWORD) not in site.log


@pytest.mark.parametrize("password", [
    "with blanks inside", " leading", "trailing ", "p\u00e4ss\u00f6",
    "quote'\"\\%s%n", "x" * 400])
def test_odd_passwords(lite, password):
    import crypt
    hashed = crypt.crypt(password, crypt.METHOD_MD5)
    lite.sql("UPDATE users SET password = '%s' WHERE name = 'demo'" %
             hashed)
    client = talk(lite).login(password=password)
    assert client.say("STAT").startswith(b"+OK")
    client = talk(lite)
    client.say("USER demo@test.dev")
    assert client.say("PASS " + password + "x").startswith(b"-ERR [AUTH]")


@pytest.mark.parametrize("name", [
    "nobody@test.dev", "demo", "demo@", "@test.dev", "' OR '1'='1",
    "demo@test.dev' --", "../../etc/passwd@test.dev", "%u@%d", "\\",
    "x" * 320, "x" * 300 + "@test.dev", "d\u00e9mo@test.dev"])
def test_names_that_are_nobodys(lite, name):
    client = talk(lite)
    client.say("USER " + name)
    assert client.say("PASS " + PASSWORD).startswith(b"-ERR [AUTH]")


def test_no_password_in_clear(lite):
    """From elsewhere than loopback; UCSPI variables say so here."""
    env = {"PROTO": "TCP", "TCPREMOTEIP": "192.0.2.1", "TCPREMOTEPORT": "4711",
           "TCPLOCALIP": "192.0.2.2", "TCPLOCALPORT": "110"}
    octets = b"CAPA\r\nUSER demo@test.dev\r\nPASS thepassword\r\n" \
        b"AUTH PLAIN AAAA\r\nQUIT\r\n"
    answer = lite.pipe("pop3", octets, env=env).split(b"\r\n")
    assert b"STLS" in answer and b"USER" not in answer
    assert not any(line.startswith(b"SASL") for line in answer)
    assert answer[answer.index(b".") + 1].startswith(b"-ERR [AUTH]")
    assert [line[:4] for line in answer[-5:]] == [
        b"-ERR", b"-ERR", b"-ERR", b"+OK ", b""]
    lite.conf(login_plaintext="yes")
    assert b"\r\n+OK Maildrop" in lite.pipe("pop3", octets, env=env)


def test_too_many_logins(lite):
    lite.conf(login_tries=3)
    client = talk(lite)
    for _ in range(3):
        client.say("USER demo@test.dev")
        reply = client.say("PASS wrong")
        assert reply.startswith(b"-ERR [AUTH]")
    assert b"too many" in reply
    assert client.at_end()


def test_too_many_bad_commands(lite):
    client = talk(lite)
    for i in range(10):
        assert client.say("STAT").startswith(b"-ERR"), i
    assert client.line().startswith(b"-ERR Too many")
    assert client.at_end()


@pytest.mark.parametrize("octets", [
    b"\0", b"NO\0OP", b"\xff\xfe\xfd", b"", b" ", b"USER", b"PASS x",
    b"QUIT now", b"APOP a b", b"EHLO x", b"AUTH NTLM", b"AUTH PLAIN =",
    b"AUTH PLAIN !!!", b"AUTH PLAIN " + b"A" * 400, b"RETR 1", b"CAPA x"])
def test_rubbish(lite, octets):
    client = talk(lite)
    client.send(octets + b"\r\n")
    assert client.line().startswith(b"-ERR")
    assert client.login().say("NOOP").startswith(b"+OK")


def test_lines_at_the_limit(lite):
    """512 octets, CRLF and all, are a line; one more is not."""
    client = talk(lite)
    client.send(b"X" * 510 + b"\r\n")
    assert client.line().startswith(b"-ERR Unknown")
    client.send(b"X" * 511 + b"\r\n")
    assert client.line().startswith(b"-ERR Line too long")
    client.send(b"X" * 200000 + b"\r\nCAPA\r\n")
    assert client.line().startswith(b"-ERR Line too long")
    assert client.line().startswith(b"+OK")


def test_bare_lf_ends_a_line(lite):
    client = talk(lite)
    client.send(b"USER demo@test.dev\nPASS thepassword\nSTAT\nQUIT\n")
    assert client.file.read().count(b"+OK") == 4


def test_cancelled_and_malformed_sasl(lite):
    client = talk(lite)
    for line in ("*", "=", "####", b64("no nul"), b64("\0only one"),
                 plain("demo@test.dev", PASSWORD, act="other@test.dev")):
        assert client.say("AUTH PLAIN").startswith(b"+ ")
        assert client.say(line).startswith(b"-ERR"), line
    assert client.login().say("NOOP").startswith(b"+OK")


def test_auth_lists_mechanisms(lite):
    client = talk(lite)
    assert client.say("AUTH").startswith(b"+OK")
    assert client.lines() == [b"PLAIN\r\n", b"LOGIN\r\n"]


def test_stls(lite):
    """What was said before is forgotten, and nothing can be injected."""
    client = talk(lite)
    client.say("USER demo@test.dev")
    client.send(b"STLS\r\nPASS thepassword\r\nNOOP\r\n")
    assert client.line().startswith(b"+OK")
    tls = lite.track(lite.certs.context().wrap_socket(client.sock))
    tls.sendall(b"PASS thepassword\r\nCAPA\r\nSTLS\r\n")
    lines = tls.makefile("rb")
    assert lines.readline().startswith(b"-ERR Not now")
    assert lines.readline().startswith(b"+OK")
    assert b"STLS\r\n" not in list(iter(lines.readline, b".\r\n"))
    assert lines.readline().startswith(b"-ERR TLS is active")


def test_no_tls_without_a_key(lite):
    lite.conf(tls_key=lite.folder + "/missing",
              tls_cert=lite.folder + "/missing")
    client = talk(lite)
    assert "STLS" not in capa(client)
    assert client.say("STLS").startswith(b"-ERR")
    assert client.login().say("NOOP").startswith(b"+OK")


def test_database_is_away(make_site):
    """Temporary, never a wrong password; it heals by itself."""
    site = make_site("sqlite")
    path = site.settings["sqlite_file"]
    site.conf(sqlite_file=site.folder + "/nowhere/x.sqlite")
    client = talk(site)
    client.say("USER demo@test.dev")
    assert client.say("PASS " + PASSWORD).startswith(b"-ERR [SYS/TEMP] ")
    site.conf(sqlite_file=path)
    assert talk(site).login().say("NOOP").startswith(b"+OK")


def test_login_must_be_over_in_time(lite):
    lite.conf(login_timeout="10s")
    start = time.monotonic()
    client = talk(lite)
    while time.monotonic() - start < 60:
        try:
            client.send(b"N")  # a slow drip does not stretch it
        except OSError:
            break
        time.sleep(0.5)
    assert 9 < time.monotonic() - start < 55


def test_pipe(lite):
    """The whole conversation on a bare pipe."""
    answer = lite.pipe("pop3", b"USER demo@test.dev\r\nPASS thepassword\r\n"
                         b"STAT\r\nQUIT\r\n")
    assert [line[:3] for line in answer.split(b"\r\n")] == [b"+OK"] * 5 + [b""]
    assert lite.pipe("pop3", b"").startswith(b"+OK")
