"""Parts of messages: BODYSTRUCTURE and BODY[1.2...], by the RFC's example and,
on messages that others wrote, by what Dovecot says of the same files."""
import os
import re

import pytest

from dovecot_under_test import dovecot
from imap_client import Client
from site_under_test import MAIL_UID
from test_corpus import corpus

MESSAGE = """\
From: a@example.org
Subject: outer
Content-Type: multipart/mixed; boundary="outer"

preamble
--outer
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit
Content-Language: en, fr

first
line
--outer
Content-Type: message/rfc822
Content-Description: a message

From: b@example.org
Subject: inner
Content-Type: multipart/alternative; boundary=inner

--inner

plain
--inner
Content-Type: text/html
Content-Disposition: inline; filename*0*=utf-8''a%20; filename*1=b.html

<p>html</p>
--inner--
--outer
Content-Type: message/rfc822

Subject: alone

body of it
--outer
Content-Type: application/octet-stream; name="x y.bin"
Content-Transfer-Encoding: base64
Content-ID: <id@example.org>
Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==
Content-Location: http://example.org/x

eHl6
--outer--
epilogue
"""


def put(site, messages, user="demo"):
    """Writes files into cur/, LF line ends, as another program would."""
    path = site.maildir(user)
    client = Client(site)
    client.cmd("LOGOUT")
    for number, octets in enumerate(messages):
        name = "%s/cur/%d.M1P1.host:2,S" % (path, 1600000000 + number)
        with open(name, "wb") as out:
            out.write(octets)
        os.chown(name, MAIL_UID, MAIL_UID)


@pytest.fixture
def selected(lite):
    put(lite, [MESSAGE.encode()])
    client = Client(lite)
    client.cmd("SELECT INBOX")
    return client


def fetch(client, item):
    return client.cmd("FETCH 1 (%s)" % item).untagged[0]


def test_structure(selected):
    assert fetch(selected, "BODYSTRUCTURE") == (
        b'* 1 FETCH (BODYSTRUCTURE (("text" "plain" ("charset" "utf-8") NIL '
        b'NIL "8bit" 11 1 NIL NIL ("en" "fr") NIL)("message" "rfc822" NIL NIL '
        b'"a message" "7bit" 241 (NIL "inner" ((NIL NIL "b" "example.org")) '
        b'((NIL NIL "b" "example.org")) ((NIL NIL "b" "example.org")) NIL NIL '
        b'NIL NIL NIL) (("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" '
        b'5 0 NIL NIL NIL NIL)("text" "html" ("charset" "us-ascii") NIL NIL '
        b'"7bit" 11 0 NIL '
        b'("inline" ("filename*" "utf-8\'\'a%20b.html")) NIL NIL) '
        b'"alternative" ("boundary" "inner") NIL NIL NIL) 12 NIL NIL NIL NIL)'
        b'("message" "rfc822" NIL NIL NIL "7bit" 28 (NIL "alone" NIL NIL NIL '
        b'NIL NIL NIL NIL NIL) ("text" "plain" ("charset" "us-ascii") NIL NIL '
        b'"7bit" 10 0 NIL NIL NIL NIL) 2 NIL NIL NIL NIL)("application" '
        b'"octet-stream" ("name" "x y.bin") "<id@example.org>" NIL "base64" 4 '
        b'"Q2hlY2sgSW50ZWdyaXR5IQ==" NIL NIL "http://example.org/x") "mixed" '
        b'("boundary" "outer") NIL NIL NIL))')
    plain = fetch(selected, "BODY")
    assert b'"8bit" 11 1)("message"' in plain
    assert (b'"html" ("charset" "us-ascii") NIL NIL "7bit" 11 0) '
            b'"alternative") 12)') in plain
    assert fetch(selected, "FULL").endswith(plain[len(b"* 1 FETCH ("):])


PARTS = {
    "1": b"first\r\nline",
    "1.MIME": b"Content-Type: text/plain; charset=utf-8\r\n"
              b"Content-Transfer-Encoding: 8bit\r\n"
              b"Content-Language: en, fr\r\n\r\n",
    "2.HEADER": b"From: b@example.org\r\nSubject: inner\r\n"
                b"Content-Type: multipart/alternative; boundary=inner\r\n\r\n",
    "2.HEADER.FIELDS (SUBJECT)": b"Subject: inner\r\n\r\n",
    "2.1": b"plain",
    "2.1.MIME": b"\r\n",
    "2.2": b"<p>html</p>",
    "3.TEXT": b"body of it",
    "3.1": b"body of it",
    "3.1.MIME": b"Subject: alone\r\n\r\n",
    "4": b"eHl6",
    "4<1.2>": b"Hl",
    "4<4.9>": b"",
}


def test_parts(selected):
    for section, octets in PARTS.items():
        name, at, rest = section.partition("<")
        item = "BODY.PEEK[%s]%s" % (name, at + rest)
        answer = selected.cmd("FETCH 1 (%s)" % item)
        assert answer.literal() == octets, section
        shown = ("BODY[%s]" % name) + (
            "<%s>" % rest.split(".")[0] if at else "")
        assert shown.encode() + b" {" in answer.untagged[0], section


def test_parts_that_are_not_there(selected):
    for section in ("5", "1.1", "1.HEADER", "2.3", "4.TEXT", "2.1.1",
                    "3.2", "1.HEADER.FIELDS (TO)"):
        answer = selected.cmd("FETCH 1 (BODY.PEEK[%s])" % section)
        assert answer.status == "OK", section
        assert answer.untagged[0].endswith(b"] NIL)"), section
    for section in ("0", "1.", "1..2", ".1", "MIME", "1.2.MIME.1", "01.x",
                    "4294967296", ".".join(["1"] * 101)):
        answer = selected.cmd("FETCH 1 (BODY.PEEK[%s])" % section)
        assert answer.status == "BAD", section
    long = ".".join(["1"] * 100)
    assert selected.cmd("FETCH 1 (BODY.PEEK[%s])" % long).status == "OK"


def test_part_of_a_message_without_parts(lite):
    put(lite, [b"Subject: x\n\nall of it\n"])
    client = Client(lite)
    client.cmd("SELECT INBOX")
    assert client.cmd("FETCH 1 BODY.PEEK[1]").literal() == b"all of it\r\n"
    assert client.cmd("FETCH 1 BODY.PEEK[1.MIME]").literal() == \
        b"Subject: x\r\n\r\n"
    assert b"NIL" in client.cmd("FETCH 1 BODY.PEEK[2]").untagged[0]


# ---- beside Dovecot

# Where we say another thing than Dovecot on purpose.
OTHERWISE = {
    # A type that is empty or cannot be read is text/plain, not "" "".
    "mime-bad-content-type.raw", "mime-blank-media-name.raw",
    "barren-content-type.raw", "empty-ctype-bad-content.raw", "msg_14.txt",
    # A multipart without a boundary is a text that can be read.
    "msg_25.txt", "msg_33.txt", "msg_41.txt",
    # A value that should have been quoted is taken whole.
    "mime-unquoted-tspecials-param.raw", "missing-closing-param-quote.raw",
    "unquoted-ctype-param-special.raw",
    # What is put behind an encoded section is encoded; charset* is a charset.
    "msg_29.txt", "msg_32.txt",
    # The line end before a boundary is never a part's.
    "dsn_13.txt", "dsn_14.txt",
    # Of two dispositions the first counts.
    "inlinemultipart.raw", "malformed-multiple-address-header-values.raw",
}
ODD = [
    b"Content-Type: multipart/mixed; boundary=b\n\nno part\n",
    b"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\n"
    b"hi\n--b--\n",
    b"Content-Type: TEXT/PLAIN; CHARSET=\"x\\\"y\"\n\nhi\n",
    b"Content-Type: text/plain (c); a=b (d)\nContent-Disposition: "
    b"attachment; filename=\"a;b\"\n\nhi\n",
    b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nA: x",
    b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
    b"multipart/mixed; boundary=c\n\n--c\n\nwithin\n--b\n\nout\n--b--\n",
]


def expressions(text):
    """A FETCH response as nested lists; quoting and literals undone."""
    token = re.compile(rb'\s*(?:(\()|(\))|"((?:\\.|[^"\\])*)"|\{(\d+)\}\r\n|'
                       rb'([^\s()"{]+))')
    stack, at = [[]], 0
    while at < len(text.rstrip()):
        found = token.match(text, at)
        assert found, text[at:at + 80]
        at = found.end()
        if found.group(1):
            stack.append([])
        elif found.group(2):
            done = stack.pop()
            stack[-1].append(done)
        elif found.group(4):
            size = int(found.group(4))
            stack[-1].append(text[at:at + size])
            at += size
        elif found.group(3) is not None:
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", found.group(3)))
        else:
            stack[-1].append(found.group(5))
    return stack[0]


def folded(tree):
    """Dovecot tells some names in lower case, as is its right."""
    if isinstance(tree, list):
        return [folded(branch) for branch in tree]
    return tree.lower()


def dovecot_says(site, count):
    """What Dovecot tells of each message's structure."""
    text = dovecot(site, "SELECT INBOX", "FETCH 1:* BODYSTRUCTURE")
    found = re.split(rb"(?m)^\* (\d+) FETCH ", text)
    found[-1] = found[-1][:found[-1].index(b"t1 OK")]
    assert len(found) == 2 * count + 1
    return found[2::2]


def test_as_dovecot(lite):
    names = ["odd %d" % i for i in range(len(ODD))]
    texts = list(ODD)
    for name, octets in corpus():
        if b"\0" not in octets:
            names.append(name)
            texts.append(octets)
    put(lite, texts)
    client = Client(lite)
    client.cmd("SELECT INBOX")
    ours = client.cmd("FETCH 1:* BODYSTRUCTURE").untagged
    assert len(ours) == len(texts)
    theirs = dovecot_says(lite, len(texts))
    bad = []
    for name, mine, other in zip(names, ours, theirs):
        mine = folded(expressions(mine[mine.index(b"FETCH ") + 6:]))
        other = folded(expressions(other))
        if os.path.basename(name) in OTHERWISE:
            continue
        if mine != other:
            bad.append((name, mine, other))
    for row in bad:
        print(row[0], "\n  njiwa  ", row[1], "\n  dovecot", row[2])
    assert not bad, [row[0] for row in bad]
