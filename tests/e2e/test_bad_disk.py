"""Disks that are full or read-only and Maildirs that are not ours: senders
are told to come back, owners can still read and make room."""
import contextlib
import os
import re

import pytest

import servers
from disks import remount, small_disk
from imap_client import Client
from pop3_client import message, put, talk
from site_under_test import MAIL_UID, PASSWORD
from smtp_talk import DATA, Talk

BIG = message("big", *[b"x" * 99] * 3000)


def fill(site):
    """Not one octet is left."""
    with open(site.data + "/filler", "wb", 0) as out:
        for size in (1 << 16, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while out.write(b"x" * size):
                    pass


def fill_inodes(site):
    os.makedirs(site.data + "/filler.d")
    with contextlib.suppress(OSError):
        for i in range(100000):
            with open(site.data + "/filler.d/%d" % i, "wb"):
                pass


def send(site, octets=DATA, user="demo@test.dev"):
    """The code of the recipient, of DATA, or of the message."""
    client = Talk(site)
    client.ehlo()
    code, = client.envelope(user)
    if code == 250:
        code = client.say("DATA")
    if code == 354:
        client.send(octets + b".\r\n")
        code, _ = client.reply()
    client.sock.close()
    return code


def no_halves(site, user="demo"):
    top = site.maildir(user)
    assert not os.listdir(top + "/tmp")
    for path in site.messages(user):
        with open(path, "rb") as file:
            assert file.read().endswith(b"\n"), path


@pytest.mark.parametrize("what", ["blocks", "inodes"])
def test_full(lite, what):
    """Mail of before can be read and removed, also what nobody has seen yet;
    then there is room again."""
    with small_disk(lite.data, "size=2m,nr_inodes=200"):
        put(lite, message("small", b"x"), BIG, BIG, BIG)
        assert talk(lite).login().say("QUIT").startswith(b"+OK")
        put(lite, message("new", b"y"), folder="new")
        before = lite.contents()
        if what == "blocks":
            fill(lite)
        else:
            fill_inodes(lite)
        assert send(lite) in (451, 452)
        assert send(lite, user="other@test.dev") in (451, 452)
        no_halves(lite)
        client = Client(lite)
        assert client.append(message("no", b"x" * 9000)).status == "NO"
        # The new one may have to wait for its UID until there is room.
        got = client.cmd("SELECT INBOX")
        assert got.status == "OK"
        assert got.find("4 EXISTS") or got.find("5 EXISTS"), got.untagged
        assert client.cmd("FETCH 1 BODY.PEEK[TEXT]").literal() == b"x\r\n"
        no_halves(lite)
        assert sorted(lite.contents()) == sorted(before)
        pop3 = talk(lite).login()
        assert pop3.say("STAT")[:6] in (b"+OK 4 ", b"+OK 5 ")
        assert pop3.say("RETR 1").startswith(b"+OK")
        assert pop3.lines()[-1] == b"x\r\n"
        for number in (2, 3):
            assert pop3.say("DELE %d" % number).startswith(b"+OK")
        assert pop3.say("QUIT").startswith(b"+OK")
        assert client.cmd("UID STORE 4 +FLAGS (\\Deleted)").status == "OK"
        assert client.cmd("EXPUNGE").status == "OK"
        assert len(lite.messages()) == 2
        assert send(lite) == 250
        assert client.append(message("yes", b"x")).status == "OK"
        assert client.cmd("SELECT INBOX").find("4 EXISTS")
        assert len(lite.messages()) == 4
        no_halves(lite)
    said = re.findall("njiwa-(smtpd|imapd).*(?:disk is full|no room on the "
                      "disk|No space left)", lite.log)
    assert set(said) == {"smtpd", "imapd"}
    for line in lite.log.splitlines():
        if "no room on the disk" in line:
            assert lite.maildir("demo") in line or lite.maildir("other") in \
                line
            assert line.endswith("make room on it")


def test_full_in_the_middle(lite):
    """Room for the beginning of a message and not for its end."""
    with small_disk(lite.data, "size=1m"):
        put(lite, message("one", b"x"))
        big = b"Subject: x\r\n\r\n" + (b"x" * 98 + b"\r\n") * 12000
        assert send(lite, big) in (451, 452)
        client = Client(lite)
        client.sock.settimeout(30)
        got = client.append(big)
        assert got.status == "NO", got.tagged
        assert client.cmd("NOOP").status == "OK"
        assert len(lite.messages()) == 1
        no_halves(lite)
        assert send(lite) == 250


def test_read_only(lite):
    with small_disk(lite.data, "size=1m"):
        put(lite, message("one", b"x"), flags="S")
        assert talk(lite).login().say("QUIT").startswith(b"+OK")
        put(lite, message("two", b"y"), folder="new")
        remount(lite.data, "ro")
        assert send(lite) == 451
        client = Client(lite)
        got = client.cmd("SELECT INBOX")
        assert got.code == "READ-ONLY" and got.find("2 EXISTS"), got.tagged
        assert client.cmd("FETCH 2 BODY[TEXT]").literal() == b"y\r\n"
        assert client.append(message("no", b"x")).status == "NO"
        assert client.cmd("STORE 1 +FLAGS (\\Flagged)").status == "NO"
        assert client.cmd("CREATE a").status == "NO"
        pop3 = talk(lite).login()
        assert pop3.say("RETR 1").startswith(b"+OK")
        assert pop3.lines()[-1] == b"x\r\n"
        assert pop3.say("DELE 1").startswith(b"+OK")
        assert pop3.say("QUIT").startswith(b"-ERR [SYS/TEMP]")
        assert len(lite.messages()) == 2
        remount(lite.data, "rw")
        assert client.cmd("SELECT INBOX").code == "READ-WRITE"
        assert client.cmd("STORE 1 +FLAGS (\\Flagged)").status == "OK"
        assert send(lite) == 250
    servers.wait_for("SMTP and IMAP", lambda: lite.log.count(
        "mounted read-only") >= 2)


@pytest.mark.parametrize("what", ["root's", "no rights", "a file", "no new"])
def test_maildir_that_is_not_ours(lite, what):
    """451, or a login that says what is wrong; the log names the folder."""
    put(lite, message("one", b"x"))
    top = lite.maildir()
    if what == "root's":
        os.chown(top, 0, 0)
        os.chmod(top, 0o700)
    elif what == "no rights":
        os.chmod(top, 0)
    elif what == "a file":
        os.rename(top, top + ".away")
        with open(top, "w") as file:
            file.write("not a folder\n")
        os.chown(top, MAIL_UID, MAIL_UID)
    else:
        os.rename(top + "/new", top + "/old")
        with open(top + "/new", "w") as file:
            file.write("not a folder\n")
    assert send(lite) == 451
    pop3 = talk(lite)
    pop3.say("USER demo@test.dev")
    reply = pop3.say("PASS " + PASSWORD)
    assert reply.startswith(b"-ERR [SYS/TEMP]"), reply
    client = Client(lite, user=None)
    got = client.cmd('LOGIN demo@test.dev "%s"' % PASSWORD)
    if got.status == "OK":
        got = client.cmd("SELECT INBOX")
    assert got.status == "NO", got.tagged
    lines = [line for line in lite.log.splitlines()
             if top in line or "Maildir" in line]
    assert len(lines) >= 3, "one line from each program"
