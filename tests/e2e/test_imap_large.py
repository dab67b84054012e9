"""Large and nasty messages: within the memory of a session, and answered."""
import os
import re

import pytest

from imap_client import Client

LIMIT_KB = 64 * 1024
DEPTH, PARTS, SIZE = 100, 100000, 100 << 20


def deep(depth):
    text = b"Subject: deep\n"
    for i in range(depth):
        text += (b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n"
                 % (i, i))
    return text + b"\nfound it\n"


def nested_messages(depth):
    return (b"Subject: m\nContent-Type: message/rfc822\n\n" * depth
            + b"Subject: last\n\nfound it\n")


def many(parts):
    return (b"Subject: many\nContent-Type: multipart/mixed; boundary=b\n\n"
            + b"--b\nContent-Type: text/plain; name=x\n\nfound it\n" * parts
            + b"--b--\n")


def large(size):
    line = b"0123456789abcdef" * 4 + b"\n"
    return (b"Subject: large\n\n" + line * (size // len(line))
            + b"found it\n")


def long_header(size):
    return (b"Subject: header\nX-Long: " + b"x\n y" * (size // 4)
            + b"\nTo: " + b"<a@b>, " * 100000 + b"\n\nfound it\n")


MESSAGES = {
    "deep": lambda: deep(DEPTH),
    "too deep": lambda: deep(DEPTH * 10),
    "messages": lambda: nested_messages(DEPTH),
    "many": lambda: many(PARTS),
    "large": lambda: large(SIZE),
    "header": lambda: long_header(20 << 20),
}

# A SEARCH in all texts, the structure, the envelope, decoded parts, sizes.
COMMANDS = (
    "FETCH 1 BODYSTRUCTURE", "FETCH 1 (BODY ENVELOPE RFC822.SIZE)",
    "FETCH 1 BINARY.SIZE[1]", "FETCH 1 BINARY.PEEK[1]<0.1000>",
    "FETCH 1 BODY.PEEK[1]<0.1000>", "FETCH 1 BODY.PEEK[TEXT]<5.10>",
    "SORT (SUBJECT FROM) UTF-8 ALL", "THREAD REFERENCES UTF-8 ALL",
    "FETCH 1 PREVIEW")


def data_kb(site):
    sizes = []
    for pid in site.running():
        with open("/proc/%d/status" % pid) as file:
            sizes += [int(found) for found in re.findall(
                r"VmData:\s+(\d+)", file.read())]
    return max(sizes)


@pytest.mark.parametrize("kind", sorted(MESSAGES))
def test_answers(plain_build, make_site, kind):
    site = make_site("sqlite")
    site.conf(session_memory="64M")
    client = Client(site)
    client.sock.settimeout(120)
    path = site.maildir() + "/cur/1.M1P1.h:2,S"
    with open(path, "wb") as out:
        out.write(MESSAGES[kind]())
    os.chown(path, 8, 8)
    assert client.cmd("SELECT INBOX").find("1 EXISTS")
    for command in COMMANDS:
        got = client.cmd(command)
        assert got.status == "OK", (command, got.tagged)
        assert data_kb(site) < LIMIT_KB, command
    # what is beyond the ceiling is data, in which nobody looks for words
    found = b"" if kind == "too deep" else b" 1"
    assert client.cmd("SEARCH TEXT found").untagged == [b"* SEARCH" + found]
    assert client.cmd('SEARCH BODY "nowhere at all"').untagged == [
        b"* SEARCH"]
    client.cmd("CREATE copies")
    got = client.cmd("APPEND copies CATENATE (URL /INBOX/;UID=1/;SECTION=1"
                     "/;PARTIAL=0.100)")
    assert got.status == "OK", got.tagged
    assert client.cmd("NOOP").status == "OK"


def test_append_of_a_hundred_megabytes(plain_build, make_site):
    """Octets go to the disk as they come."""
    site = make_site("sqlite")
    site.conf(session_memory="64M", imap_append_max="120M")
    client = Client(site)
    client.sock.settimeout(120)
    head = (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
            b"Content-Transfer-Encoding: binary\r\n\r\n")
    tail = b"\r\n--b--\r\n"
    block = bytes(range(256)) * 4096
    for kind in (b"~", b""):
        size = len(head) + len(tail) + 100 * len(block)
        client.send(b"a APPEND INBOX %s{%d+}\r\n" % (kind, size))
        client.send(head)
        for _ in range(100):
            client.send(block if kind else block.replace(b"\0", b" "))
        client.send(tail + b"\r\n")
        assert client.finish(b"a").status == "OK"
        assert data_kb(site) < LIMIT_KB
    client.cmd("SELECT INBOX")
    assert client.cmd("FETCH 1 BINARY.SIZE[1]").find(
        "[1] %d)" % (100 * len(block)))
    got = client.cmd("FETCH 1 BINARY.PEEK[1.MIME]")
    assert got.status == "BAD"
    client.send(b"b FETCH 1 BINARY.PEEK[1]<%d.300>\r\n" % (99 * len(block)))
    line = client.line()
    assert line.endswith(b" ~{300}\r\n"), line
