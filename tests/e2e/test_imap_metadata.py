"""METADATA (RFC 5464): entries of mailboxes and of all mail."""
import os
import pathlib

import pytest

from disks import small_disk
from imap_client import Client
from test_bad_disk import fill

USE = "/private/specialuse"


@pytest.fixture
def client(lite):
    return Client(lite)


def got(client, arguments):
    """The METADATA responses without their beginning."""
    answer = client.cmd("GETMETADATA " + arguments)
    assert answer.status == "OK", (arguments, answer.tagged)
    return [line[len(b"* METADATA "):].decode() for line in answer.untagged]


def put(client, mailbox, entries):
    answer = client.cmd("SETMETADATA %s (%s)" % (mailbox, entries))
    assert answer.status == "OK", (entries, answer.tagged)


def test_set_and_get(lite, client):
    assert b"METADATA" in client.cmd("CAPABILITY").untagged[0].split()
    put(client, "INBOX", '/private/comment "My own" /shared/comment "all"')
    put(client, '""', '/private/vendor/x/y "\\"q\\""')
    assert got(client, "INBOX /private/comment") == [
        'INBOX (/private/comment "My own")']
    assert got(client, "inbox (/SHARED/comment /private/none)") == [
        'INBOX (/SHARED/comment "all" /private/none NIL)']
    assert got(client, '"" /private/vendor/x/y') == [
        '"" (/private/vendor/x/y "\\"q\\"")']
    answer = client.cmd("SETMETADATA INBOX (/private/comment {})",
                        "zwei\r\nZeilen ä".encode())
    assert answer.status == "OK"
    assert got(Client(lite), "INBOX /private/comment") == [
        "INBOX (/private/comment {15}\r\nzwei\r\nZeilen ä)"]
    put(client, "INBOX", "/private/comment NIL /shared/none NIL")
    assert got(client, "INBOX (/private/comment)") == [
        "INBOX (/private/comment NIL)"]
    # a mailbox that is selected, read-only too, is no other one
    client.cmd("EXAMINE INBOX")
    put(client, "INBOX", '/private/comment "new"')


def test_depth(client):
    for name in ("a", "a/b", "a/b/c", "ab"):
        put(client, "INBOX", '/private/%s "x"' % name)
    whole = ["/private/a", "/private/a/b", "/private/a/b/c"]
    for depth, names in (("0", whole[:1]), ("1", whole[:2]),
                         ("infinity", whole)):
        wanted = ["INBOX (%s)" % " ".join('%s "x"' % n for n in names)]
        for form in ("(DEPTH %s) INBOX /private/a",
                     "INBOX (DEPTH %s) (/private/a)",
                     "(depth %s) INBOX (/Private/A)"):
            assert [line.lower() for line in got(client, form % depth)] == [
                line.lower() for line in wanted], (form, depth)
    assert got(client, "(DEPTH infinity) INBOX /private/none") == []
    assert len(got(client, "(DEPTH 1) INBOX /private/a/b")[0].split()) == 5


def test_literals(client):
    """They may stand wherever a string may, and a literal8 may hold NUL."""
    assert client.cmd("SETMETADATA {} ({} {} /private/y NIL)", b"INBOX",
                      b"/private/x", b"v").status == "OK"
    answer = client.cmd("GETMETADATA {} ({} {})", b"INBOX", b"/private/x",
                        b"/private/y")
    assert answer.untagged == [
        b'* METADATA INBOX (/private/x "v" /private/y NIL)']
    assert client.cmd("SETMETADATA INBOX (/private/x ~{})",
                      b"a\0b\n").status == "OK"
    answer = client.cmd("GETMETADATA INBOX /private/x")
    assert answer.untagged == [
        b"* METADATA INBOX (/private/x ~{4}\r\na\0b\n)"]
    for text in ("(/private/x {})", "(~{} NIL)"):
        assert client.cmd("SETMETADATA INBOX " + text,
                          b"/private/\0").status == "BAD", text
    for text in ('(/private/x ~"a")', "(/private/x ~NIL)", "(/private/x ~)"):
        assert client.cmd("SETMETADATA INBOX " + text).status == "BAD", text


def test_maxsize(client):
    put(client, "INBOX", '/private/a "12345" /private/b "1234567"')
    answer = client.cmd("GETMETADATA (MAXSIZE 5 DEPTH 0) INBOX "
                        "(/private/a /private/b)")
    assert answer.code == "METADATA LONGENTRIES 7"
    assert answer.untagged == [b'* METADATA INBOX (/private/a "12345")']
    answer = client.cmd("GETMETADATA (MAXSIZE 4) INBOX "
                        "(/private/a /private/b)")
    assert answer.code == "METADATA LONGENTRIES 7"
    assert answer.untagged == []
    assert client.cmd("GETMETADATA (MAXSIZE 7) INBOX /private/b").code is None


def test_wrong(client):
    for text in ("GETMETADATA", "GETMETADATA INBOX", "GETMETADATA INBOX ()",
                 "GETMETADATA INBOX /other/a", "GETMETADATA INBOX /private/",
                 "GETMETADATA INBOX /private//a", "GETMETADATA INBOX (/private"
                 "/a", "GETMETADATA INBOX /private/a /private/b",
                 "GETMETADATA (DEPTH 2) INBOX /private/a",
                 "GETMETADATA (FOO 2) INBOX /private/a",
                 "GETMETADATA (MAXSIZE x) INBOX /private/a",
                 "GETMETADATA INBOX \"/private/a*\"",
                 "SETMETADATA", "SETMETADATA INBOX", "SETMETADATA INBOX ()",
                 "SETMETADATA INBOX (/private/a)",
                 "SETMETADATA INBOX (/private/a 5x(",
                 "SETMETADATA INBOX (/private/a bare)x",
                 "SETMETADATA INBOX (/else/a \"x\")"):
        assert client.cmd(text).status == "BAD", text
        client.cmd("NOOP")
    assert client.cmd("GETMETADATA nowhere /private/a").code == "NONEXISTENT"
    answer = client.cmd('SETMETADATA nowhere (/private/a "x")')
    assert answer.status == "NO" and answer.code == "NONEXISTENT"


def test_special_use(client):
    client.cmd("CREATE Sent")
    assert got(client, "Sent " + USE) == ['Sent (%s "\\\\Sent")' % USE]
    assert got(client, "INBOX " + USE) == ["INBOX (%s NIL)" % USE]
    put(client, "Sent", USE + ' "\\\\Sent"')
    put(client, "INBOX", USE + " NIL")
    for mailbox, value in (("Sent", '"\\\\Trash"'), ("Sent", "NIL"),
                           ("INBOX", '"\\\\Sent"')):
        answer = client.cmd("SETMETADATA %s (%s %s)" % (mailbox, USE, value))
        assert answer.status == "NO" and answer.code == "USEATTR"


def test_goes_with_its_folder(client):
    client.cmd("CREATE a")
    put(client, "a", '/private/x "1"')
    client.cmd("RENAME a b")
    assert got(client, "b /private/x") == ['b (/private/x "1")']
    client.cmd("DELETE b")
    client.cmd("CREATE b")
    assert got(client, "b /private/x") == ["b (/private/x NIL)"]


# ---- ceilings

def test_too_many(client):
    for start in range(0, 200, 50):
        put(client, "INBOX", " ".join('/private/%d "x"' % n
                                      for n in range(start, start + 50)))
    answer = client.cmd('SETMETADATA INBOX (/private/1 "y" /private/n "x")')
    assert answer.status == "NO" and answer.code == "METADATA TOOMANY"
    assert got(client, "INBOX (/private/1)") == ['INBOX (/private/1 "x")'], \
        "all or none"
    put(client, "INBOX", '/private/0 NIL /private/n "x"')


def test_too_large(client):
    limit = 32768
    answer = client.cmd("SETMETADATA INBOX (/private/a {})", b"x" * limit)
    assert answer.status == "OK"
    answer = client.cmd("SETMETADATA INBOX (/private/a {})",
                        b"x" * (limit + 1))
    assert answer.status == "NO"
    assert answer.code == "METADATA MAXSIZE %d" % limit
    assert len(client.cmd("GETMETADATA INBOX /private/a").literal()) == limit


# ---- bad days

def test_full_disk(lite):
    with small_disk(lite.data, "size=1m"):
        client = Client(lite)
        put(client, "INBOX", '/private/a "before"')
        fill(lite)
        answer = client.cmd("SETMETADATA INBOX (/private/a {})", b"x" * 30000)
        assert answer.status == "NO", answer.tagged
        assert got(client, "INBOX /private/a") == [
            'INBOX (/private/a "before")']
        os.unlink(lite.data + "/filler")
        put(client, "INBOX", '/private/a "after"')
        assert got(client, "INBOX /private/a") == [
            'INBOX (/private/a "after")']


def test_others_files(lite, client):
    """A file that somebody broke, a link, a directory in its place."""
    path = pathlib.Path(lite.maildir()) / "njiwa-metadata"
    put(client, "INBOX", '/private/a "1"')
    path.write_bytes(b"\0\xff\t\n/private/b\tx\n/private/c")
    assert got(client, "INBOX (/private/a /private/b)") == [
        'INBOX (/private/a NIL /private/b "x")']
    path.unlink()
    path.symlink_to("/etc/passwd")
    assert client.cmd("GETMETADATA INBOX /private/a").status == "NO"
    path.unlink()
    path.mkdir()
    assert client.cmd("GETMETADATA INBOX /private/a").status == "NO"
    assert client.cmd('SETMETADATA INBOX (/private/a "x")').status == "NO"
    path.rmdir()
    put(client, "INBOX", '/private/a "2"')
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    path.write_bytes(b"x" * (1 << 20) + b"y")
    assert client.cmd("GETMETADATA INBOX /private/a").status == "NO"


def test_two_at_once(lite, client):
    other = Client(lite)
    for n in range(20):
        put(client, "INBOX", '/private/a%d "x"' % n)
        put(other, "INBOX", '/private/b%d "x"' % n)
    names = " ".join("/private/%s%d" % (c, n) for c in "ab"
                     for n in range(20))
    assert "NIL" not in got(client, "INBOX (%s)" % names)[0]
