"""Settings of SMTP reception that other tests leave at their defaults: that
each does what njiwa.conf(5) says."""
import contextlib
import os
import socket
import time

import pytest

import servers
from far_client import Far
from milter_played import CONTINUE, Playing
from smtp_talk import DATA, Talk
from test_smtp_commands import program, READ
from test_smtp_filters import Filter, send
from test_smtp_spam import Deaf

PATIENCE = 15  # seconds for what a limit of one second ends


@pytest.fixture
def site(make_site):
    site = make_site("sqlite")
    site.conf(check_loopback="yes", check_helo_identity="off",
              check_helo_syntax="off", spam_folder="Junk")
    return site


def where(site):
    """The folders with a message of demo's, which are taken away."""
    found = []
    for folder in ("", "Junk", "Quarantine", "Suspects"):
        for path in site.messages("demo", folder):
            found.append(folder)
            os.unlink(path)
    return found


# ---- scores of strangers

def come(site):
    """What a client without a full name is told at RCPT; and brings."""
    talk = Talk(site)
    assert talk.say("EHLO shortname") == 250
    code, = talk.envelope("demo@test.dev")
    return code if code != 250 else talk.message()


@pytest.mark.parametrize("score,junk,reject,code,folder", [
    ("1", "2", "3", 250, ""), ("2", "2", "3", 250, "Junk"),
    ("3", "2", "3", 550, None), ("1", "1", "1.01", 250, "Junk"),
    ("1", "0.5", "1", 550, None), ("9", "", "", 250, ""),
    ("9", "2", "", 250, "Junk"), ("9", "", "9.5", 250, "")])
def test_scores_of_strangers(site, score, junk, reject, code, folder):
    site.conf(check_helo_syntax=score, stranger_junk_score=junk,
              stranger_reject_score=reject)
    assert come(site) == code
    assert where(site) == ([] if folder is None else [folder])


@pytest.mark.parametrize("setting,points,folder", [
    ("no", "4.5", ""), ("yes", "4.5", "Junk"), ("yes", "3.9", ""),
    ("no", "5", "Junk")])
def test_strangers_score_adds_to_spam(site, setting, points, folder):
    server = Filter(b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; %s / 5.0\r\n\r\n\n" %
                    points.encode(), lambda octets: octets.endswith(b"body\n"))
    try:
        site.conf(spamd=server.address, spam_add_stranger_score=setting,
                  check_helo_syntax="1")
        assert come(site) == 250
        assert where(site) == [folder]
    finally:
        server.close()


@pytest.mark.parametrize("score,marked", [("2", True), ("2.01", False),
                                          ("", False), ("-1", True)])
def test_where_the_subject_is_marked(site, score, marked):
    server = Filter(b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; 2.0 / 5.0\r\n\r\n\n",
                    lambda octets: octets.endswith(b"body\n"))
    try:
        site.conf(spamd=server.address, spam_tag_score=score,
                  spam_subject_prefix="[spam?]")
        assert send(site) == 250
        assert (b"\nSubject: [spam?] hello\n" in
                site.contents("demo")[0]) == marked
    finally:
        server.close()


@pytest.mark.parametrize("setting,code,folder", [
    ("off", 250, ""), ("log", 250, ""), ("junk", 250, "Junk"),
    ("defer", 450, None), ("reject", 550, None), ("2", 250, "Junk"),
    ("3", 550, None)])
def test_early_talker(site, setting, code, folder):
    site.conf(smtp_greeting_delay="300ms", check_early_talker=setting)
    with site.connect("mx") as sock:
        sock.sendall(b"EHLO x.example\r\nMAIL FROM:<s@example.org>\r\n"
                     b"RCPT TO:<demo@test.dev>\r\nDATA\r\n")
        file = sock.makefile("rb")
        said = []
        while len(said) < 5:
            line = file.readline()
            assert line, said
            if line[3:4] == b" ":
                said.append(int(line[:3]))
        assert said[3:] == ([250, 354] if code == 250 else [code, 554])
        if code == 250:
            sock.sendall(DATA + b".\r\n")
            assert file.readline().startswith(b"250 ")
    assert where(site) == ([] if folder is None else [folder])


# ---- how much strangers may do

def unknown(site, address):
    """The code for a recipient who does not exist."""
    talk = Talk(Far(site, address))
    talk.ehlo()
    return talk.envelope("nobody@test.dev")[0]


@pytest.mark.parametrize("near,same,far", [
    ("192.0.2.%d", "192.0.2.250", "192.0.3.1"),
    ("2001:db8:1:%d::1", "2001:db8:1:ff::1", "2001:db8:2::1")])
def test_unknown_recipients_of_a_network(site, near, same, far):
    """Of IPv4 a /24, of IPv6 a /48, whichever of its addresses asks."""
    site.conf(rate_unknown=0, rate_unknown_network=3)
    servers.begin_early_in(60, 10)
    assert [unknown(site, near % i) for i in range(1, 4)] == [550] * 3
    assert unknown(site, same) == 451
    assert unknown(site, far) == 550


def greylisted(site):
    """The code at RCPT of always the same message."""
    talk = Talk(Far(site, "192.0.2.1"))
    talk.ehlo()
    return talk.envelope("demo@test.dev")[0]


def test_greylisting_forgets(site):
    """A second try beyond the window is a first one; what came twice is
    remembered for as long as the setting says."""
    site.conf(greylist="on", greylist_delay="1s", greylist_window="1h",
              greylist_expire="2h")
    assert greylisted(site) == 451
    (expires,), = site.sql("SELECT expires FROM greylist")
    assert abs(int(expires) - time.time() - 3600) < 60
    site.sql("UPDATE greylist SET first_seen = first_seen - 4000, "
             "expires = expires - 4000")
    assert greylisted(site) == 451, "too late"
    site.sql("UPDATE greylist SET first_seen = first_seen - 2")
    assert greylisted(site) == 250
    (expires,), = site.sql("SELECT expires FROM greylist "
                           "WHERE recipient <> ''")
    assert abs(int(expires) - time.time() - 7200) < 60
    site.sql("UPDATE greylist SET expires = %d" % (time.time() - 1))
    assert greylisted(site) == 451, "forgotten"


# ---- limits of filters

@contextlib.contextmanager
def in_time():
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < PATIENCE


def test_time_of_commands(site):
    site.conf(content_commands=program(
        site, "check", READ + "time.sleep(60)"), content_command_timeout="1s")
    with in_time():
        assert send(site) == 451
    site.wait_log("took too long")


def test_size_for_commands(site):
    site.conf(content_commands=program(
        site, "check", READ + "out('add X-Seen: yes')"),
        content_command_max_size="1k")
    for more, seen in ((b"", True), (b"x" * 900 + b"\r\n", False)):
        assert send(site, DATA + more) == 250
        path, = site.messages("demo")
        with open(path, "rb") as file:
            text = file.read()
        os.unlink(path)
        assert (b"X-Seen: yes" in text) == seen
        assert (b"X-Content-Checker: check skipped (size)" in text) != seen


def test_folder_of_the_quarantine(site):
    site.conf(content_commands=program(site, "check", "out('quarantine')"),
              quarantine_folder="Suspects")
    assert send(site) == 250
    assert where(site) == ["Suspects"]


def deferred_at_mail(site):
    talk = Talk(site, timeout=60)
    talk.ehlo()
    with in_time():
        assert talk.say("MAIL FROM:<s@example.org>") == 451


def test_time_of_a_milters_connection(site):
    """One whose queue is full answers to nobody."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        for _ in range(16):
            sock = site.track(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
            waiting.append(sock)
        site.conf(milters="inet:%d@127.0.0.1" % full.getsockname()[1],
                  milter_connect_timeout="1s")
        deferred_at_mail(site)


def test_time_of_a_milters_answers(site):
    server = Deaf()
    try:
        site.conf(milters="inet:" + server.address,
                  milter_command_timeout="1s")
        deferred_at_mail(site)
    finally:
        server.close()


def test_time_of_a_milter_for_the_message(site):
    site.conf(milter_command_timeout="1m", milter_content_timeout="1s")
    with Playing(site) as played:
        played({"B": [CONTINUE], "E": None})
        with in_time():
            assert send(site) == 451
    assert where(site) == []
