"""Milters that change a message: header, body, sender, recipients; and those
that fail, at every stage and in every way."""
import os
import socket
import struct
import time

import pytest

import servers
from milter_played import (ACCEPT, CONTINUE, MESSAGE, REJECT, STORED_BODY,
                           TEMPFAIL, Played, Playing, header, own, packet,
                           send, stored, text)
from smtp_talk import Talk

BACK_ENDS = ["sqlite"]


@pytest.fixture
def played(site):
    with Playing(site) as start:
        yield start


@pytest.mark.parametrize("changes,wanted", [
    ([header("h", b"X-B", b"last")],
     [b"Subject: hello", b"X-A: one", b"X-A: two", b" folded",
      b"From: <s@example.org>", b"X-B: last"]),
    ([header("i", b"X-B", b"first", 0)],
     [b"X-B: first", b"Subject: hello", b"X-A: one", b"X-A: two", b" folded",
      b"From: <s@example.org>"]),
    ([header("i", b"X-B", b"first", 1), header("i", b"X-C", b"third", 3)],
     [b"X-B: first", b"Subject: hello", b"X-C: third", b"X-A: one",
      b"X-A: two", b" folded", b"From: <s@example.org>"]),
    ([header("i", b"X-B", b"last", 99)],
     [b"Subject: hello", b"X-A: one", b"X-A: two", b" folded",
      b"From: <s@example.org>", b"X-B: last"]),
    ([header("m", b"x-a", b"2", 2)],
     [b"Subject: hello", b"X-A: one", b"x-a: 2", b"From: <s@example.org>"]),
    ([header("m", b"X-A", b"", 1)],
     [b"Subject: hello", b"X-A: two", b" folded", b"From: <s@example.org>"]),
    ([header("m", b"X-A", b"", 2), header("m", b"X-A", b"", 1),
      header("m", b"X-A", b"", 1)],
     [b"Subject: hello", b"From: <s@example.org>"]),
    ([header("m", b"X-New", b"added", 7)],
     [b"Subject: hello", b"X-A: one", b"X-A: two", b" folded",
      b"From: <s@example.org>", b"X-New: added"]),
    ([header("h", b"X-B", b"a\r\nX-Evil: b\n\n\tc\n")],
     [b"Subject: hello", b"X-A: one", b"X-A: two", b" folded",
      b"From: <s@example.org>", b"X-B: a", b"\tX-Evil: b", b"\t", b"\tc"]),
], ids=["add", "insert first", "insert two", "insert far", "change",
        "delete", "delete all", "change none", "evil"])
def test_header(site, played, changes, wanted):
    played({"E": changes + [ACCEPT]})
    assert send(site) == [250, 250, 250]
    head, body = stored(site)
    assert own(head) == wanted
    assert body == STORED_BODY


@pytest.mark.parametrize("more, code", [(65536, 250), (65537, 451)])
def test_header_at_its_limit(site, played, more, code):
    """What a client's header may have leaves room for a milter's fields."""
    line = b"X-A: " + b"x" * 506 + b"\n"
    given = line * 511 + b"X-B: " + b"x" * 505 + b"\n\n"
    assert len(given) == 262144
    played({"E": [header("h", b"X-C", b"y" * (more - 6)), ACCEPT]})
    assert send(site, given.replace(b"\n", b"\r\n") + b"body\r\n") == [
        250, 250, code]
    assert len(site.messages("demo")) == (code == 250)


@pytest.mark.parametrize("size", [0, 1, 100, 70000, 400000])
@pytest.mark.parametrize("before", [10, 300000])
def test_body(site, played, before, size):
    new = (b"new body\r\n" * (size // 10 + 1))[:size]
    pieces = [(ord("b"), new[i:i + 65535]) for i in
              range(0, max(len(new), 1), 65535)]
    played({"E": pieces + [header("h", b"X-B", b"c"), ACCEPT]})
    filler = b"x" * 70 + b"\r\n"
    assert send(site, b"A: b\r\n\r\n" + filler * (before // 72 + 1)) == [
        250, 250, 250]
    head, body = stored(site)
    assert own(head) == [b"A: b", b"X-B: c"]
    wanted = new.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert body == wanted
    path = site.messages("demo")[0]
    assert ",S=%d," % os.stat(path).st_size in path


def test_body_for_a_message_that_is_all_header(site, played):
    played({"E": [(ord("b"), b"X-Evil: yes\r\n"), ACCEPT]})
    assert send(site, b"A: b\r\n") == [250, 250, 250]
    head, body = stored(site)
    assert own(head) == [b"A: b"]
    assert body == b"X-Evil: yes\n"


def test_body_of_odd_octets(site, played):
    played({"E": [(ord("b"), b"a\r"), (ord("b"), b"\nb\rc\0\n"),
                  (ord("b"), b"d\r"), CONTINUE]})
    assert send(site) == [250, 250, 250]
    assert stored(site)[1] == b"a\nb\nc?\nd\n"


def test_sender(site, played):
    played({"E": [text("e", b"<New@Example.NET>", b"SIZE=1"), ACCEPT]})
    assert send(site) == [250, 250, 250]
    assert stored(site)[0][0] == b"Return-Path: <New@example.net>"
    site.wait_log("from=New@example.net")
    played({"E": [text("e", b"<>"), ACCEPT]})
    assert send(site) == [250, 250, 250]
    assert b"Return-Path: <>" in b"".join(site.contents("demo"))


def test_recipients(site, played):
    played({"E": [text("+", b"<other@test.dev>"),
                  text("2", b"small@test.dev", b"NOTIFY=NEVER"),
                  text("-", b"<demo@test.dev>"), ACCEPT]})
    assert send(site) == [250, 250, 250]
    assert site.messages("demo") == []
    assert len(site.messages("other")) == len(site.messages("small")) == 1


def test_recipients_that_cannot_be(site, played):
    played({"E": [text("+", b"<nobody@test.dev>"),
                  text("+", b"<who@elsewhere.example>"),
                  text("+", b"<demo@test.dev>"),
                  text("-", b"<other@test.dev>"), ACCEPT]})
    assert send(site) == [250, 250, 250]
    assert len(site.messages("demo")) == 1
    site.wait_log("a milter's recipient nobody@test.dev is not taken")
    site.wait_log("a milter's recipient other@test.dev is not taken")


def test_no_recipient_is_left(site, played):
    played({"E": [text("-", b"demo@test.dev"), ACCEPT]})
    assert send(site) == [250, 250, 250]
    assert site.messages("demo") == []


def test_between_two_messages(site, played):
    """One that has hung up or that speaks unasked is asked anew: what it said
    is no verdict on the next message."""
    milter = played()
    talk = Talk(site)
    assert send(site, talk=talk) == [250, 250, 250]
    milter.socks[-1].sendall(packet(*ACCEPT))
    time.sleep(0.2)
    milter.answers["E"] = [REJECT]
    assert send(site, talk=talk) == [250, 250, 550]
    assert len(milter.socks) == 2
    milter.answers["E"] = [ACCEPT]
    assert send(site, talk=talk) == [250, 250, 250]
    assert len(milter.socks) == 2
    milter.socks[-1].shutdown(socket.SHUT_RDWR)
    assert send(site, talk=talk) == [250, 250, 250]
    assert len(milter.socks) == 3
    assert len(site.messages("demo")) == 3


def test_quarantine(site, played):
    played({"E": [text("q", b"looks odd"), ACCEPT]})
    assert send(site) == [250, 250, 250]
    assert site.messages("demo") == []
    assert len(site.messages("demo", "Quarantine")) == 1
    site.wait_log("verdict=quarantined")
    site.wait_log("a milter quarantines: looks odd")


def test_a_refusal_undoes_the_changes(site, played):
    played({"E": [(ord("b"), b"new"), text("+", b"<other@test.dev>"),
                  TEMPFAIL]})
    assert send(site) == [250, 250, 451]
    assert site.messages("demo") == site.messages("other") == []


def test_progress_gives_time(site, played):
    milter = played(options=", content_timeout=4s")
    milter.answers["E"] = None
    talk = Talk(site)
    talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.say("DATA") == 354
    talk.send(MESSAGE + b".\r\n")
    servers.wait_for("the end", lambda: "E" in milter.letters())
    for _ in range(5):
        time.sleep(1)
        milter.socks[-1].sendall(packet(ord("p")))
    milter.socks[-1].sendall(packet(ord("c")))
    assert talk.reply()[0] == 250


def test_two_milters_see_each_others_changes(site):
    first = Played({"E": [header("h", b"X-First", b"1"),
                          (ord("b"), b"changed\r\n"), ACCEPT]})
    second = Played({"E": [header("m", b"X-First", b"2", 1), ACCEPT]})
    try:
        site.conf(milters="%s, %s" % (first.address, second.address))
        assert send(site) == [250, 250, 250]
        assert second.said("L")[-1] == b"X-First\x001\0"
        assert second.said("B") == [b"changed\r\n"]
        head, body = stored(site)
        assert own(head)[-1] == b"X-First: 2"
        assert body == b"changed\n"
        first.answers["M"] = [REJECT]
        assert send(site) == [550]
        assert len(second.said("M")) == 1
    finally:
        first.close()
        second.close()


# ---- failures

BAD = {
    "hangs": None,
    "hangs up": b"",
    "rubbish": [b"HTTP/1.1 400 Bad Request\r\n\r\n"],
    "too long": [struct.pack("!IB", 1 << 30, ord("c"))],
    "empty packet": [struct.pack("!I", 0)],
    "unknown letter": [(ord("X"), b"")],
    "bad code": [text("y", b"250 ok")],
    "mixed codes": [text("y", b"550-5.7.1 a\r\n450 b")],
    "no end": [(ord("y"), b"550 no NUL")],
    "options again": [(ord("O"), struct.pack("!III", 6, 0, 0))],
}
BAD_EDITS = {
    "no name": [header("h", b"", b"x")],
    "name with colon": [header("h", b"a:b", b"x")],
    "no index": [text("i", b"a", b"b")],
    "bad address": [text("+", b"<a@b")],
    "too many": [header("h", b"X", b"y" * 60000)] * 6,
    "body too long": [(ord("b"), b"x" * 65535)] * 450,
    "half a body, then nothing": [(ord("b"), b"half")],
}
OUTCOMES = [("tempfail", 451), ("accept", 250), ("reject", 550),
            ("quarantine", 250)]


# Every failure with two outcomes; one of them with all.
FAILURES = [(how, *outcome) for how in BAD for outcome in OUTCOMES
            if outcome in OUTCOMES[:2] or how == "hangs up"]


@pytest.mark.parametrize("how,action,code", FAILURES)
@pytest.mark.parametrize("letter", ["C", "R", "B", "E"])
def test_failures(site, played, how, letter, action, code):
    played({letter: BAD[how]},
           options=", default_action=%s, command_timeout=1s, "
           "content_timeout=1s" % action)
    codes = send(site)
    assert codes[-1] == code, codes
    site.wait_log("milter inet:127.0.0.1:")
    folder = "Quarantine" if action == "quarantine" else ""
    assert len(site.messages("demo", folder)) == (code == 250)
    if code == 250:
        assert stored(site, folder=folder)[1] == STORED_BODY


@pytest.mark.parametrize("how", BAD_EDITS)
@pytest.mark.parametrize("action,code", OUTCOMES[:2])
def test_changes_that_cannot_be(site, played, how, action, code):
    played({"E": BAD_EDITS[how] + ([] if "nothing" in how else [ACCEPT])},
           options=", default_action=%s, content_timeout=2s" % action)
    assert send(site) == [250, 250, code]
    if code == 250:
        head, body = stored(site)
        assert own(head)[0] == b"Subject: hello" and body == STORED_BODY


def test_changes_out_of_place_or_not_announced(site, played):
    played({"M": [header("h", b"X", b"y")]})
    assert send(site) == [451]
    played({"E": [header("h", b"X", b"y"), ACCEPT]}, actions=0x2)
    assert send(site) == [250, 250, 451]


@pytest.mark.parametrize("how", [
    dict(greeting=b""), dict(version=7), dict(version=1),
    dict(actions=0x80000000), dict(steps=0x800),
    dict(symbols=struct.pack("!I", 9) + b"i\0"),
    dict(symbols=struct.pack("!I", 1) + b"i")],
    ids=["silent", "version 7", "version 1", "actions", "steps", "stage",
         "no NUL"])
def test_negotiations_that_fail(site, played, how):
    played(options=", command_timeout=1s", **how)
    assert send(site) == [451]


def test_nobody_listens_or_bad_setting(site):
    site.conf(milters="inet:127.0.0.1:%d" % servers.free_port())
    assert send(site) == [451]
    site.conf(milter_default_action="accept")
    assert send(site) == [250, 250, 250]
    site.conf(milters="unix:%s/none" % site.folder)
    assert send(site) == [250, 250, 250]
    site.conf(milters="{ inet:127.0.0.1:1, nonsense=1 }")
    assert send(site) == [451]
    site.wait_log("nonsense=1 makes no sense")


def test_a_front_without_its_keeper_does_not_wait_for_a_milter(site, played):
    milter = played({"E": None}, options=", content_timeout=1h")
    talk = Talk(site)
    talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.say("DATA") == 354
    talk.send(MESSAGE + b".\r\n")
    servers.wait_for("the end", lambda: "E" in milter.letters())
    servers.kill(site.keeper().pid)
    assert talk.reply()[0] in (0, 451)
    assert talk.ended()
    servers.wait_for("the front's end", lambda: not [
        line for line in site.running().values() if "njiwa-smtpd" in line])
