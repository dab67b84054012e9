"""POP3 after login, by real sockets on a real Maildir."""
import glob
import os
import poplib
import time

import pytest

from pop3_client import crlf, message, put, talk

DOTS = message("dots", b".", b"..", b".x", b"x.", b"")
LONG = message("long", *(b"line %d" % i for i in range(20000)))
BINARY = message("octets", bytes(set(range(1, 256)) - {10, 13}))


def test_read_all(site):
    """On both back ends, plain, STLS and TLS: octet for octet."""
    mails = [message("one", b"hello"), DOTS, LONG, BINARY]
    put(site, *mails)
    for how in ({}, {"starttls": True}, {"service": "pop3s"}):
        client = site.pop3(**how)
        assert client.stat() == (4, sum(len(crlf(m)) for m in mails))
        assert [int(line.split()[1]) for line in client.list()[1]] == [
            len(crlf(m)) for m in mails]
        for i, mail in enumerate(mails):
            _, lines, octets = client.retr(i + 1)
            assert b"\n".join(lines) + b"\n" == mail
        client.quit()


@pytest.mark.parametrize("octets, sent", [
    (b"", b""),
    (b"A: b\n", b"A: b\r\n"),
    (b"A: b\n\n", b"A: b\r\n\r\n"),
    (b"A: b\n\nno end", b"A: b\r\n\r\nno end\r\n"),
    (b"A: b\n\n.", b"A: b\r\n\r\n..\r\n"),
    (b".\n", b"..\r\n"),
    (b"A: b\r\n\r\ncrlf\r\n", b"A: b\r\n\r\ncrlf\r\n"),
    (b"A: b\n\nnul \0 nul\n", b"A: b\r\n\r\nnul \0 nul\r\n"),
])
def test_odd_messages(lite, octets, sent):
    put(lite, octets, hints=False)
    client = talk(lite).login()
    size = int(client.say("LIST 1").split()[2])
    assert client.say("RETR 1").startswith(b"+OK")
    got = b"".join(client.lines())
    assert got == sent
    # A line end that the file lacks is the protocol's, not the message's.
    assert size in (len(sent.replace(b"\n..", b"\n.")),
                    len(sent.replace(b"\n..", b"\n.")) - 2) or octets == b".\n"


def test_top(lite):
    put(lite, message("top", b"one", b".two", b"three"))
    client = talk(lite).login()
    header = [b"From: a@example.org\r\n", b"Subject: top\r\n", b"\r\n"]
    for count, body in ((0, []), (1, [b"one\r\n"]),
                        (2, [b"one\r\n", b"..two\r\n"]),
                        (3, [b"one\r\n", b"..two\r\n", b"three\r\n"]),
                        (10 ** 18, [b"one\r\n", b"..two\r\n", b"three\r\n"])):
        assert client.say("TOP 1 %d" % count).startswith(b"+OK")
        assert client.lines() == header + body
    for bad in ("TOP", "TOP 1", "TOP 1 x", "TOP 1 -1", "TOP 1 1 1", "TOP 2 1",
                "TOP x 1", "TOP 1 99999999999999999999"):
        assert client.say(bad).startswith(b"-ERR"), bad
    client.say("QUIT")
    assert ":2,S" not in lite.messages()[0], "TOP is no reading"


def test_numbers(lite):
    put(lite, DOTS, DOTS)
    client = talk(lite).login()
    for verb in ("LIST", "UIDL", "RETR", "DELE"):
        for number in ("0", "3", "-1", "+1", "1x", "x", "1 2", "4294967297",
                       "99999999999999999999999999", "\xff"):
            reply = client.say("%s %s" % (verb, number))
            assert reply.startswith(b"-ERR"), (verb, number)
        if verb == "UIDL":  # the limit of bad commands is for unknown ones
            client.say("NOOP")
    assert client.say("RETR").startswith(b"-ERR")
    assert client.say("STAT 1").startswith(b"-ERR")
    assert client.say("list 1").startswith(b"+OK 1 ")


def test_delete_at_quit_only(site):
    """And the quota follows."""
    put(site, DOTS, LONG, BINARY)
    site.sql("INSERT INTO quota (username, bytes, messages) VALUES "
             "('demo@test.dev', %d, 3)" % (len(DOTS) + len(LONG) +
                                           len(BINARY)))
    client = talk(site).login()
    assert client.say("DELE 2").startswith(b"+OK")
    assert client.say("STAT") == b"+OK 2 %d\r\n" % (
        len(crlf(DOTS)) + len(crlf(BINARY)))
    client.say("LIST")
    assert [line.split()[0] for line in client.lines()] == [b"1", b"3"]
    client.say("UIDL")
    assert [line.split()[0] for line in client.lines()] == [b"1", b"3"]
    for line in ("RETR 2", "LIST 2", "UIDL 2", "DELE 2", "TOP 2 0"):
        assert client.say(line).startswith(b"-ERR"), line
    assert len(site.messages()) == 3
    assert client.say("RSET").startswith(b"+OK")
    assert client.say("DELE 2").startswith(b"+OK")
    assert client.say("QUIT").startswith(b"+OK")
    assert client.at_end()
    assert site.contents() == [DOTS, BINARY]
    site.wait_quota("demo", len(DOTS) + len(BINARY), 2)


@pytest.mark.parametrize("how", ["close", "reset", "many errors", "idle"])
def test_no_quit_no_deletion(lite, how):
    lite.conf(pop3_idle_timeout="10s")
    put(lite, DOTS)
    client = talk(lite).login()
    client.say("RETR 1")
    client.lines()
    start = time.monotonic()
    assert client.say("DELE 1").startswith(b"+OK")
    if how == "close":
        client.sock.close()
        client.file.close()
    elif how == "reset":
        client.say("RSET")
        client.say("QUIT")
    elif how == "many errors":
        for i in range(20):
            assert client.say("WHAT").startswith(b"-ERR Unknown"), i
        assert client.line().startswith(b"-ERR Too many")
        assert client.at_end()
    else:
        assert client.at_end(), "autologout has nothing to say"
        assert time.monotonic() - start > 9
    lite.wait_log("session ended")
    assert lite.contents() == [DOTS]
    assert ":2,S" not in lite.messages()[0]


def test_seen(lite):
    put(lite, DOTS, DOTS)
    put(lite, DOTS, folder="new")
    client = talk(lite).login()
    for number in (1, 3):
        client.say("RETR %d" % number)
        client.lines()
    assert client.say("QUIT").startswith(b"+OK")
    assert [path.endswith(":2,S") for path in lite.messages()] == [
        True, False, True]


def test_uidl_is_dovecots(lite):
    """%08x of the uid and of UIDVALIDITY; the same in the next session."""
    put(lite, DOTS, DOTS)
    client = talk(lite).login()
    client.say("UIDL")
    first = client.lines()
    client.say("QUIT")
    with open(lite.maildir() + "/dovecot-uidlist") as uidlist:
        head = uidlist.readline().split()
    validity = int(next(w for w in head if w.startswith("V"))[1:])
    assert first == [b"%d %08x%08x\r\n" % (i, i, validity) for i in (1, 2)]
    put(lite, DOTS)
    client = talk(lite).login()
    client.say("UIDL")
    assert client.lines()[:2] == first
    assert client.say("UIDL 3") == b"+OK 3 %08x%08x\r\n" % (3, validity)


def test_removed_meanwhile(lite):
    """Numbers stay; what is gone is said to be gone."""
    put(lite, DOTS, BINARY, hints=False)
    client = talk(lite).login()
    os.unlink(lite.messages()[0])
    assert client.say("STAT") == b"+OK 2 %d\r\n" % len(crlf(BINARY))
    assert client.say("RETR 1").startswith(b"-ERR")
    assert client.say("RETR 2").startswith(b"+OK")
    client.lines()
    assert client.say("DELE 1").startswith(b"+OK")
    assert client.say("QUIT").startswith(b"+OK")
    assert lite.contents() == [BINARY]


def test_two_sessions(lite):
    put(lite, DOTS, BINARY)
    one, two = talk(lite).login(), talk(lite).login()
    assert one.say("DELE 1").startswith(b"+OK")
    assert one.say("QUIT").startswith(b"+OK")
    assert two.say("DELE 1").startswith(b"+OK")
    assert two.say("DELE 2").startswith(b"+OK")
    assert two.say("QUIT").startswith(b"+OK")
    assert lite.messages() == []


def test_deletion_that_fails(lite):
    """-ERR, and the message stays."""
    put(lite, DOTS)
    client = talk(lite).login()
    client.say("DELE 1")
    cur = lite.maildir() + "/cur"
    if os.system("chattr +i %s 2>/dev/null" % cur) != 0:
        pytest.skip("no chattr +i on this file system")
    try:
        reply = client.say("QUIT")
    finally:
        os.system("chattr -i %s" % cur)
    assert reply.startswith(b"-ERR [SYS/TEMP] ")
    assert client.at_end()
    assert lite.contents() == [DOTS]


def test_maildrop_that_cannot_be_opened(lite):
    put(lite, DOTS)
    os.rename(lite.maildir(), lite.maildir() + ".away")
    with open(lite.maildir(), "w") as file:
        file.write("no folder\n")
    client = talk(lite)
    client.say("USER demo@test.dev")
    client.send(b"PASS thepassword\r\n")
    reply = client.file.read()
    assert reply == b"" or reply.startswith(b"-ERR [SYS/TEMP]")


def test_pipelining(lite):
    put(lite, DOTS, BINARY)
    client = talk(lite)
    client.send(b"CAPA\r\nUSER demo@test.dev\r\nPASS thepassword\r\nSTAT\r\n"
                b"RETR 1\r\nDELE 1\r\nNOOP\r\nQUIT\r\n")
    answer = client.file.read()
    assert answer.count(b"\r\n+OK") == 7, answer
    assert lite.contents() == [BINARY]


def test_size_without_hints_is_counted(lite):
    put(lite, LONG, hints=False)
    client = talk(lite).login()
    assert client.say("STAT") == b"+OK 1 %d\r\n" % len(crlf(LONG))


def test_stat_of_hints_opens_no_message(lite):
    """With W= in the names STAT does not look at the files."""
    put(lite, DOTS)
    path = lite.messages()[0]
    os.truncate(path, 0)
    client = talk(lite).login()
    assert client.say("STAT") == b"+OK 1 %d\r\n" % len(crlf(DOTS))


def test_empty_maildrop(lite):
    """Of a user who has never had mail: his Maildir is made."""
    client = talk(lite).login()
    assert client.say("STAT") == b"+OK 0 0\r\n"
    for verb in ("LIST", "UIDL"):
        assert client.say(verb).startswith(b"+OK")
        assert client.lines() == []
    assert client.say("QUIT").startswith(b"+OK")
    assert sorted(os.path.basename(p) for p in glob.glob(
        lite.maildir() + "/???")) == ["cur", "new", "tmp"]


def test_slow_reader_of_a_large_message(lite):
    """Ten megabytes through a small window; nothing is lost or cut."""
    big = message("big", *[b"x" * 998] * 10000)
    put(lite, big)
    client = talk(lite).login()
    client.say("RETR 1")
    time.sleep(1)
    assert b"".join(client.lines()) == crlf(big)


def test_capa_in_session(lite):
    client = lite.pop3()
    capa = client.capa()
    assert set(capa) == {"TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE",
                         "PIPELINING", "EXPIRE", "IMPLEMENTATION"}
    with pytest.raises(poplib.error_proto):
        client.user("demo")
