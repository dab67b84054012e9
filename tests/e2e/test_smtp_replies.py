"""Replies that are rarely heard: their codes and enhanced codes (RFC 2034,
RFC 3463), said by the real program."""
import base64

import pytest

from far_client import Far
from smtp_talk import DATA, Talk
from submission_talk import logged_in

BACK_ENDS = ["sqlite"]
MEGABYTE = 1 << 20


def heard(talk):
    """The code and the enhanced code of the last reply."""
    return "%d %s" % (talk.last[0], talk.last[1].split(" ")[0])


def greeted(site, service="mx"):
    talk = Talk(site, service)
    talk.ehlo()
    return talk


MX = [
    ("NOISE", "500 5.5.1"), ("NOOP \xff".encode("latin-1"), "501 5.5.2"),
    (b"NOOP a\rb", "500 5.5.2"), ("NOOP " + "x" * 600, "500 5.5.2"),
    ("EHLO a b", "501 5.5.4"), ("RSET now", "501 5.5.4"),
    ("RCPT TO:<demo@test.dev>", "503 5.5.1"), ("DATA", "503 5.5.1"),
    ("AUTH PLAIN AAAA", "502 5.5.1"), ("ETRN x", "502 5.5.1"),
    ("MAIL FROM:a@b.c", "501 5.1.7"), ("MAIL a@b.c", "501 5.5.4"),
    (b"MAIL FROM:<\xff@b.c>", "501 5.5.2"),
    ("MAIL FROM:<ä@b.c>", "553 5.6.7"),
    ("MAIL FROM:<a@b.c> X=y", "555 5.5.4"),
    ("MAIL FROM:<a@b.c> AUTH=<>", "555 5.5.4"),
    ("MAIL FROM:<a@b.c> BODY=9BIT", "501 5.5.4"),
    ("MAIL FROM:<a@b.c> SIZE=1 size=1", "501 5.5.4"),
    ("MAIL FROM:<a@b.c> SIZE=26214401", "552 5.3.4"),
    ("MAIL FROM:<a@b.c> RET=ALL", "501 5.5.4"),
    ("MAIL FROM:<a@b.c> ENVID=" + "x" * 101, "501 5.5.4"),
    ("MAIL FROM:<a@b.c> SMTPUTF8=1", "501 5.5.4"),
    ("BDAT 0", "503 5.5.1"), ("XCLIENT ADDR=192.0.2.1", "502 5.5.1"),
]


@pytest.mark.parametrize("line,wanted", MX)
def test_before_a_transaction(site, line, wanted):
    talk = greeted(site)
    talk.say(line)
    assert heard(talk) == wanted
    assert talk.say("NOOP") == 250, "and goes on"


ENVELOPE = [
    ("MAIL FROM:<>", "503 5.5.1"), ("STARTTLS", "503 5.5.1"),
    ("RCPT demo@test.dev", "501 5.5.4"), ("RCPT TO:<@>", "501 5.1.3"),
    ("RCPT TO:<ä@test.dev>", "553 5.6.7"),
    ("RCPT TO:<nobody@test.dev>", "550 5.1.1"),
    ("RCPT TO:<a@far.org>", "550 5.7.1"),
    ("RCPT TO:<off@test.dev>", "550 5.2.1"),
    ("RCPT TO:<away@test.dev>", "451 4.3.0"),
    ("RCPT TO:<demo@test.dev> NOTIFY=NEVER,DELAY", "501 5.5.4"),
    ("RCPT TO:<demo@test.dev> ORCPT=rfc822", "501 5.5.4"),
    ("RCPT TO:<demo@test.dev> ORCPT=utf-8;a\x04b", "501 5.5.4"),
    ("RCPT TO:<demo@test.dev> ORCPT=utf-8;a\tb", "501 5.5.4"),
    ("DATA", "554 5.5.1"), ("BDAT 3\r\nabc", "554 5.5.1"),
]


@pytest.mark.parametrize("parameter", ["", " SMTPUTF8"])
@pytest.mark.parametrize("value", ["\x04", "\t", "\x7f", "\x1f\x01"])
def test_control_characters_in_orcpt(site, parameter, value):
    """What the keeper would cut its front off for is refused before."""
    talk = greeted(site)
    assert talk.say("MAIL FROM:<s@example.org>" + parameter) == 250
    talk.say("RCPT TO:<demo@test.dev> ORCPT=utf-8;a%sb@c.d" % value)
    assert heard(talk) == "501 5.5.4"
    assert talk.say("RCPT TO:<demo@test.dev> ORCPT=utf-8;ab@c.d") == 250
    assert talk.message() == 250
    assert "broke the rules" not in site.log


@pytest.mark.parametrize("line,wanted", ENVELOPE)
def test_behind_a_sender(site, line, wanted):
    site.add_user("off")
    site.sql("INSERT INTO disabled_users (username) VALUES ('off@test.dev')")
    site.add_alias("away", "x@far.org")
    talk = greeted(site)
    assert talk.say("MAIL FROM:<s@example.org>") == 250
    if line.startswith("BDAT"):
        talk.send(line.encode())
        talk.last = talk.reply()
    else:
        talk.say(line)
    assert heard(talk) == wanted
    assert talk.say("RCPT TO:<demo@test.dev>") == 250, "and goes on"
    assert talk.message() == 250


@pytest.mark.parametrize("text,wanted", [
    (b"a\nb\r\n", "550 5.5.2"), (b"a\0b\r\n", "550 5.6.0"),
    (b"\r\n" + b"x" * MEGABYTE + b"\r\n", "550 5.6.0"),
    (b"A: b\r\n" * 1001 + b"\r\n", "554 5.6.0"),
    (b"Received: x\r\n" * 101 + b"\r\n", "554 5.4.6"),
    (b"\r\n" + (b"x" * 998 + b"\r\n") * 26300, "552 5.3.4")],
    ids=["bare", "nul", "line", "header", "loop", "size"])
def test_of_a_message(site, text, wanted):
    talk = greeted(site)
    assert talk.envelope("demo@test.dev") == [250]
    talk.message(text)
    assert heard(talk) == wanted
    assert talk.envelope("demo@test.dev") == [250], "and goes on"
    assert site.messages("demo") == []


def test_of_binary_messages(site):
    talk = greeted(site)
    assert talk.envelope("demo@test.dev", options=" BODY=BINARYMIME") == [250]
    talk.say("DATA")
    assert heard(talk) == "503 5.5.1"
    talk.send(b"BDAT 3 LAST\r\n\0\0\0")
    talk.last = talk.reply()
    assert heard(talk) == "554 5.6.1"


# ---- what ends the connection

@pytest.mark.parametrize("line,wanted", [
    ("", "421 4.7.0"), ("GET / HTTP/1.0", "421 4.7.0"),
    ("BDAT x", "501 5.5.4"), ("BDAT 99999999999999999999", "501 5.5.4")])
def test_last_words(site, line, wanted):
    talk = greeted(site)
    talk.say(line)
    assert heard(talk) == wanted
    assert talk.ended()


def test_lmtp_of_another_machine(site):
    talk = Talk(Far(site, "192.0.2.1"), "lmtp")
    assert talk.greeting[0] == 421
    assert talk.greeting[1].startswith("LMTP is for this machine alone")
    assert talk.ended()


# ---- logins

def plain(user, password):
    return base64.b64encode(("\0%s\0%s" % (user, password)).encode()).decode()


@pytest.mark.parametrize("line,wanted", [
    ("AUTH CRAM-MD5", "504 5.5.4"), ("AUTH XOAUTH2 eA==", "504 5.5.4"),
    ("AUTH PLAIN %", "501 5.5.2"), ("AUTH PLAIN " + "A" * 13000, "500 5.5.6"),
    ("AUTH PLAIN " + plain("demo@test.dev", "x"), "535 5.7.8"),
    ("AUTH PLAIN " + plain("off@test.dev", "thepassword"), "525 5.7.13"),
    ("MAIL FROM:<>", "530 5.7.0"), ("RCPT TO:<a@b.c>", "530 5.7.0"),
    ("DATA", "530 5.7.0"), ("BDAT 0 LAST", "530 5.7.0")])
def test_before_a_login(site, line, wanted):
    site.add_user("off")
    site.sql("INSERT INTO disabled_users (username) VALUES ('off@test.dev')")
    talk = greeted(site, "submission")
    talk.say(line)
    assert heard(talk) == wanted
    assert talk.login() == 235, "and goes on"
    assert heard(talk) == "235 2.7.0"


@pytest.mark.parametrize("line,wanted", [
    ("AUTH PLAIN AAAA", "503 5.5.1"), ("MAIL FROM:<a@far.org>", "553 5.7.1"),
    ("MAIL FROM:<demo@test.dev> AUTH==", "501 5.5.4")])
def test_behind_a_login(site, line, wanted):
    talk = logged_in(site)
    talk.say(line)
    assert heard(talk) == wanted


def test_of_a_user(site):
    talk = logged_in(site)
    assert talk.envelope("x@far.org", "other@test.dev",
                         sender="demo@test.dev") == [451, 250]
    site.conf(submission_from_policy="strict")
    talk = logged_in(site)
    for start, wanted in ((b"From: x@far.org\r\n\r\n", "550 5.7.1"),
                          (b"From: <<\r\n\r\n", "550 5.6.0")):
        assert talk.envelope("other@test.dev", sender="demo@test.dev") == [250]
        talk.message(start + DATA)
        assert heard(talk) == wanted


def test_without_accounts(site):
    """Nobody can be looked up: for now, never for good."""
    talk = greeted(site, "submission")
    site.conf(sqlite_file="/nonexistent/accounts")
    fresh = greeted(site)
    fresh.say("MAIL FROM:<s@example.org>")
    assert fresh.say("RCPT TO:<demo@test.dev>") == 451
    assert heard(fresh) == "451 4.3.0"
    late = greeted(site, "submission")
    late.login()
    assert heard(late) == "454 4.7.0"
    assert talk.say("QUIT") == 221
    assert heard(talk) == "221 2.0.0"


# ---- what goes well has codes too

def test_good_ones(site):
    talk = Talk(site)
    assert talk.greeting[1].startswith("mx.test.dev ESMTP")
    talk.ehlo()
    for line, wanted in (("NOOP", "250 2.0.0"), ("RSET", "250 2.0.0"),
                         ("HELP", "214 2.0.0"), ("VRFY x", "252 2.0.0"),
                         ("MAIL FROM:<>", "250 2.1.0"),
                         ("RCPT TO:<demo@test.dev>", "250 2.1.5"),
                         ("DATA", "354 Go")):
        talk.say(line)
        assert heard(talk) == wanted
    talk.send(DATA + b".\r\n")
    talk.last = talk.reply()
    assert heard(talk) == "250 2.0.0"
    talk.say("STARTTLS")
    assert heard(talk) == "220 2.0.0"


def test_none_without_ehlo(site):
    """RFC 2034 section 4: who says HELO does not know them."""
    talk = Talk(site)
    assert talk.say("HELO x") == 250
    assert talk.say("NOISE") == 500
    assert talk.last[1].startswith("Command not recognized")
    assert talk.envelope("nobody@test.dev") == [550]
    assert talk.last[1].startswith("<nobody@test.dev>: ")
