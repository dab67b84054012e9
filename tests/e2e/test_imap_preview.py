"""FETCH PREVIEW (RFC 8970)."""
from imap_client import Client
from test_corpus import corpus
from test_imap_structure import put


MESSAGES = [
    b"Subject: a\n\nHello there,\n\n> what you said\n\nyes.\n-- \nAnn\n",
    b"Subject: b\nContent-Type: text/html; charset=iso-8859-1\n\n"
    b"<style>p{}</style><p>Gr\xfc\xdfe</p>\n",
    b"Subject: c\nContent-Type: image/png\n\nxx\n",
    b"Subject: big\n\nshort\n" + b"> " + b"x" * 70000 + b"\n",
]


def test_preview(lite):
    put(lite, MESSAGES)
    client = Client(lite)
    assert b"PREVIEW" in client.cmd("CAPABILITY").untagged[0].split()
    client.cmd("SELECT INBOX")
    answer = client.cmd("FETCH 1:4 PREVIEW")
    assert answer.untagged == [
        b'* 1 FETCH (PREVIEW "Hello there, yes.")',
        b"* 2 FETCH (PREVIEW {7}\r\nGr\xc3\xbc\xc3\x9fe)",
        b'* 3 FETCH (PREVIEW "")',
        b'* 4 FETCH (PREVIEW "short")']
    client.cmd("STORE 1 -FLAGS (\\Seen)")
    client.cmd("FETCH 1 PREVIEW")
    assert not client.cmd("FETCH 1 FLAGS").find("Seen")
    answer = client.cmd("FETCH 1 (PREVIEW (LAZY) FLAGS)")
    assert answer.find('PREVIEW "Hello there, yes.")')
    for text in ("PREVIEW (FOO)", "PREVIEW ()", "(PREVIEW (LAZY)", "LAZY"):
        assert client.cmd("FETCH 1 " + text).status == "BAD", text


def test_lazy_reads_nothing_large(lite):
    """What is not kept and would take long is NIL."""
    put(lite, MESSAGES)
    client = Client(lite)
    client.cmd("SELECT INBOX")
    assert client.cmd("FETCH 4 PREVIEW (LAZY)").untagged == [
        b"* 4 FETCH (PREVIEW NIL)"]
    client.cmd("FETCH 4 PREVIEW")
    assert client.cmd("FETCH 4 PREVIEW (LAZY)").untagged == [
        b'* 4 FETCH (PREVIEW "short")']


def test_as_others_write(lite):
    """A line of at most 200 characters, whatever the message is."""
    put(lite, [octets for _, octets in corpus()][:300])
    client = Client(lite)
    client.cmd("SELECT INBOX")
    answer = client.cmd("FETCH 1:* PREVIEW")
    assert answer.status == "OK"
    seen = 0
    for line in answer.untagged:
        if b" FETCH (PREVIEW " not in line:
            continue
        text = line.split(b" FETCH (PREVIEW ", 1)[1][:-1]
        if text.startswith(b"{"):
            text = text.split(b"\r\n", 1)[1]
        text = text.decode()
        assert len(text) <= 402 and not set(text) & set("\r\n\t\0"), text
        seen += len(text) > 4
    assert seen > 50
