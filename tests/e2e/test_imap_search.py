"""SEARCH in fields and texts, decoded and in any case; and what Dovecot finds
on the same messages."""
import email.utils
import re

import pytest

from dovecot_under_test import dovecot
from imap_client import Client
from test_corpus import corpus
from test_imap_structure import put

MESSAGES = [
    b"From: Andr\xc3\xa9 <a@example.org>\nTo: demo@test.dev\n"
    b"Subject: =?iso-8859-1?q?Gr=FC=DFe?= aus\n =?utf-8?b?S8O2bG4=?=\n"
    b"Date: Thu, 31 Dec 2020 23:30:00 -0500\n\nplain body\n",
    b"From: b@example.org\nCc: c@example.org\nSubject: two\n"
    b"Content-Type: text/plain; charset=koi8-r\n"
    b"Content-Transfer-Encoding: quoted-printable\n"
    b"Date: Fri, 1 Jan 2021 00:30:00 +0100\n\n=F0=D2=C9=D7=C5=D4 mir\n",
    b"From: c@example.org\nSubject: three\nBcc: hidden@example.org\n"
    b"X-Spam-Flag:\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
    b"Content-Transfer-Encoding: base64\n\naW4gYmFzZTY0\n--b\n"
    b"Content-Type: application/octet-stream; name=needle.bin\n\nneedle\n"
    b"--b--\n",
]


@pytest.fixture
def client(lite):
    put(lite, MESSAGES)
    client = Client(lite)
    client.cmd("SELECT INBOX")
    return client


def found(client, keys, *literals):
    """The numbers; each {} of keys is a literal."""
    answer = client.cmd("SEARCH " + keys, *literals)
    assert answer.status == "OK", (keys, answer.tagged)
    return [int(n) for n in answer.find("* SEARCH").split()[2:]]


KEYS = {
    "SUBJECT two": [2],
    "SUBJECT TWO": [2],
    "FROM example.org": [1, 2, 3],
    "CC c@": [2],
    "BCC hidden": [3],
    "TO demo": [1],
    "HEADER X-Spam-Flag \"\"": [3],
    "HEADER Subject e": [1, 3],
    "BODY \"plain body\"": [1],
    "BODY MIR": [2],
    "BODY base64": [3],
    "TEXT base64": [3],
    "BODY needle": [],
    "TEXT needle.bin": [3],
    "TEXT \"in base64\"": [3],
    "BODY \"\"": [1, 2, 3],
    "SENTON 31-Dec-2020": [1],
    "SENTON 1-Jan-2021": [2],
    "SENTSINCE 1-Jan-2021": [2],
    "SENTBEFORE 1-Jan-2021": [1],
    "NOT BODY body": [2, 3],
    "OR SUBJECT two BODY plain": [1, 2],
    "2:3 (OR FROM b@ FROM c@) UNDELETED": [2, 3],
    "CHARSET UTF-8 SUBJECT three": [3],
}


def test_keys(client):
    for keys, numbers in KEYS.items():
        assert found(client, keys) == numbers, keys


def test_charsets(client):
    privet = "привет"
    for charset, text, numbers in (
            ("UTF-8", "KÖLN", [1]), ("UTF-8", "grüsse aus köln", [1]),
            ("ISO-8859-1", "Köln", [1]), ("UTF-8", privet.upper(), [2]),
            ("KOI8-R", privet, [2]), ("UTF-8", "André", [1])):
        literal = text.encode(charset)
        assert found(client, "CHARSET %s TEXT {}" % charset,
                     literal) == numbers, text
    got = client.cmd("SEARCH CHARSET X-KLINGON TEXT a")
    assert got.status == "NO" and got.code.startswith("BADCHARSET (")


def test_wrong(client):
    for keys in ("SUBJECT", "HEADER To", "SENTON x", "BODY", "TEXT (a)",
                 "CHARSET UTF-8", "SUBJECT a b"):
        assert client.cmd("SEARCH " + keys).status == "BAD", keys


def test_uids_and_what_is_gone(lite, client):
    other = Client(lite)
    other.cmd("SELECT INBOX")
    other.cmd("STORE 2 +FLAGS (\\Deleted)")
    other.cmd("EXPUNGE")
    assert found(client, "TEXT example.org") == [1, 3]
    client.cmd("NOOP")
    answer = client.cmd("UID SEARCH FROM example.org")
    assert answer.find("* SEARCH 1 3")


def test_a_hundred_megabytes(lite):
    """It is looked through within the session's memory."""
    lite.conf(session_memory="64M")
    line = b"x" * 75 + b"\n"
    put(lite, [b"Subject: big\nContent-Transfer-Encoding: base64\n\n" +
               line * 700000 + b"\n",
               b"Subject: plain\n\n" + line * 1400000 + b"at the end\n"])
    client = Client(lite)
    client.cmd("SELECT INBOX")
    assert found(client, "BODY \"at the end\"") == [2]
    assert found(client, "BODY \"not there\"") == []


WORDS = ("the", "undeliverable", "mailer-daemon", "ätten", "quoted",
         "Delivery", "bounce", "日本", "pdf", "image", "é")


# What we find and Dovecot does not, on purpose: Latin-1 that calls itself
# US-ASCII; a part whose type cannot be read, which is a text.  And the other
# way round a date with the month before the day.
OTHERWISE = ("chardet-success-iso-8859-1.raw", "empty-ctype-bad-content.raw",
             "yahoo_02.txt")


def is_compared(name, octets):
    """Without a date, or with one that nobody can read, a message was sent on
    no day for us, and in 1970 for Dovecot."""
    date = re.search(rb"(?mi)^date: *(.*)", octets)
    return (b"\0" not in octets and not name.endswith(OTHERWISE) and date and
            email.utils.parsedate(date.group(1).decode("latin-1")))


def test_as_dovecot(lite):
    """On mail that others wrote."""
    texts = [octets for name, octets in corpus() if is_compared(name, octets)]
    assert len(texts) > 100
    put(lite, texts)
    client = Client(lite)
    client.cmd("SELECT INBOX")
    commands = []
    for word in WORDS:
        size = len(word.encode())
        for key in ("SUBJECT", "FROM", "BODY", "HEADER Received"):
            commands.append("SEARCH CHARSET UTF-8 %s {%d+}\r\n%s" % (
                key, size, word))
    commands += ["SEARCH SENT%s 1-Jan-2008" % when
                 for when in ("BEFORE", "SINCE")]
    text = dovecot(lite, "SELECT INBOX", *commands)
    theirs = [line.split()[2:] for line in re.findall(
        rb"(?m)^\* SEARCH[^\r]*", text)]
    assert len(theirs) == len(commands)
    bad = []
    for command, wanted in zip(commands, theirs):
        ours = client.cmd(command).find("* SEARCH").split()[2:]
        if ours != wanted:
            bad.append((command, set(ours) ^ set(wanted)))
    assert not bad, bad


# ---- what is wanted of the result

def extended(client, text):
    """The ESEARCH response but for its tag, and the reply's status."""
    answer = client.cmd(text)
    line = answer.find("* ESEARCH")
    if line:
        tag = answer.tagged.split(b" ")[0]
        head = b'* ESEARCH (TAG "%s")' % tag
        assert line.startswith(head), line
        line = line[len(head):].decode().strip()
    return answer.status, line


def test_return(lite, client):
    for keys, wanted in (
            ("RETURN () ALL", "ALL 1:3"),
            ("RETURN (ALL) FROM example.org", "ALL 1:3"),
            ("RETURN (MIN) ALL", "MIN 1"), ("RETURN (MAX) ALL", "MAX 3"),
            ("RETURN (MIN MAX COUNT) NOT 2", "MIN 1 MAX 3 COUNT 2"),
            ("RETURN (ALL COUNT) NOT 2", "ALL 1,3 COUNT 2"),
            ("RETURN (COUNT) SUBJECT nothing", "COUNT 0"),
            ("RETURN (MIN MAX ALL) SUBJECT nothing", ""),
            ("RETURN (MIN) CHARSET UTF-8 2", "MIN 2")):
        assert extended(client, "SEARCH " + keys) == ("OK", wanted), keys
    client.cmd("STORE 1 +FLAGS (\\Deleted)")
    client.cmd("EXPUNGE")
    assert extended(client, "UID SEARCH RETURN (ALL COUNT) ALL") == (
        "OK", "UID ALL 2:3 COUNT 2")
    for keys in ("RETURN (FOO) ALL", "RETURN ALL", "RETURN (MIN)",
                 "RETURN (MIN MAX"):
        assert client.cmd("SEARCH " + keys).status == "BAD", keys


def test_saved(lite, client):
    assert extended(client, "SEARCH RETURN (SAVE) NOT 2") == ("OK", None)
    assert extended(client, "SEARCH RETURN (ALL) $") == ("OK", "ALL 1,3")
    assert found(client, "$ SUBJECT three") == [3]
    assert len(client.cmd("FETCH $ UID").all("FETCH")) == 2
    assert len(client.cmd("UID FETCH $ FLAGS").all("FETCH")) == 2
    assert extended(client, "SEARCH RETURN (MIN SAVE) 2:3") == ("OK", "MIN 2")
    assert found(client, "UID $") == [2]
    client.cmd("SEARCH RETURN (SAVE) ALL")
    assert client.cmd("SEARCH RETURN (SAVE) FOO").status == "BAD"
    assert found(client, "$") == [1, 2, 3], "a mistake changes nothing"
    client.cmd("STORE 2 +FLAGS (\\Deleted)")
    client.cmd("EXPUNGE")
    assert found(client, "$") == [1, 2], "what is gone is not in it"
    assert client.cmd("COPY $ INBOX").status == "OK"
    answer = client.cmd("SEARCH RETURN (SAVE) CHARSET X-KLINGON ALL")
    assert answer.status == "NO" and found(client, "$") == []
    assert client.cmd("FETCH $ FLAGS").status == "OK"
    client.cmd("SEARCH RETURN (SAVE) ALL")
    client.cmd("SELECT INBOX")
    assert found(client, "$") == []
    assert client.cmd("FETCH 1,$ FLAGS").status == "BAD"


def test_within(client):
    # put gives files of now, whatever their names say
    assert found(client, "YOUNGER 3600") == [1, 2, 3]
    assert found(client, "OLDER 3600") == []
    assert client.cmd("SEARCH YOUNGER x").status == "BAD"
