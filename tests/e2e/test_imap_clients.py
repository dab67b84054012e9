"""What users' programs are known to say at login, when they synchronise, read,
move, delete and wait: each a transcript, with what they need of the answers.
The programs themselves are in test_imap_programs.py."""
import base64
import re

import pytest

from imap_client import Client
from site_under_test import DOMAIN, PASSWORD

USER = "demo@" + DOMAIN
HTML = (b"From: Ann <ann@example.org>\r\nTo: demo@test.dev\r\n"
        b"Subject: html\r\nDate: Fri, 1 Jan 2021 00:00:00 +0000\r\n"
        b"Message-ID: <h@example.org>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n\r\nplain\r\n--b\r\n"
        b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>html</p>\r\n"
        b"--b--\r\n")
PLAIN = (b"From: Bob <bob@example.org>\r\nTo: demo@test.dev\r\n"
         b"Subject: plain\r\nDate: Thu, 31 Dec 2020 23:30:00 +0000\r\n"
         b"Message-ID: <p@example.org>\r\n\r\ntext\r\n")


@pytest.fixture
def lite(make_site):
    site = make_site("sqlite")
    site.conf(imap_make_folders="yes")
    return site


@pytest.fixture
def other(lite):
    client = Client(lite)
    client.append(PLAIN)
    client.append(HTML)
    return client


def script(client, *commands):
    """Sends each, which must be done; the answers."""
    out = []
    for command in commands:
        answer = client.cmd(command)
        assert answer.status == "OK", (command, answer.tagged)
        out.append(answer)
    return out


def idle(client, other, hears):
    """IDLE till something comes."""
    client.send(b"idle IDLE\r\n")
    assert client.response().startswith(b"+ ")
    other.append(PLAIN)
    client.wait(hears)
    client.send(b"DONE\r\n")
    assert client.finish(b"idle").status == "OK"


def plain():
    return base64.b64encode(("\0%s\0%s" % (USER, PASSWORD)).encode())


def capabilities(answer):
    return set(answer.find("* CAPABILITY").decode().split()[2:])


def test_thunderbird(lite, other):
    """AUTHENTICATE PLAIN with an initial response, ID, LIST with everything,
    STATUS of folders, headers by name, a body, COPY or MOVE to the bin, IDLE.
    """
    client = Client(lite, user=None)
    assert {"SASL-IR", "AUTH=PLAIN"} <= capabilities(
        client.cmd("CAPABILITY"))
    login = client.cmd(b"authenticate PLAIN " + plain())
    assert login.status == "OK" and login.code.startswith("CAPABILITY ")
    got = script(
        client, 'ID ("name" "Thunderbird" "version" "115.4.2")', "NAMESPACE",
        'list (subscribed) "" "*" return (special-use)',
        'list "" "INBOX"', 'select "INBOX"', "getquotaroot \"INBOX\"",
        "UID fetch 1:* (FLAGS)",
        'UID fetch 1:2 (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To'
        ' Cc Bcc Subject Date Message-ID Priority X-Priority References '
        'Newsgroups In-Reply-To Content-Type Reply-To)])',
        "UID fetch 2 (UID RFC822.SIZE BODY.PEEK[])",
        "noop")
    assert got[1].find('* NAMESPACE (("" "/"))')
    assert got[2].find("\\Trash") and got[2].find("\\Subscribed")
    assert len(got[6].untagged) == 2
    assert b"Subject: plain" in got[7].untagged[0]
    assert got[8].literal() == HTML
    script(client, "UID store 2 +Flags (\\Seen)", "UID copy 2 \"Trash\"",
           "UID store 1 +FLAGS (\\Deleted \\Seen)")
    assert client.cmd("UID move 2 \"Archive\"").find("[COPYUID ")
    idle(client, other, "EXISTS")
    assert client.cmd("close").status == "OK"
    script(client, 'STATUS "Archive" (UIDNEXT MESSAGES UNSEEN RECENT)',
           'create "Archive/2020"', 'subscribe "Archive/2020"',
           'rename "Archive/2020" "Archive/2021"', "logout")


def test_apple_mail(lite, other):
    """Asks again after the login, ID with lower-case keys, LIST of patterns
    with %, STATUS, ENVELOPE-less headers, parts by number, IDLE."""
    client = Client(lite, user=None)
    got = script(
        client, "CAPABILITY", "LOGIN %s %s" % (USER, PASSWORD), "CAPABILITY",
        'ID ("name" "Mac OS X Mail" "version" "16.0 (3731.600.7)" "os" '
        '"Mac OS X" "os-version" "13.4" "vendor" "Apple Inc.")',
        "NAMESPACE", 'LIST "" ""', 'LIST "" "*"', 'LSUB "" "*"',
        "SELECT INBOX", "FETCH 1:* (FLAGS UID)",
        "UID FETCH 1:2 (INTERNALDATE UID RFC822.SIZE FLAGS "
        "BODY.PEEK[HEADER.FIELDS (date subject from to cc message-id "
        "in-reply-to references content-type x-priority x-uniform-type-"
        "identifier x-universally-unique-identifier list-id "
        "list-unsubscribe bimi-indicator bimi-location "
        "x-bimi-indicator-hash authentication-results dkim-signature)])",
        "UID FETCH 2 (BODYSTRUCTURE BODY.PEEK[HEADER])",
        "UID FETCH 2 BODY.PEEK[1]<0.131072>", "UID FETCH 2 (BODY.PEEK[2])",
        "UID STORE 1 +FLAGS.SILENT ($NotJunk NotJunk \\Seen)",
        "UID SEARCH 1:* NOT DELETED",
        "STATUS Sent (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)")
    assert got[5].find('"/" ""')
    assert "BODYSTRUCTURE" in got[11].untagged[0].decode()
    assert got[12].literal() == b"plain"
    assert got[13].literal() == b"<p>html</p>"
    idle(client, other, "EXISTS")
    script(client, "UID COPY 1 Trash", "UID STORE 1 +FLAGS.SILENT (\\Deleted)",
           "UID EXPUNGE 1", "CHECK")
    assert client.cmd("UID SEARCH ALL").find("* SEARCH 2 3")


def test_outlook(lite, other):
    """LOGIN with quotes, XLIST where there is one, FETCH of ranges by
    sequence number and UID, SEARCH for uids, RFC822 items, no IDLE but NOOP.
    """
    client = Client(lite, user=None)
    got = script(
        client, "CAPABILITY", 'LOGIN "%s" "%s"' % (USER, PASSWORD),
        "CAPABILITY", 'ID ("name" "Microsoft Outlook" "version" "16.0")',
        'LIST "" ""', 'XLIST "" "*"', 'LSUB "" "*"', 'SELECT "INBOX"',
        "UID FETCH 1:* (UID FLAGS)",
        "UID FETCH 1 (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER] INTERNALDATE)",
        "UID FETCH 2 (UID BODY.PEEK[])", "UID FETCH 1 (RFC822.HEADER)",
        "UID SEARCH UNDELETED SINCE 1-Jan-2020",
        "UID STORE 2 +FLAGS (\\Seen \\Answered)")
    assert got[5].find("\\Inbox") and got[5].find("\\Sent")
    assert got[10].literal() == HTML
    other.append(PLAIN)
    assert client.cmd("NOOP").find("3 EXISTS")
    script(client, 'UID COPY 2 "Trash"', "UID STORE 2 +FLAGS (\\Deleted)",
           "EXPUNGE", "FETCH 1:2 (UID FLAGS)",
           'APPEND "Sent" (\\Seen) "01-Jan-2021 00:00:00 +0000" {%d+}\r\n%s' %
           (len(PLAIN), PLAIN.decode()), "CLOSE", "LOGOUT")


def test_k9(lite, other):
    """AUTHENTICATE, no SASL-IR where it was not said, LIST and LSUB, SELECT,
    UID SEARCH by date, headers in lower case, partial text, and MOVE."""
    client = Client(lite, user=None)
    client.cmd("CAPABILITY")
    client.send(b"k AUTHENTICATE PLAIN\r\n")
    assert client.response().startswith(b"+")
    client.send(plain() + b"\r\n")
    assert client.finish(b"k").status == "OK"
    got = script(
        client, "CAPABILITY", 'ID ("name" "K-9 Mail" "version" "6.801")',
        "NAMESPACE", 'LSUB "" "*"', 'LIST "" "*"', 'SELECT "INBOX"',
        "UID SEARCH 1:2 NOT DELETED", "UID SEARCH SINCE 1-Jan-2020",
        "UID FETCH 1,2 (UID FLAGS INTERNALDATE RFC822.SIZE "
        "BODY.PEEK[HEADER.FIELDS (date subject from content-type to cc "
        "reply-to message-id references in-reply-to list-unsubscribe sender "
        "X-K9mail-Identity Chat-Version)])",
        "UID FETCH 2 (UID BODYSTRUCTURE)",
        "UID FETCH 2 (UID BODY.PEEK[TEXT]<0.32768>)",
        "UID FETCH 2 (UID BODY.PEEK[1.MIME])", "UID FETCH 2 (UID FLAGS)",
        "UID STORE 2 +FLAGS.SILENT (\\Seen)")
    assert [line for line in got[6].untagged] == [b"* SEARCH 1 2"]
    assert got[10].literal().endswith(b"--b--\r\n")
    assert client.cmd('UID MOVE 2 "Trash"').find("EXPUNGE")
    idle(client, other, "EXISTS")
    assert client.cmd("UID SEARCH 3:* NOT DELETED").find("* SEARCH 3")
    script(client, "EXAMINE \"Trash\"", "UID SEARCH 1:* NOT DELETED",
           "LOGOUT")


def test_fairemail(lite, other):
    """JavaMail: NAMESPACE, LIST "" "*", STATUS, FETCH of ENVELOPE and
    BODYSTRUCTURE together, HEADER.FIELDS, parts with PEEK, keywords, IDLE."""
    client = Client(lite, user=None)
    got = script(
        client, "CAPABILITY", 'LOGIN "%s" "%s"' % (USER, PASSWORD),
        "CAPABILITY",
        'ID ("name" "FairEmail" "version" "1.2130" "os" "Android")',
        "NAMESPACE", 'LIST "" "*"', 'LSUB "" "*"',
        "STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)", "SELECT INBOX",
        "FETCH 1:* (UID)",
        "UID FETCH 1:2 (ENVELOPE INTERNALDATE RFC822.SIZE FLAGS "
        "BODYSTRUCTURE UID)",
        "FETCH 1 (BODY.PEEK[HEADER])", "FETCH 2 (BODY.PEEK[2]<0.65536>)",
        "STORE 1 +FLAGS ($Forwarded $MDNSent)", "FETCH 1:* (UID FLAGS)")
    envelope = got[10].untagged[0]
    assert b'"plain" (("Bob" NIL "bob" "example.org"))' in envelope
    assert got[12].literal() == b"<p>html</p>"
    assert got[14].find("$Forwarded")
    idle(client, other, "EXISTS")
    assert client.cmd("UID MOVE 1 Archive").find("COPYUID")
    script(client, "STORE 1 +FLAGS (\\Deleted)", "EXPUNGE", "NOOP", "CLOSE",
           "LOGOUT")


def test_roundcube(lite, other):
    """AUTHENTICATE, ID, ENABLE, LIST-EXTENDED with STATUS, SORT and THREAD,
    UID FETCH of a page with BODYSTRUCTURE, a search, parts, flags, QUOTA."""
    client = Client(lite, user=None)
    login = client.cmd(b"AUTHENTICATE PLAIN " + plain())
    assert login.status == "OK"
    got = script(
        client, 'ID ("name" "Roundcube" "version" "1.6.5" "php" "8.2")',
        "NAMESPACE", 'LIST (SUBSCRIBED) "" * RETURN (SPECIAL-USE)',
        'LIST "" "*" RETURN (SUBSCRIBED STATUS (MESSAGES UNSEEN))',
        "SELECT INBOX", "UID SORT RETURN (ALL COUNT) (ARRIVAL) US-ASCII "
        "UNDELETED", "UID THREAD REFS US-ASCII ALL",
        "UID FETCH 1:2 (UID RFC822.SIZE FLAGS INTERNALDATE "
        "BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (DATE FROM TO SUBJECT "
        "CONTENT-TYPE CC REPLY-TO LIST-POST DISPOSITION-NOTIFICATION-TO "
        "X-PRIORITY)])",
        "UID SEARCH RETURN (ALL COUNT) CHARSET UTF-8 OR HEADER SUBJECT html "
        "HEADER FROM html",
        "UID FETCH 2 (UID BODY.PEEK[1] BODY.PEEK[2.MIME] BODY.PEEK[2])",
        "UID STORE 2 +FLAGS.SILENT (\\Seen)",
        "GETQUOTAROOT INBOX", "SETMETADATA INBOX "
        '(/private/vendor/kolab/color "ff0000")',
        "GETMETADATA (DEPTH infinity) INBOX (/private/vendor/kolab)",
        "STATUS Sent (MESSAGES UNSEEN)")
    assert got[5].find("UID ALL 1:2 COUNT 2")
    assert got[6].find("* THREAD (")
    assert got[8].find("UID ALL 2 COUNT 1")
    assert got[9].literal(0) == b"plain"
    assert got[13].find("/private/vendor/kolab/color")
    assert client.cmd("UID MOVE 1 Trash").find("COPYUID")
    assert client.cmd("UID SEARCH ALL").find("* SEARCH 2")
    script(client, "UID STORE 2 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 2",
           "UNSELECT", "LOGOUT")


def test_gmail_on_android(lite, other):
    """Old Java code: XLIST with its reference, BODY[] without PEEK, NOOP."""
    client = Client(lite, user=None)
    got = script(
        client, "LOGIN %s %s" % (USER, PASSWORD), 'XLIST "" "%"',
        "SELECT INBOX", "UID FETCH 1:2 (FLAGS)",
        "UID FETCH 1 (BODY[])", "UID FETCH 1 (FLAGS)", "NOOP", "LOGOUT")
    assert got[4].literal() == PLAIN
    assert got[5].find("\\Seen")


def test_several_connections(lite, other):
    """What one client's connections do to each other: one waits in IDLE, one
    synchronises, one moves."""
    watching, working = Client(lite), Client(lite)
    watching.cmd("SELECT INBOX")
    watching.send(b"w IDLE\r\n")
    assert watching.response().startswith(b"+")
    working.cmd("SELECT INBOX")
    working.cmd("UID STORE 1 +FLAGS (\\Flagged)")
    line, _ = watching.wait("FETCH")
    assert b"\\Flagged" in line
    working.cmd("UID MOVE 1 Trash")
    watching.wait("* 1 EXPUNGE")
    watching.send(b"DONE\r\n")
    assert watching.finish(b"w").status == "OK"
    assert watching.cmd("UID FETCH 1:* (FLAGS)").untagged[0].startswith(
        b"* 1 FETCH (UID 2 ")


def test_commands_at_once(lite, other):
    """Pipelined, as phones do it: every reply, in order."""
    client = Client(lite)
    commands = [b"a SELECT INBOX", b"b UID FETCH 1:* (FLAGS)",
                b"c UID SEARCH ALL", b"d STATUS Sent (MESSAGES)",
                b"e UID STORE 1 +FLAGS.SILENT (\\Seen)", b"f NOOP"]
    client.send(b"\r\n".join(commands) + b"\r\n")
    for tag in (b"a", b"b", b"c", b"d", b"e", b"f"):
        assert client.finish(tag).status == "OK", tag
    assert re.search(rb"Seen", client.cmd("FETCH 1 FLAGS").untagged[0])
