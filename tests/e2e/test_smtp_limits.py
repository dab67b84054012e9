"""Limits of a message at their defaults, and the memory that a large one takes:
no more than a small one, whichever way it comes and whoever looks at it."""
import os
import subprocess

import pytest

from smtp_talk import DATA, Talk
from test_smtp_filters import Filter, whole

BACK_ENDS = ["sqlite"]
HOP = b"Received: from a by b; Thu, 1 Jan 1970 00:00:00 +0000\r\n"
LINES = (b"x" * 62 + b"\r\n") * 16384
COUNT = 20


def send(site, octets):
    talk = Talk(site)
    talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    return talk.message(octets)


@pytest.mark.parametrize("unit,most,code,says", [
    (b"A: b\r\n", 1000, 554, "5.6.0 "), (b"A: b\r\n c\r\n", 500, 554, "5.6.0 "),
    (HOP, 100, 554, "5.4.6 ")])
def test_header_at_its_limits(site, unit, most, code, says):
    """Lines, folded ones too, and hops: as many, and one more."""
    assert send(site, unit * most + b"\r\nbody\r\n") == 250
    talk = Talk(site)
    talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.message(unit * (most + 1) + b"\r\nbody\r\n") == code
    assert talk.last[1].startswith(says)
    assert talk.say("NOOP") == 250
    assert len(site.messages("demo")) == 1


def test_a_body_has_any_number_of_lines(site):
    assert send(site, DATA + b"A: b\r\n" * 5000 + HOP * 500) == 250


def by_data():
    return b"DATA\r\nA: b\r\n\r\n" + LINES * COUNT + b".\r\n"


def by_chunks(header=b"A: b\r\n\r\n"):
    """Of a megabyte each."""
    return (b"BDAT %d\r\n" % len(header) + header +
            (b"BDAT %d\r\n" % len(LINES) + LINES) * COUNT +
            b"BDAT 0 LAST\r\n")


def by_binary():
    """Which becomes base64, for it has a NUL."""
    return by_chunks(b"MIME-Version: 1.0\r\nContent-Type: image/png\r\n"
                     b"Content-Transfer-Encoding: binary\r\n\r\n\0")


@pytest.mark.parametrize("message,options", [
    (by_data, b""), (by_chunks, b""), (by_binary, b" BODY=BINARYMIME")],
    ids=["DATA", "BDAT", "BINARYMIME"])
@pytest.mark.parametrize("filtered", [False, True])
def test_memory(site, plain_build, message, options, filtered):
    """The front that parses it and the keeper that delivers it may have a tenth
    of it for their own; who asks for more ends."""
    server = Filter(b"stream: OK\0", whole)
    site.accountd()  # else it is the keeper's child
    if filtered:
        site.conf(clamd=server.address, clamd_max_size="100M")
    try:
        out = subprocess.run(
            ["prlimit", "--data=%d" % (COUNT * len(LINES) // 10)] +
            site.command("mx"), env=site.env, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, timeout=120, check=True,
            input=b"EHLO c.example\r\nMAIL FROM:<>" + options +
            b"\r\nRCPT TO:<demo@test.dev>\r\nRCPT TO:<other@test.dev>\r\n" +
            message() + b"QUIT\r\n").stdout
        assert [line[:3] for line in out.splitlines()][-2:] == [
            b"250", b"221"], out[-500:]
        for user in "demo", "other":
            path, = site.messages(user)
            assert os.path.getsize(path) > COUNT * len(LINES) * 0.9
    finally:
        server.close()


# ---- what is not offered

@pytest.mark.parametrize("line,code", [
    ("EXPN staff", 502), ("ETRN example.org", 502), ("TURN", 502),
    ("VRFY demo@test.dev", 252), ("VRFY nobody@test.dev", 252),
    ("HELP", 214), ("HELP MAIL", 214), ("SEND FROM:<a@b.c>", 500),
    ("BURL imap://x/ LAST", 500), ("XFORWARD NAME=x", 500),
    ("AUTH XOAUTH2 eA==", 502)])
def test_verbs_that_tell_nothing(site, line, code):
    """Nobody learns who exists, and nothing is begun."""
    talk = Talk(site)
    assert not {word.split()[0] for word in talk.ehlo()} & {
        "EXPN", "ETRN", "TURN", "VRFY", "BURL", "XCLIENT", "XFORWARD"}
    assert talk.say(line) == code
    said = talk.last[1]
    assert talk.say(line.replace("demo", "other")) == code
    assert talk.last[1] == said
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.message() == 250
