"""The response codes of RFC 5530 and its like: each NO has the one that a
program can act by, and no BAD or OK has one that is not its."""
import glob
import os
import re

import pytest

from imap_client import Client

BACK_ENDS = ["sqlite"]
SIMPLE = b"Subject: x\r\n\r\nbody\r\n"
HERE = os.path.dirname(os.path.abspath(__file__))


@pytest.fixture
def client(site):
    client = Client(site)
    for _ in range(3):
        client.append(SIMPLE)
    client.cmd("CREATE box")
    client.cmd("CREATE above/below")
    client.cmd("SELECT INBOX")
    return client


ANSWERS = [
    ("SELECT nowhere", "NO", "NONEXISTENT"),
    ("EXAMINE nowhere", "NO", "NONEXISTENT"),
    ("STATUS nowhere (MESSAGES)", "NO", "NONEXISTENT"),
    ("DELETE nowhere", "NO", "NONEXISTENT"),
    ("RENAME nowhere else", "NO", "NONEXISTENT"),
    ("GETQUOTAROOT nowhere", "NO", "NONEXISTENT"),
    ("GETQUOTA nowhere", "NO", "NONEXISTENT"),
    ("UID REPLACE 99 INBOX {}", "NO", "NONEXISTENT"),
    ("CREATE box", "NO", "ALREADYEXISTS"),
    ("CREATE inbox", "NO", "ALREADYEXISTS"),
    ("RENAME box above/below", "NO", "ALREADYEXISTS"),
    ("DELETE above", "NO", "HASCHILDREN"),
    ("DELETE INBOX", "NO", "CANNOT"),
    ('CREATE ""', "NO", "CANNOT"),
    ("CREATE ../x", "NO", "CANNOT"),
    ("CREATE &x", "NO", "CANNOT"),
    ("CREATE " + "x" * 300, "NO", "CANNOT"),
    ("RENAME box ../x", "NO", "CANNOT"),
    ("RENAME above above/below/x", "NO", "CANNOT"),
    ("APPEND INBOX {}", "NO", "CANNOT"),  # a message with NUL, see below
    ("APPEND nowhere {}", "NO", "TRYCREATE"),
    ("COPY 1 nowhere", "NO", "TRYCREATE"),
    ("UID MOVE 1 nowhere", "NO", "TRYCREATE"),
    ("CREATE new (USE (\\Sent))", "NO", "USEATTR"),
    ('SETQUOTA "" (STORAGE 1)', "NO", "NOPERM"),
    ("SEARCH CHARSET x-none ALL", "NO", "BADCHARSET (UTF-8 US-ASCII)"),
    ("SORT (DATE) x-none ALL", "NO", "BADCHARSET (UTF-8 US-ASCII)"),
    ("THREAD REFS x-none ALL", "NO", "BADCHARSET (UTF-8 US-ASCII)"),
    ("STORE 1 +FLAGS (%s)" % " ".join("k%d" % i for i in range(26)), "OK",
     None),
    ("FETCH 1 FOO", "BAD", None),
    ("FETCH 9 FLAGS", "BAD", None),
    ("NOSUCH", "BAD", None),
    ("COMPRESS FOO", "NO", "CANNOT"),
    ("SELECT box", "OK", "READ-WRITE"),
    ("EXAMINE box", "OK", "READ-ONLY"),
    ("CHECK", "OK", None),
]


@pytest.mark.parametrize("command,status,code", ANSWERS)
def test_answers(client, command, status, code):
    octets = b"Subject: a\0b\r\n\r\n" if code == "CANNOT" else SIMPLE
    got = client.cmd(command, *([octets] if "{}" in command else []))
    assert (got.status, got.code) == (status, code), got.tagged


@pytest.mark.parametrize("command", [
    "STORE 1 +FLAGS (\\Seen)", "UID STORE 1 +FLAGS (\\Seen)", "EXPUNGE",
    "UID EXPUNGE 1", "MOVE 1 box", "UID MOVE 1 box"])
def test_read_only(client, command):
    client.cmd("EXAMINE INBOX")
    got = client.cmd(command)
    assert (got.status, got.code) == ("NO", "READ-ONLY")


def test_expunged(site, client):
    other = Client(site)
    other.cmd("SELECT INBOX")
    other.cmd("STORE 2 +FLAGS (\\Deleted)")
    other.cmd("EXPUNGE")
    for command in ("FETCH 1:3 BODY.PEEK[]", "STORE 2 +FLAGS (\\Seen)"):
        got = client.cmd(command)
        assert (got.status, got.code) == ("NO", "EXPUNGEISSUED"), command


def test_too_many_keywords(client):
    words = " ".join("k%d" % i for i in range(26))
    assert client.cmd("STORE 1 +FLAGS (%s)" % words).status == "OK"
    got = client.cmd("STORE 1 +FLAGS (another)")
    assert (got.status, got.code) == ("NO", "LIMIT")


def test_before_login(site):
    client = Client(site, user=None)
    got = client.cmd("LOGIN demo@test.dev wrong")
    assert (got.status, got.code) == ("NO", "AUTHENTICATIONFAILED")
    got = client.cmd("AUTHENTICATE NOSUCH")
    assert (got.status, got.code) == ("NO", "CANNOT")
    assert client.cmd("SELECT INBOX").status == "BAD"


def test_each_no_has_a_code():
    """In the source: whoever says NO says why."""
    found = 0
    for path in glob.glob(HERE + "/../../cmd/imapd/*.c"):
        with open(path) as file:
            text = file.read()
        for call in re.findall(r"conn_no\(([^;]*)\);", text):
            if call.startswith("struct conn"):
                continue
            found += 1
            assert not re.match(r"[^,]*,\s*NULL", call), (path, call)
    assert found > 30
