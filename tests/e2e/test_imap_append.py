"""What APPEND takes beside one literal: several messages (RFC 3502), parts of
other messages (RFC 4469, RFC 5550), binary ones (RFC 3516); their limits
(RFC 7888, RFC 7889); and REPLACE (RFC 8508)."""
import os
import re
import socket

import pytest

import servers
from imap_client import Client

BACK_ENDS = ["sqlite"]
SIMPLE = b"Subject: x\r\n\r\nbody\r\n"
MIXED = (b"Subject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
         b"--b\r\n\r\nfirst\r\n--b\r\nContent-Type: text/html\r\n"
         b"Content-ID: <x>\r\n\r\n<p>second</p>\r\n--b--\r\n")
MESSAGES_MAX = 200  # APPEND_MESSAGES_MAX
PARTS_MAX = 1000    # CATENATE_PARTS_MAX


@pytest.fixture
def client(site):
    return Client(site)


def literal(text, plus=b"+"):
    return b"{%d%s}\r\n%s" % (len(text), plus, text)


def say(client, text):
    """A command whose literals are in it already."""
    tag = client.tag()
    client.send(tag + b" " + text + b"\r\n")
    return client.finish(tag)


def bodies(client, mailbox="INBOX"):
    client.cmd("EXAMINE " + mailbox)
    return [Only(line).text for line in
            client.cmd("UID FETCH 1:* BODY.PEEK[]").untagged]


class Only:
    def __init__(self, line):
        found = re.search(rb"\{(\d+)\}\r\n", line)
        self.text = line[found.end():found.end() + int(found.group(1))]


def catenate(client, parts, mailbox=b"INBOX", before=b""):
    return say(client, b"APPEND %s %sCATENATE (%s)"
               % (mailbox, before, b" ".join(parts)))


def test_many_one_after_another(client, site):
    """Into the selected mailbox: what one session and another see is the same,
    and nothing is left in tmp."""
    other, tmp = Client(site), site.maildir() + "/tmp"
    client.cmd("SELECT INBOX")
    other.cmd("SELECT INBOX")
    for n in range(1, 31):
        text = b"Subject: %d\r\n\r\nbody\r\n" % n
        got = client.append(text)
        assert got.status == "OK" and got.code.endswith(" %d" % n)
        assert got.find("* %d EXISTS" % n)
        if n % 10 == 0:
            assert other.cmd("NOOP").find("* %d EXISTS" % n)
    whole = "UID FETCH 1:* (UID FLAGS MODSEQ BODY.PEEK[HEADER])"
    assert client.cmd(whole).untagged == other.cmd(whole).untagged
    assert len(os.listdir(tmp)) == 1  # the lock's file
    client.cmd("LOGOUT")
    other.cmd("LOGOUT")
    servers.wait_for("an empty tmp", lambda: not os.listdir(tmp))


# ---- several messages


def test_multiappend(client):
    got = say(client, b"APPEND INBOX (\\Seen) " + literal(SIMPLE) +
              b' (one $two) "01-Jan-2020 00:00:00 +0000" ' + literal(MIXED) +
              b" " + literal(b"c: d\r\n\r\n"))
    assert got.status == "OK"
    found = re.fullmatch(r"APPENDUID (\d+) 1:3", got.code)
    assert found
    client.cmd("SELECT INBOX")
    got = client.cmd("FETCH 1:* (UID FLAGS INTERNALDATE)").untagged
    assert b"FLAGS (\\Seen" in got[0] and b"UID 1 " in got[0]
    assert b"one" in got[1] and b"$two" in got[1]
    assert b'" 1-Jan-2020 00:00:00 +0000"' in got[1]
    assert bodies(client) == [SIMPLE, MIXED, b"c: d\r\n\r\n"]


def test_multiappend_asked_for(client):
    """Each synchronizing literal is asked for."""
    tag = client.tag()
    client.send(tag + b" APPEND INBOX {%d}\r\n" % len(SIMPLE))
    assert client.response().startswith(b"+ ")
    client.send(SIMPLE + b" {%d}\r\n" % len(MIXED))
    assert client.response().startswith(b"+ ")
    client.send(MIXED + b"\r\n")
    assert client.finish(tag).status == "OK"
    assert bodies(client) == [SIMPLE, MIXED]


@pytest.mark.parametrize("second", [
    b"{0+}\r\n",                       # takes the others back
    b"(\\Foo) {3+}\r\nabc",
    b"{3+}\r\na\0b",
    b"junk {3+}\r\nabc",
    b"CATENATE (URL /INBOX/;UID=77)",
    b"CATENATE ()",
    b"CATENATE (TEXT {3+}\r\nabc",
    b"{3+}\r\nabc junk",
    b"",
])
def test_all_or_nothing(site, client, second):
    got = say(client, b"APPEND INBOX " + literal(SIMPLE) + b" " + second)
    assert got.status in ("NO", "BAD")
    assert client.cmd("NOOP").status == "OK"
    assert site.messages() == []


def test_messages_ceiling(site, client):
    one = b" " + literal(SIMPLE)
    got = say(client, b"APPEND INBOX" + one * (MESSAGES_MAX + 1))
    assert got.status == "NO" and got.code == "LIMIT"
    assert site.messages() == []
    got = say(client, b"APPEND INBOX" + one * MESSAGES_MAX)
    assert got.status == "OK"
    assert got.code.endswith(" 1:%d" % MESSAGES_MAX)
    assert len(site.messages()) == MESSAGES_MAX
    assert not [name for name in os.listdir(site.maildir() + "/cur")
                if name.startswith(".")]


def test_quota_of_all(make_site):
    """Two messages that fit one by one and not together."""
    site = make_site("sqlite")
    client = Client(site, user="small")
    big = b"Subject: x\r\n\r\n" + (b"y" * 78 + b"\r\n") * 8000
    got = say(client, b"APPEND INBOX " + literal(big) + b" " + literal(big))
    assert got.status == "NO" and got.code == "OVERQUOTA"
    assert b"Sorry, the mailbox of small@test.dev" in got.tagged
    assert site.messages("small") == []
    client.cmd("CREATE Sent")
    assert say(client, b"APPEND Sent " + literal(big) + b" "
               + literal(big)).status == "OK"
    assert client.append(big).status == "OK"


def test_quota_message(make_site):
    """The same text for what comes by COPY and MOVE; Sent is free."""
    client = Client(make_site("sqlite"), user="small")
    big = b"Subject: x\r\n\r\n" + (b"y" * 78 + b"\r\n") * 8000
    client.cmd("CREATE Sent")
    assert client.append(big, "Sent").status == "OK"
    assert client.append(big, "Sent").status == "OK"
    client.cmd("SELECT Sent")
    for command in ("COPY 1:2 INBOX", "UID MOVE 1:2 INBOX"):
        got = client.cmd(command)
        assert got.code == "OVERQUOTA", command
        assert b"Sorry, the mailbox of small@test.dev" in got.tagged
    assert client.cmd("COPY 1 Sent").status == "OK"
    assert client.cmd("MOVE 1 INBOX").status == "OK"
    assert client.cmd("STATUS INBOX (MESSAGES)").find("MESSAGES 1")


# ---- CATENATE


def test_catenate(client):
    client.append(MIXED)
    client.cmd("SELECT INBOX")
    client.cmd("CREATE other")
    got = catenate(client, [
        b"TEXT " + literal(b"Subject: new\r\n\r\n"),
        b'URL "/INBOX;UIDVALIDITY=%s/;UID=1/;SECTION=1"' % uidvalidity(client),
        b"URL ;UID=1/;SECTION=2.MIME",
        b"URL " + literal(b"/;UID=1/;SECTION=2/;PARTIAL=3.6"),
        b"TEXT " + literal(b"\r\nend\r\n")], b"other", b"(\\Draft) ")
    assert got.status == "OK", got.tagged
    assert re.fullmatch(r"APPENDUID \d+ 1", got.code)
    assert bodies(client, "other") == [
        b"Subject: new\r\n\r\nfirst"
        b"Content-Type: text/html\r\nContent-ID: <x>\r\n\r\n"
        b"second\r\nend\r\n"]


def uidvalidity(client):
    found = client.cmd("STATUS INBOX (UIDVALIDITY)").untagged[0]
    return re.search(rb"UIDVALIDITY (\d+)", found).group(1)


@pytest.mark.parametrize("url,want", [
    (b"/INBOX/;UID=1", MIXED),
    (b"/inbox/;uid=1", MIXED),
    (b"/%49NBOX/;UID=1/;SECTION=HEADER.FIELDS%20(SUBJECT)",
     b"Subject: parts\r\n\r\n"),
    (b"/INBOX/;UID=1/;SECTION=TEXT/;PARTIAL=0.3", b"--b"),
    (b"/INBOX/;UID=1/;PARTIAL=9.5", b"parts"),
    (b"/INBOX/;UID=1/;SECTION=2/;PARTIAL=3", b"second</p>"),
    (b"imap://demo%40test.dev@mx.test.dev/INBOX/;UID=1/;SECTION=1", b"first"),
    (b"imap://demo%40test.dev;AUTH=*@mx.test.dev:143/INBOX/;UID=1/;SECTION=1",
     b"first"),
    (b"imap://mx.test.dev/a/b/;UID=1", SIMPLE),
    (b"//mx.test.dev/a/b/;UID=1", SIMPLE),
    (b"/a/b/;UID=1/;SECTION=HEADER", b"Subject: x\r\n\r\n"),
    (b"/m%C3%BC/;UID=1", SIMPLE),
])
def test_urls(client, url, want):
    client.append(MIXED)
    client.cmd("CREATE a/b")
    client.cmd("CREATE m&APw-")
    client.append(SIMPLE, "a/b")
    client.append(SIMPLE, "m&APw-")
    client.cmd("CREATE to")
    assert catenate(client, [b'URL "' + url + b'"'], b"to").status == "OK"
    assert bodies(client, "to") == [want]


@pytest.mark.parametrize("url", [
    b"/INBOX/;UID=2", b"/INBOX", b"/INBOX/;UID=0", b"/nothing/;UID=1",
    b"/INBOX;UIDVALIDITY=1/;UID=1", b"/INBOX/;UID=1/;SECTION=9",
    b"/INBOX/;UID=1/;SECTION=1.HEADER", b"/INBOX/;UID=1/;SECTION=1]<0.1>",
    b"/INBOX/;UID=1/;SECTION=", b"/INBOX/;UID=1/;PARTIAL=",
    b"/INBOX/;UID=1/;PARTIAL=0.0", b"/INBOX/;UID=1junk",
    b"imap://other.dev/INBOX/;UID=1",
    b"imap://other%40test.dev@mx.test.dev/INBOX/;UID=1",
    b"imap://mx.test.dev/INBOX/;UID=1;URLAUTH=anonymous:internal:00",
    b"/;UID=1", b";UID=1", b"http://mx.test.dev/", b"/INBOX%00/;UID=1", b"",
    b"/..%2F..%2Fother/;UID=1",
])
def test_bad_urls(site, client, url):
    client.append(MIXED)
    got = catenate(client, [b"TEXT " + literal(b"a"), b'URL "' + url + b'"',
                            b"TEXT " + literal(b"b")])
    assert got.status == "NO" and got.code.startswith("BADURL"), got.tagged
    assert client.cmd("NOOP").status == "OK"
    assert len(site.messages()) == 1


def test_bad_url_is_named(client):
    got = catenate(client, [b"URL /INBOX/;UID=4711"])
    assert got.code == 'BADURL "/INBOX/;UID=4711"'
    got = catenate(client, [b"URL " + literal(b"/IN]BO X\xff/;UID=1")])
    assert got.tagged.split(b" ", 2)[2].startswith(
        b'[BADURL "/IN%5DBO%20X%FF/;UID=1"]')


def test_parts_ceiling(site, client):
    part = [b"TEXT " + literal(b"x")]
    assert catenate(client, part * (PARTS_MAX + 1)).code == "LIMIT"
    assert site.messages() == []
    assert catenate(client, part * PARTS_MAX).status == "OK"
    assert bodies(client) == [b"x" * PARTS_MAX]


def test_line_end_across_parts(site, client):
    assert catenate(client, [b"TEXT " + literal(b"a: b\r"),
                             b"TEXT " + literal(b"\n\r\nx\r")]).status == "OK"
    assert site.contents() == [b"a: b\n\nx\r"]


def test_catenate_too_big(site):
    site.conf(imap_append_max=65536)
    client = Client(site)
    half = b"Subject: x\r\n\r\n" + b"y" * 32754
    assert len(half) * 2 == 65536
    client.append(half)
    got = catenate(client, [b"URL /INBOX/;UID=1", b"URL /INBOX/;UID=1"])
    assert got.status == "OK"
    got = catenate(client, [b"URL /INBOX/;UID=1", b"URL /INBOX/;UID=1",
                            b"TEXT " + literal(b"z")])
    assert got.code == "TOOBIG"
    got = catenate(client, [b"URL /INBOX/;UID=1", b"URL /INBOX/;UID=1",
                            b"URL /INBOX/;UID=1"])
    assert got.code == "TOOBIG"
    assert client.cmd("NOOP").status == "OK"
    assert len(site.messages()) == 2


# ---- limits


def test_appendlimit(site):
    site.conf(imap_append_max=65536)
    client = Client(site)
    assert client.cmd("CAPABILITY").find(" APPENDLIMIT=65536")
    assert client.cmd("STATUS INBOX (APPENDLIMIT)").untagged == [
        b"* STATUS INBOX (APPENDLIMIT 65536)"]
    assert client.cmd('LIST "" INBOX RETURN (STATUS (APPENDLIMIT))').find(
        "STATUS INBOX (APPENDLIMIT 65536)")
    head = b"Subject: x\r\n\r\n"
    assert client.append(head + b"y" * (65536 - len(head))).status == "OK"
    got = client.append(head + b"y" * (65537 - len(head)))
    assert got.status == "NO" and got.code == "TOOBIG"


def test_literal_minus(site):
    """More than 4096 octets are asked for, or refused (RFC 7888 section 5)."""
    site.conf(imap_literal_minus="yes")
    client = Client(site)
    assert client.cmd("CAPABILITY").find(" LITERAL- ")
    assert not client.cmd("CAPABILITY").find("LITERAL+")
    head = b"Subject: x\r\n\r\n"
    small, large = (head + b"y" * (n - len(head)) for n in (4096, 4097))
    assert say(client, b"APPEND INBOX " + literal(small)).status == "OK"
    got = say(client, b"APPEND INBOX " + literal(large))
    assert got.status == "BAD" and got.code == "TOOBIG"
    assert client.append(large).status == "OK"
    got = say(client, b"STATUS " + literal(b"x" * 4097) + b" (MESSAGES)")
    assert got.status == "BAD" and got.code == "TOOBIG"
    assert client.cmd("NOOP").status == "OK"
    assert len(site.messages()) == 2


def test_literal_plus(client):
    assert client.cmd("CAPABILITY").find(" LITERAL+ ")
    assert not client.cmd("CAPABILITY").find("LITERAL-")


# ---- literal8


BINARY = (b"Subject: b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
          b"--b\r\nContent-Type: image/x\r\n"
          b"Content-Transfer-Encoding: binary\r\n\r\n%s\r\n--b--\r\n")


def test_literal8(site, client):
    octets = bytes(range(256)) * 10
    text = BINARY % octets
    got = say(client, b"APPEND INBOX ~" + literal(text))
    assert got.status == "OK"
    client.cmd("SELECT INBOX")
    got = client.cmd("FETCH 1 BODYSTRUCTURE").untagged[0]
    assert b'"base64"' in got.lower()
    assert b"\0" not in site.contents()[0]
    assert say(client, b"APPEND INBOX ~" + literal(SIMPLE)).status == "OK"
    assert bodies(client)[1] == SIMPLE
    # two of them in one command, and asked for
    tag = client.tag()
    client.send(tag + b" APPEND INBOX ~{%d}\r\n" % len(text))
    assert client.response().startswith(b"+ ")
    client.send(text + b" ~{%d}\r\n" % len(text))
    assert client.response().startswith(b"+ ")
    client.send(text + b"\r\n")
    assert client.finish(tag).status == "OK"
    assert len(site.messages()) == 4


def test_literal8_that_cannot_be(site, client):
    for text in (b"Subject: x\r\n\r\na\0b\r\n", b"\0",
                 b"Content-Type: message/rfc822\r\n"
                 b"Content-Transfer-Encoding: binary\r\n\r\nx\0: y\r\n\r\n"):
        got = say(client, b"APPEND INBOX ~" + literal(text))
        assert got.status == "NO" and got.code == "UNKNOWN-CTE", text
    assert say(client, b"APPEND INBOX UTF8 (~{1+}\r\nx)").status == "BAD"
    assert site.messages() == []


# ---- REPLACE


def test_replace(client):
    for subject in (b"1", b"2", b"3"):
        client.append(b"Subject: " + subject + b"\r\n\r\n")
    client.cmd("SELECT INBOX")
    got = client.cmd("REPLACE 2 INBOX (\\Seen) {}", SIMPLE)
    assert got.status == "OK"
    told = got.untagged
    assert re.match(rb"\* OK \[APPENDUID \d+ 4\]", told[0])
    assert b"* 2 EXPUNGE" in told and b"* 3 EXISTS" in told
    assert bodies(client) == [b"Subject: 1\r\n\r\n", b"Subject: 3\r\n\r\n",
                              SIMPLE]


def test_uid_replace_elsewhere(client):
    client.cmd("CREATE Drafts")
    client.append(SIMPLE, "Drafts")
    client.cmd("SELECT Drafts")
    got = client.cmd("UID REPLACE 1 INBOX {}", MIXED)
    assert got.status == "OK" and b"* 1 EXPUNGE" in got.untagged
    assert bodies(client) == [MIXED]
    assert bodies(client, "Drafts") == []
    client.cmd("SELECT INBOX")
    got = say(client, b"REPLACE * INBOX CATENATE (URL ;UID=1/;SECTION=HEADER "
              b"TEXT " + literal(b"new\r\n") + b")")
    assert got.status == "OK", got.tagged
    assert bodies(client) == [MIXED[:MIXED.index(b"--b")] + b"new\r\n"]


@pytest.mark.parametrize("command,status,code", [
    ("REPLACE 1 nothing {}", "NO", "TRYCREATE"),
    ("REPLACE 2 INBOX {}", "BAD", None),
    ("REPLACE 1:1 INBOX {}", "BAD", None),
    ("REPLACE $ INBOX {}", "BAD", None),
    ("REPLACE 0 INBOX {}", "BAD", None),
    ("UID REPLACE 9 INBOX {}", "NO", "NONEXISTENT"),
    ("UID REPLACE 1 INBOX (\\Foo) {}", "BAD", None),
])
def test_replace_errors(site, client, command, status, code):
    client.append(SIMPLE)
    client.cmd("SELECT INBOX")
    got = client.cmd(command, MIXED)
    assert got.status == status and got.code == code, got.tagged
    assert client.cmd("NOOP").status == "OK"
    assert len(site.messages()) == 1


def test_replace_refusals(site, client):
    client.append(SIMPLE)
    assert client.cmd("REPLACE 1 INBOX {}", SIMPLE).status == "BAD"
    client.cmd("EXAMINE INBOX")
    assert client.cmd("REPLACE 1 INBOX {}", SIMPLE).status == "NO"
    client.cmd("SELECT INBOX")
    one = literal(SIMPLE)
    assert say(client, b"REPLACE 1 INBOX " + one + b" " + one).status == "BAD"
    assert say(client, b"REPLACE 1 INBOX {0+}\r\n").status == "NO"
    assert len(site.messages()) == 1


def test_replace_in_a_full_mailbox(make_site):
    """It is the difference that has to fit (RFC 8508 section 3.2)."""
    client = Client(make_site("sqlite"), user="small")
    big = b"Subject: x\r\n\r\n" + (b"y" * 78 + b"\r\n") * 8000
    assert client.append(big).status == "OK"
    client.cmd("SELECT INBOX")
    assert client.append(big).code == "OVERQUOTA"
    assert client.cmd("REPLACE 1 INBOX {}", big).status == "OK"
    got = client.cmd("REPLACE 1 INBOX {}", big + big)
    assert got.code == "OVERQUOTA"
    assert client.cmd("STATUS INBOX (MESSAGES)").find("MESSAGES 1")


def test_client_that_leaves(site):
    """In the middle of any literal: nothing is left."""
    for text in (b"a APPEND INBOX {20}\r\nhalf",
                 b"a APPEND INBOX {4+}\r\nfour {20+}\r\nhalf",
                 b"a APPEND INBOX CATENATE (TEXT {4+}\r\nfour TEXT {9+}\r\nx",
                 b"a APPEND INBOX ~{20+}\r\nhalf"):
        client = Client(site)
        client.send(text)
        client.sock.shutdown(socket.SHUT_WR)
        client.at_end()
        client.close()
    assert site.messages() == []
    assert os.listdir(site.maildir() + "/tmp") == []
