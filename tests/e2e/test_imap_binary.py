"""FETCH BINARY (RFC 3516): parts without their transfer encoding."""
import base64
import os
import quopri
import re

import pytest

from imap_client import Client

BACK_ENDS = ["sqlite"]
OCTETS = bytes(range(256)) * 40
TEXT = "Grüße\r\nfrom = here  \r\n" * 30
QP = quopri.encodestring(TEXT.replace("\r\n", "\n").encode()).replace(
    b"\n", b"\r\n")
B64 = base64.encodebytes(OCTETS).replace(b"\n", b"\r\n")
INNER = (b"Subject: inner\r\nContent-Transfer-Encoding: base64\r\n\r\n"
         + base64.b64encode(b"within\r\n") + b"\r\n")
MESSAGE = (
    b"Subject: b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + QP +
    b"\r\n--b\r\nContent-Type: image/x\r\n"
    b"Content-Transfer-Encoding: BASE64\r\n\r\n" + B64 +
    b"\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + INNER +
    b"\r\n--b\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nzzz"
    b"\r\n--b\r\n\r\nplain"
    b"\r\n--b--\r\n")


@pytest.fixture
def client(site):
    client = Client(site)
    client.append(MESSAGE)
    client.cmd("SELECT INBOX")
    return client


def read(client, item):
    """The label and the octets of the one item that is told."""
    tag = client.tag()
    client.send(tag + b" UID FETCH 1 " + item.encode() + b"\r\n")
    line = client.line()
    while b"FETCH" not in line:
        line = client.line()
    found = re.match(rb"\* 1 FETCH \(UID 1 (\S+) (~?)\{(\d+)\}\r\n$", line)
    assert found, line
    size = int(found.group(3))
    while len(client.buffer) < size:
        client.fill()
    octets, client.buffer = client.buffer[:size], client.buffer[size:]
    assert client.line() == b")\r\n"
    assert client.finish(tag).status == "OK"
    assert (found.group(2) == b"~") == (b"\0" in octets)
    return found.group(1).decode(), octets


@pytest.mark.parametrize("section,want", [
    ("1", TEXT.encode()),
    ("2", OCTETS),
    ("3", INNER),
    ("3.1", b"within\r\n"),
    ("5", b"plain"),
    ("", MESSAGE),
])
def test_sections(client, section, want):
    label, got = read(client, "BINARY.PEEK[%s]" % section)
    assert label == "BINARY[%s]" % section and got == want
    assert client.cmd("FETCH 1 BINARY.SIZE[%s]" % section).untagged == [
        b"* 1 FETCH (BINARY.SIZE[%s] %d)" % (section.encode(), len(want))]


def test_partial(client):
    """In pieces of any length, forwards, backwards, past the end."""
    for step in (1000, 4096, 7777, 20000):
        got = b""
        while len(got) < len(OCTETS):
            label, piece = read(
                client, "BINARY.PEEK[2]<%d.%d>" % (len(got), step))
            assert label == "BINARY[2]<%d>" % len(got)
            assert len(piece) == min(step, len(OCTETS) - len(got))
            got += piece
        assert got == OCTETS
    for at in (9000, 5000, 100, 0):
        assert read(client, "BINARY.PEEK[2]<%d.50>" % at)[1] == \
            OCTETS[at:at + 50]
        assert read(client, "BINARY.PEEK[1]<%d.50>" % at)[1] == \
            TEXT.encode()[at:at + 50]
    assert read(client, "BINARY.PEEK[2]<99999999.5>")[1] == b""


def test_seen(client):
    client.cmd("STORE 1 -FLAGS (\\Seen)")
    for item, sees in (("BINARY.PEEK[1]", False), ("BINARY.SIZE[1]", False),
                       ("BINARY[1]", True)):
        client.cmd("FETCH 1 " + item)
        assert bool(client.cmd("FETCH 1 FLAGS").find("\\Seen")) == sees, item


def test_unknown_encoding(client):
    client.append(MESSAGE.replace(b"x-uuencode", b"8bit"))
    client.cmd("NOOP")
    for item in ("BINARY.PEEK[4]", "BINARY.SIZE[4]"):
        got = client.cmd("FETCH 1:2 " + item)
        assert got.status == "NO" and got.code == "UNKNOWN-CTE"
        assert len(got.untagged) == 1 and got.find("* 2 FETCH")
    assert client.cmd("FETCH 1 BODY.PEEK[4]").literal() == b"zzz"
    client.cmd("FETCH 1 BINARY[4]")
    assert not client.cmd("FETCH 1 FLAGS").find("\\Seen")


def test_what_is_not_there(client):
    assert client.cmd("FETCH 1 BINARY.PEEK[9]").untagged == [
        b"* 1 FETCH (BINARY[9] NIL)"]
    assert client.cmd("FETCH 1 BINARY.SIZE[9]").untagged == [
        b"* 1 FETCH (BINARY.SIZE[9] 0)"]


@pytest.mark.parametrize("item", [
    "BINARY", "BINARY.SIZE", "BINARY[TEXT]", "BINARY[1.MIME]", "BINARY[HEADER]",
    "BINARY.SIZE[1]<0.1>", "BINARY[1]<0.0>", "BINARY[0]", "BINARY[1",
    "BINARY.FOO[1]"])
def test_refusals(client, item):
    assert client.cmd("FETCH 1 " + item).status == "BAD"


def test_capability(client):
    assert client.cmd("CAPABILITY").find(" BINARY ")


def test_lf_on_disk_and_broken_base64(site):
    """As other programs leave it: a Maildir's line ends, text without end."""
    text = (b"Content-Transfer-Encoding: base64\n\nYWJj\n  ZGVm\n!!Z2hp\nZ")
    path = site.maildir()
    client = Client(site)
    with open(path + "/cur/1.M1P1.h:2,S", "wb") as out:
        out.write(text)
    os.chown(path + "/cur/1.M1P1.h:2,S", 8, 8)
    client.cmd("SELECT INBOX")
    assert read(client, "BINARY.PEEK[1]")[1] == b"abcdefghi"


def resident(site):
    """KB of data of each session, by its process."""
    out = {}
    for pid in site.running():
        with open("/proc/%d/status" % pid) as file:
            out[pid] = int(re.search(r"VmData:\s+(\d+)", file.read()).group(1))
    return out


def test_memory(plain_build, site):
    """A hundred megabytes, in pieces and whole: the session's data stays
    small, and the last piece costs no more than the first."""
    site.conf(session_memory="64M")
    path = site.maildir()
    client = Client(site)
    line = base64.b64encode(b"x" * 57) + b"\n"
    count = 100 * 1024 * 1024 // len(line)
    with open(path + "/cur/1.M1P1.h:2,S", "wb") as out:
        out.write(b"Content-Transfer-Encoding: base64\n\n" + line * count)
    os.chown(path + "/cur/1.M1P1.h:2,S", 8, 8)
    assert client.cmd("SELECT INBOX").find("1 EXISTS")
    size = 57 * count
    assert client.cmd("FETCH 1 BINARY.SIZE[1]").find("[1] %d)" % size)
    for at in (0, 1 << 20, size - 10):
        got = client.cmd("FETCH 1 BINARY.PEEK[1]<%d.65536>" % at)
        assert got.literal() == b"x" * min(65536, size - at)
    assert max(resident(site).values()) < 40000
    tag = client.tag()
    client.send(tag + b" FETCH 1 BINARY.PEEK[1]\r\n")
    got = 0
    end = b""
    while tag + b" OK" not in end:
        piece = client.sock.recv(1 << 20)
        assert piece
        got += len(piece)
        end = (end + piece)[-200:]
    assert got > size
    assert max(resident(site).values()) < 40000
