"""njiwa-smtpd as its clients see it: verbs, TLS, logins, limits, time."""
import base64
import select
import smtplib
import socket
import time

import pytest

from site_under_test import PASSWORD, full
from smtp_talk import DATA, Talk


def test_bare_pipe(site):
    out = site.pipe("mx", b"EHLO me\r\nMAIL FROM:<>\r\n"
                    b"RCPT TO:<demo@test.dev>\r\nDATA\r\n" + DATA +
                    b".\r\nQUIT\r\n")
    assert [line[:4] for line in out.splitlines()][-5:] == [
        b"250 ", b"250 ", b"354 ", b"250 ", b"221 "]
    stored, = site.contents("demo")
    assert stored.startswith(b"Return-Path: <>\nReceived: from me ")
    assert stored.endswith(b"\nSubject: hello\n\nbody\n")


def test_standard_client_and_trace(site):
    client = site.smtp()
    client.sendmail("s@example.org", [full("demo")], DATA)
    code, text = client.docmd("RCPT", "TO:<x@y>")
    trace = text.decode().rpartition("[")[2].rstrip("]")
    assert code == 503 and trace
    client.quit()
    stored, = site.contents("demo")
    assert b"id " + trace.encode() in stored
    assert b"from client.example (" in stored and b"127.0.0.1" in stored
    site.wait_log("message accepted from=s@example.org to=demo@test.dev")
    site.wait_log(trace)


def test_pipelining_in_one_packet(lite):
    talk = Talk(lite)
    talk.send(b"EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<nobody@test.dev>\r\n"
              b"RCPT TO:<demo@test.dev>\r\nRCPT TO:<x@far.org>\r\nDATA\r\n")
    assert [talk.reply()[0] for _ in range(6)] == [
        250, 250, 550, 250, 550, 354]
    talk.send(DATA + b".\r\nMAIL FROM:<a@b.c>\r\nRSET\r\nQUIT\r\n")
    assert [talk.reply()[0] for _ in range(4)] == [250, 250, 250, 221]
    assert talk.ended()
    assert len(lite.messages("demo")) == 1


def test_slow_octets_are_one_command(lite):
    talk = Talk(lite)
    for octet in b"NOOP\r\n":
        talk.send(bytes([octet]))
        time.sleep(0.01)
    assert talk.reply()[0] == 250


def test_many_messages_in_a_connection(site):
    site.conf(smtp_max_messages=3)
    talk = Talk(site)
    talk.ehlo()
    for _ in range(3):
        assert talk.envelope("demo@test.dev") == [250]
        assert talk.message() == 250
    assert talk.say("MAIL FROM:<>") == 421
    assert talk.ended()
    assert len(site.messages("demo")) == 3


# ---- TLS

@pytest.mark.parametrize("rsa", [False, True])
def test_starttls_begins_anew(lite, rsa):
    if rsa:
        lite.conf(tls_key=lite.certs.rsa_key, tls_cert=lite.certs.rsa_cert)
    talk = Talk(lite)
    assert "STARTTLS" in talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.say("STARTTLS") == 503
    assert talk.say("RSET") == 250
    assert talk.say("STARTTLS") == 220
    context = lite.certs.context(lite.certs.rsa_cert if rsa else None)
    talk.sock = lite.track(context.wrap_socket(talk.sock))
    assert talk.say("MAIL FROM:<>") == 503, "EHLO was forgotten"
    assert "STARTTLS" not in talk.ehlo()
    assert talk.say("STARTTLS") == 503
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.message() == 250
    stored, = lite.contents("demo")
    assert b"with ESMTPS" in stored and b"tls TLS_" in stored


def test_starttls_with_injected_command(lite):
    talk = Talk(lite)
    talk.ehlo()
    talk.send(b"STARTTLS\r\nMAIL FROM:<evil@x.org>\r\n")
    assert talk.reply()[0] == 503, "not the last of its group"
    assert talk.reply()[0] == 250


def test_no_key_no_tls(lite):
    lite.conf(tls_key="/nonexistent")
    talk = Talk(lite)
    assert "STARTTLS" not in talk.ehlo()
    assert talk.say("STARTTLS") == 502
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.message() == 250


def test_broken_key(lite):
    lite.conf(tls_key=lite.certs.cert)
    talk = Talk(lite)
    talk.ehlo()
    assert talk.say("STARTTLS") == 454
    assert talk.envelope("demo@test.dev") == [250], "and goes on in clear"


# ---- logins

def encode(text):
    return base64.b64encode(text.encode()).decode()


def test_submission_starttls_auth(site):
    talk = Talk(site, "submission")
    talk.ehlo()
    assert talk.say("MAIL FROM:<demo@test.dev>") == 530
    talk.starttls()
    assert "AUTH PLAIN LOGIN" in talk.ehlo()
    assert talk.say("MAIL FROM:<demo@test.dev>") == 530
    assert talk.login(password="wrong") == 535
    assert talk.login("nobody@test.dev") == 535
    assert talk.login() == 235
    assert talk.login() == 503
    assert not [k for k in talk.ehlo() if k.startswith("AUTH")]
    assert talk.envelope("other@test.dev", "x@far.org",
                         sender="demo@test.dev",
                         options=" AUTH=demo+40test.dev") == [250, 451]
    assert talk.message() == 250
    stored, = site.contents("other")
    assert b"with ESMTPSA" in stored
    site.wait_log("user=demo@test.dev")
    assert PASSWORD not in site.log
    assert encode("\0demo@test.dev\0" + PASSWORD) not in site.log


def test_submissions_by_standard_client(site):
    client = site.smtp("submissions", login="demo")
    client.sendmail(full("demo"), [full("other")], DATA)
    client.quit()
    assert len(site.messages("other")) == 1


def test_auth_login(lite):
    talk = Talk(lite, "submissions")
    talk.ehlo()
    assert talk.say("AUTH LOGIN") == 334
    assert talk.say(encode("demo@test.dev")) == 334
    assert talk.say(encode(PASSWORD)) == 235


def test_auth_malformed(lite):
    lite.conf(login_tries=100)
    talk = Talk(lite, "submissions")
    talk.ehlo()
    for line, code in (("AUTH", 501), ("AUTH CRAM-MD5", 504),
                       ("AUTH PLAIN %%%", 501), ("AUTH PLAIN =", 501),
                       ("AUTH PLAIN " + encode("no nul"), 501),
                       ("AUTH PLAIN " + encode("other\0demo\0pw"), 535)):
        assert talk.say(line) == code, line
    assert talk.say("AUTH PLAIN") == 334
    assert talk.say("*") == 501
    assert talk.say("AUTH LOGIN") == 334
    assert talk.say(encode("' OR 1=1 -- @test.dev")) == 334
    assert talk.say(encode("x")) == 535
    assert talk.login() == 235


def from_afar(site, address, said):
    """What a peer at that address is told, as UCSPI tells of it."""
    return site.pipe("submission", said + b"QUIT\r\n", env={
        "PROTO": "TCP", "TCPREMOTEIP": address, "TCPREMOTEPORT": "1",
        "TCPLOCALIP": "192.0.2.1", "TCPLOCALPORT": "587"})


@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.1", "192.168.1.1",
                                     "fd00::1", "::ffff:192.0.2.7"])
def test_auth_before_tls_from_afar(lite, address):
    """A peer beyond loopback must not send passwords, nor one near by."""
    out = from_afar(lite, address, b"EHLO me\r\nAUTH PLAIN AGEAYg==\r\n"
                                   b"MAIL FROM:<>\r\n")
    assert b"250-AUTH" not in out and b"250 AUTH" not in out
    assert b"\n538 5.7.11 " in out and b"\n530 5.7.0 " in out


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "127.1.2.3"])
def test_auth_before_tls_from_here(lite, address):
    secret = encode("\0demo@test.dev\0" + PASSWORD).encode()
    out = from_afar(lite, address, b"EHLO me\r\nAUTH PLAIN %s\r\n" % secret)
    assert b"AUTH PLAIN LOGIN" in out and b"\n235 2.7.0 " in out


@pytest.mark.parametrize("service,said", [
    ("submission", (b"EHLO me\r\nAUTH PLAIN AGEAYg==\r\nQUIT\r\n",
                    b"\n538 5.7.11 ")),
    ("imap", (b"a LOGIN demo@test.dev x\r\nb LOGOUT\r\n",
              b"\na NO [PRIVACYREQUIRED]")),
    ("pop3", (b"USER demo@test.dev\r\nQUIT\r\n", b"\n-ERR"))])
def test_auth_in_clear_never(lite, service, said):
    """Not even from this machine, by a socket or a pipe."""
    lite.conf(login_plaintext="never")
    out = lite.pipe(service, said[0])
    assert said[1] in out and b"AUTH PLAIN" not in out, out
    with lite.connect(service) as sock:
        sock.sendall(said[0])
        out = b""
        while more := sock.recv(4096):
            out += more
    assert said[1] in out and b"AUTH PLAIN" not in out, out
    if service == "submission":
        talk = Talk(lite, service)
        talk.ehlo()
        talk.starttls()
        assert "AUTH PLAIN LOGIN" in talk.ehlo()
        assert talk.login() == 235


def test_auth_in_clear_where_allowed(lite):
    lite.conf(login_plaintext="yes")
    secret = encode("\0demo@test.dev\0" + PASSWORD).encode()
    out = from_afar(lite, "192.0.2.7", b"EHLO me\r\nAUTH PLAIN %s\r\n"
                     b"MAIL FROM:<demo@test.dev>\r\n" % secret)
    assert b"AUTH PLAIN LOGIN" in out and b"\n235 2.7.0 " in out
    assert b"\n250 2.1.0 " in out


def test_no_auth_at_mx(lite):
    talk = Talk(lite)
    talk.starttls() if talk.ehlo() else None
    assert not [k for k in talk.ehlo() if k.startswith("AUTH")]
    assert talk.login() == 502


def test_failed_logins_end(lite):
    lite.conf(login_tries=3, login_delay="1ms")
    talk = Talk(lite, "submissions")
    talk.ehlo()
    assert [talk.login(password="x") for _ in range(3)] == [535, 535, 421]
    assert talk.ended()


# ---- bad input

def test_errors_at_the_limit_and_past_it(lite):
    lite.conf(smtp_max_errors=3)
    talk = Talk(lite)
    assert [talk.say("NOISE") for _ in range(3)] == [500] * 3
    assert talk.say("NOOP") == 250
    assert talk.say("NOISE") == 421
    assert talk.ended()


def test_unknown_recipients_spare_the_others(lite):
    """A list that nobody tends: its good addresses get their mail."""
    talk = Talk(lite)
    talk.ehlo()
    dead = ["dead%d@test.dev" % number for number in range(60)]
    for _ in range(2):
        assert talk.envelope(*dead, "demo@test.dev") == [550] * 60 + [250]
        assert talk.message() == 250
    assert talk.envelope(*dead) == [550] * 60
    assert talk.say("RSET") == 250
    assert talk.envelope(*dead[:41]) == [550] * 40 + [421]
    assert talk.ended()
    assert len(lite.messages("demo")) == 2


def test_do_nothing(lite):
    talk = Talk(lite)
    talk.ehlo()
    assert [talk.say("NOOP") for _ in range(100)] == [250] * 99 + [421]
    assert talk.ended()


@pytest.mark.parametrize("line", [
    b"GET / HTTP/1.0", b"POST / HTTP/1.1", b"CONNECT x:25 HTTP/1.1", b""])
def test_http_is_told_off(lite, line):
    talk = Talk(lite)
    assert talk.say(line) == 421
    assert talk.ended()


@pytest.mark.parametrize("line, code", [
    (b"NOOP " + b"x" * 505, 250), (b"NOOP " + b"x" * 506, 500),
    (b"x" * 100000, 500), (b"NOOP a\0b", 500), (b"NO\rOP", 500),
    (b"NOOP\nNOOP", 500), (b"NOOP \xff", 501),
    (b"MAIL FROM:<\xc3\xa4@x.org>", 553), (b"EHLO a b", 501),
    (b"RCPT TO:<demo@test.dev>", 503), (b"DATA", 503)])
def test_bad_lines(lite, line, code):
    talk = Talk(lite)
    talk.ehlo()
    assert talk.say(line) == code
    if line == b"NOOP\nNOOP":
        assert talk.reply()[0] == 250
    assert talk.say("NOOP") == 250, "and goes on"


# ---- smuggling

@pytest.mark.parametrize("end", [
    b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r",
    b"\r\n\0.\r\n", b"\n\n.\r\n", b"\r\n.\r\r\n", b"\n.\r"])
def test_smuggling(lite, end):
    talk = Talk(lite)
    talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    inner = (b"MAIL FROM:<evil@x.org>\r\nRCPT TO:<other@test.dev>\r\n"
             b"DATA\r\nFrom: boss\r\n\r\nobey\r\n")
    code = talk.message(b"Subject: x\r\n\r\nbody" + end + inner)
    assert code == 550
    # What follows the inner end of data is a command again, and none known.
    assert talk.say("NOOP") == 250
    assert not lite.messages("demo") and not lite.messages("other")


# ---- time

def test_idle_and_dripping_clients(lite):
    lite.conf(smtp_command_timeout="1s")
    talk = Talk(lite)
    begun = time.monotonic()
    assert talk.reply()[0] == 421
    assert talk.ended() and time.monotonic() - begun < 20
    talk = Talk(lite)
    begun = time.monotonic()
    with pytest.raises(OSError):
        for _ in range(400):
            talk.send(b"X")
            time.sleep(0.1)
    assert time.monotonic() - begun < 20, "a drip does not stretch the time"


def test_slow_message(lite):
    lite.conf(smtp_data_timeout="1s", smtp_data_min_rate=1000)
    talk = Talk(lite)
    talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.say("DATA") == 354
    begun = time.monotonic()
    try:
        while time.monotonic() - begun < 40:
            talk.send(b"a\r\n")
            time.sleep(0.05)
    except OSError:
        pass
    assert time.monotonic() - begun < 20
    assert not lite.messages("demo")


def test_no_end_of_data(lite):
    """What is too big earns no more time, and is not read for ever."""
    lite.conf(smtp_max_message_size="64k", smtp_data_timeout="1s",
              smtp_data_min_rate=65536)
    for octets, told in ((3000, "4.4.2"), (100000, "4.3.4")):
        talk = Talk(lite)
        talk.ehlo()
        assert talk.envelope("demo@test.dev") == [250]
        assert talk.say("DATA") == 354
        begun = time.monotonic()
        talk.send(b"x" * 66000 + b"\r\n")
        while not select.select([talk.sock], [], [], 0.2)[0]:
            talk.send((b"x" * 998 + b"\r\n") * (octets // 1000))
            assert time.monotonic() - begun < 30, told
        code, text = talk.reply()
        assert code == 421 and text.startswith(told)
    assert not lite.messages("demo")


def test_message_above_the_minimum_rate(lite):
    """Longer than smtp_data_timeout, yet fast enough: it is taken."""
    lite.conf(smtp_data_timeout="2s", smtp_data_min_rate=1000)
    talk = Talk(lite)
    talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.say("DATA") == 354
    for _ in range(35):
        talk.send(b"x" * 498 + b"\r\n")
        time.sleep(0.1)
    talk.send(b".\r\n")
    assert talk.reply()[0] == 250
    assert len(lite.messages("demo")) == 1


def test_client_gone_in_the_middle(lite):
    for octets in (b"", b"Subject: x\r\n", b"Subject: x\r\n\r\nbody\r\n."):
        talk = Talk(lite)
        talk.ehlo()
        assert talk.envelope("demo@test.dev") == [250]
        assert talk.say("DATA") == 354
        talk.send(octets)
        talk.sock.shutdown(socket.SHUT_WR)
        assert talk.ended()
    assert not lite.messages("demo")


def test_smtplib_sees_every_refusal(lite):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        lite.deliver(["nobody", "x@far.org"], DATA)
    codes = {name: code for name, (code, _) in caught.value.recipients.items()}
    assert codes == {"nobody@test.dev": 550, "x@far.org": 550}
