"""Texts of messages kept in the index: what a client is told is the same, to
the octet, without an index, when a text is made, when it is known, and when it
was damaged; and what is known is told without a look at the message."""
import os
import re

import pytest

from imap_client import Client
from site_under_test import MAIL_UID
from test_corpus import corpus
from test_imap_structure import MESSAGE

LIMIT = 65536  # octets of a text, and of a header that is read and not mapped

HEADER = b"From: a <a@example.org>\nSubject: %s\n"
ODD = [
    MESSAGE.encode(),
    b"",
    b"\n",
    b"Subject: no line end",
    b"Subject: no body\n",
    b"Sender: a\nReply-To: b\nFrom: c\n\nx\n",  # of one octet each
    b"Sender: a\r\nReply-To: \r\nFrom: c\r\n\r\nx\r\n",
    b"no field\nSubject: behind it\n  folded\n \t \n on\n\nbody\n",
    b"From me Mon Jan  1 00:00:00 2024\nTo: x\nTO: y\nto : z\n\nbody\n",
    b"Subject: \x00\x01\xff\xfe\n\ttab\rbare\nTo: \"a\\\"b\" <x@y>\n\n\x00\n",
    b"Subject: =?utf-8?q?caf=C3=A9?=\nDate: 1 Jan 2024 00:00 +0100\n\nx\n",
    b"Subject: \xc3\xa9\nMessage-ID: <a@b>\nReferences: <c@d>\n <e@f>\n\nx\n",
    # longer than one read, than what is read, than what is kept
    HEADER % b"8k" + b"X-Long: " + b"x" * 9000 + b"\nTo: t@x.y\n\nbody\n",
    HEADER % b"64k" + b"X-Long: " + b"x" * LIMIT + b"\nTo: t@x.y\n\nbody\n",
    HEADER % b"cc" + b"Cc: " + b"\n ".join([b"a@b.c,"] * 12000) + b"\n\nb\n",
    HEADER % (b"s" * (LIMIT - 100)) + b"To: t@x.y\n\nbody\n",
    HEADER % b"large" + b"Sender: a\n\n" + b"line\n" * LIMIT,
]

COMMANDS = (
    "FETCH 1:* ENVELOPE",
    "FETCH 1:* BODY",
    "FETCH 1:* BODYSTRUCTURE",
    "FETCH 1:* PREVIEW",
    "FETCH 1:* BODY.PEEK[HEADER.FIELDS (FROM TO CC SUBJECT DATE SENDER)]",
    "FETCH 1:* (BODY.PEEK[HEADER.FIELDS (subject x-long)] ENVELOPE)",
    "FETCH 1:* (BODY.PEEK[HEADER.FIELDS (TO)]<3.9> PREVIEW BODY)",
    "FETCH 1:* (BODY.PEEK[HEADER.FIELDS (TO)] BODY.PEEK[TEXT]<0.40>)",
    "FETCH 1:* (BODYSTRUCTURE ENVELOPE BODY.PEEK[1.MIME] RFC822.SIZE)",
    "FETCH 5:3,9,1 FULL",
    "SEARCH OR SUBJECT e HEADER Message-ID \"\"",
    "SEARCH HEADER X-Long xx",
    "SEARCH OR SENTBEFORE 1-Jan-2005 SENTON 1-Jan-2024",
    "SEARCH FROM example NOT CC a@b.c",
    "SORT (FROM SUBJECT REVERSE DATE) UTF-8 ALL",
    "SORT (DISPLAYTO CC) UTF-8 OR FROM a TO b",
    "THREAD REFERENCES UTF-8 ALL",
    "THREAD ORDEREDSUBJECT UTF-8 SUBJECT e",
)

NOT_OPENED = tuple(c for c in COMMANDS
                   if not re.search("x-long|TEXT|MIME|DATE|FULL", c, re.I))


@pytest.fixture
def site(make_site):
    return make_site("sqlite")


def write(site, number, octets):
    name = "%s/cur/%d.M1P1.host:2,S" % (site.maildir(), 1600000000 + number)
    with open(name, "wb") as out:
        out.write(octets)
    os.chown(name, MAIL_UID, MAIL_UID)
    os.utime(name, (1600000000, 1600000000))
    return name


def put(site, messages):
    Client(site).cmd("LOGOUT")  # makes the folders
    return [write(site, *each) for each in enumerate(messages)]


def selected(site):
    client = Client(site)
    assert client.cmd("SELECT INBOX").status == "OK"
    return client


def ask(client, commands=COMMANDS):
    found = {}
    for command in commands:
        answer = client.cmd(command)
        assert answer.status == "OK", (command, answer.tagged)
        found[command] = answer.untagged
    return found


def check(client, wanted, how):
    for command, lines in ask(client, wanted).items():
        for mine, theirs in zip(lines, wanted[command]):
            assert mine == theirs, (how, command)
        assert len(lines) == len(wanted[command]), (how, command)


def without_index(site, commands=COMMANDS):
    site.conf(index="no")
    wanted = ask(selected(site), commands)
    site.conf(index="yes")
    return wanted


def test_same_answers(site):
    messages = ODD + [octets for _, octets in corpus()[::4]]
    put(site, messages)
    wanted = without_index(site)
    client = selected(site)
    check(client, wanted, "made, in this order")
    check(client, wanted, "known")
    check(selected(site), wanted, "known to another session")
    os.rename(site.maildir() + "/njiwa-index", site.folder + "/old-index")
    backwards = dict(reversed(wanted.items()))
    check(selected(site), backwards, "made, in another order")


def test_no_message_is_opened(site):
    files = put(site, ODD[:13])
    wanted = without_index(site, NOT_OPENED)
    check(selected(site), wanted, "made")
    for name in files:
        os.chown(name, 0, 0)
        os.chmod(name, 0)
    check(selected(site), wanted, "known")
    assert selected(site).cmd("FETCH 1 BODY.PEEK[]").status == "NO"


def test_damaged_text(site):
    put(site, ODD[:13])
    wanted = without_index(site)
    check(selected(site), wanted, "made")
    path = site.maildir() + "/njiwa-index/data.mdb"
    with open(path, "r+b") as file:
        octets = file.read()
        found = [at.start() for at in re.finditer(b"outer|caf|behind", octets)]
        assert len(found) > 3
        for at in found:
            file.seek(at)
            file.write(b")\r\n")
    client = selected(site)
    check(client, wanted, "damaged")
    check(client, wanted, "made again")


def test_another_message_of_that_uid(site):
    """Whoever writes the list anew gives a message's uid to another one."""
    put(site, ODD[:3])
    client = selected(site)
    ask(client, ["FETCH 1:* ENVELOPE"])
    client.cmd("LOGOUT")
    path = site.maildir() + "/dovecot-uidlist"
    with open(path, "rb") as file:
        octets = file.read()
    first, second = b":1600000000.M1P1.host", b":1600000005.M1P1.host"
    assert first in octets
    os.rename(site.maildir() + "/cur/1600000000.M1P1.host:2,S",
              site.maildir() + "/tmp/gone")
    write(site, 5, b"Subject: the other one\n\n")
    with open(path + ".new", "wb") as out:
        out.write(octets.replace(first, second))
    os.chown(path + ".new", MAIL_UID, MAIL_UID)
    os.rename(path + ".new", path)
    answer = selected(site).cmd("UID FETCH 1 ENVELOPE")
    assert b'"the other one"' in answer.untagged[0]
