"""njiwa-imapd, each command with its errors."""
import os

import pytest

from imap_client import Client
from site_under_test import PASSWORD

BACK_ENDS = ["sqlite"]
MESSAGE = (b"From: A <a@example.org>\r\nTo: demo@test.dev\r\n"
           b"Subject: hello\r\n\tfolded\r\nDate: Sun, 22 Nov 2026 10:00:00 "
           b"+0000\r\nMessage-ID: <1@example.org>\r\n\r\nbody\r\n.\r\nend\r\n")


@pytest.fixture
def client(site):
    return Client(site)


def fill(client, count, mailbox="INBOX", before=""):
    for i in range(count):
        got = client.append(b"Subject: %d\r\n\r\nbody %d\r\n" % (i, i),
                            mailbox, before)
        assert got.status == "OK", got.tagged


# ---- any time


def test_noop_capability_id_logout(client):
    line = client.cmd("CAPABILITY").find("CAPABILITY").split()
    for word in b"IDLE", b"UIDPLUS", b"MOVE", b"UNSELECT", b"NAMESPACE":
        assert word in line
    assert b"STARTTLS" not in line
    assert client.cmd("ID NIL").find('"name" "njiwa"')
    assert client.cmd('ID ("name" "x" "v" NIL)').status == "OK"
    for text in ("LOGIN a b", "AUTHENTICATE PLAIN", "STARTTLS"):
        assert client.cmd(text).status == "BAD"
    got = client.cmd("LOGOUT")
    assert got.untagged[0].startswith(b"* BYE") and got.status == "OK"
    assert client.at_end() == b""


@pytest.mark.parametrize("text", [
    "FETCH 1 FLAGS", "STORE 1 FLAGS ()", "SEARCH ALL", "CLOSE", "EXPUNGE",
    "CHECK", "UNSELECT", "COPY 1 x", "MOVE 1 x", "UID FETCH 1 FLAGS"])
def test_selected_state_needed(client, text):
    assert client.cmd(text).status == "BAD"


def test_tags(client):
    for line in (b"\r\n", b"+ NOOP\r\n", b"a{ NOOP\r\n", b" NOOP\r\n"):
        client.send(line)
        assert client.response().startswith(b"* BAD"), line
    assert client.cmd("NOOP").status == "OK"


def test_too_many_errors(site):
    site.conf(imap_max_errors=5)
    client = Client(site)
    for _ in range(4):
        assert client.cmd("X").status == "BAD"
    assert client.cmd("NOOP").status == "OK"  # starts the count anew
    for _ in range(4):
        assert client.cmd("X").status == "BAD"
    client.send(b"z X\r\n")
    assert b"* BYE Too many errors" in client.at_end()


# ---- mailboxes


def test_select(client):
    fill(client, 2)
    client.append(MESSAGE, "INBOX", "(\\Seen) ")
    got = client.cmd("SELECT inbox")
    assert got.status == "OK" and got.code == "READ-WRITE"
    assert b"* 3 EXISTS" in got.untagged
    assert got.find("[UNSEEN 1]") and got.find("[UIDNEXT 4]")
    assert got.find("[UIDVALIDITY ") and got.find("PERMANENTFLAGS")
    got = client.cmd("EXAMINE INBOX")
    assert got.code == "READ-ONLY" and got.find("[PERMANENTFLAGS ()]")
    assert client.cmd("STORE 1 +FLAGS (\\Seen)").status == "NO"
    assert client.cmd("EXPUNGE").status == "NO"
    client.cmd("FETCH 1 BODY[]")
    assert b"Seen" not in client.cmd("FETCH 1 FLAGS").untagged[0]
    assert client.cmd("SELECT nowhere").code == "NONEXISTENT"
    assert client.cmd("FETCH 1 FLAGS").status == "BAD"  # left by the failure
    assert client.cmd("SELECT INBOX").status == "OK"
    assert client.cmd("SELECT").status == "BAD"
    assert client.cmd("FETCH 1 FLAGS").status == "OK"  # not by a mistake


def test_close_and_unselect(client):
    fill(client, 3)
    client.cmd("SELECT INBOX")
    client.cmd("STORE 1 +FLAGS (\\Deleted)")
    assert client.cmd("UNSELECT").status == "OK"
    assert b"* 3 EXISTS" in client.cmd("SELECT INBOX").untagged
    got = client.cmd("CLOSE")
    assert got.status == "OK" and not got.all("EXPUNGE")
    assert b"* 2 EXISTS" in client.cmd("EXAMINE INBOX").untagged


def test_create_list_subscribe(client):
    for name in ("a", "a/b", '"with space"', "&AOk-t&AOk-", "x/y/z"):
        assert client.cmd("CREATE " + name).status == "OK", name
    assert client.cmd("CREATE a").code == "ALREADYEXISTS"
    assert client.cmd("CREATE inbox").status == "NO"
    got = client.cmd('LIST "" *')
    assert b'* LIST (\\HasChildren) "/" a' in got.untagged
    assert b'* LIST (\\HasNoChildren) "/" a/b' in got.untagged
    assert b'* LIST (\\HasNoChildren) "/" "with space"' in got.untagged
    assert b'* LIST (\\HasNoChildren) "/" &AOk-t&AOk-' in got.untagged
    assert got.find('(\\Noselect \\HasChildren) "/" x')
    names = [line.split(b'"/" ')[1]
             for line in client.cmd('LIST "" %').untagged]
    assert sorted(names) == sorted(
        [b"INBOX", b"a", b'"with space"', b"&AOk-t&AOk-", b"x"])
    assert client.cmd('LIST "a/" %').untagged == [
        b'* LIST (\\HasNoChildren) "/" a/b']
    assert client.cmd('LIST "" ""').untagged == [
        b'* LIST (\\Noselect) "/" ""']
    assert client.cmd('LIST "" iNbOx').find("INBOX")
    assert client.cmd('LIST "" "&broken"').untagged == []
    client.cmd("SUBSCRIBE a/b")
    assert client.cmd('LSUB "" *').untagged == [b'* LSUB () "/" a/b']
    assert client.cmd('LSUB "" %').untagged == [b'* LSUB (\\Noselect) "/" a']
    client.cmd("UNSUBSCRIBE a/b")
    assert client.cmd('LSUB "" *').untagged == []
    for name in "gone/child", "gone/child", "Inbox", "a":
        client.cmd("SUBSCRIBE " + name)  # of a mailbox or not (6.3.9)
    assert client.cmd('LSUB "" *').untagged == [
        b'* LSUB () "/" INBOX', b'* LSUB () "/" a',
        b'* LSUB () "/" gone/child']
    assert client.cmd('LSUB "" %').find('(\\Noselect) "/" gone')
    assert client.cmd('LIST "" gone*').untagged == []
    assert client.cmd("NAMESPACE").untagged == [
        b'* NAMESPACE (("" "/")) NIL NIL']
    for text in ("LIST", 'LIST ""', 'LIST (a) "" *', 'LIST "" a b', "CREATE",
                 "SUBSCRIBE", "STATUS", "STATUS a", "STATUS a ()",
                 "STATUS a (FOO)", "STATUS a (MESSAGES", "LSUB a"):
        assert client.cmd(text).status == "BAD", text


def test_status(client):
    fill(client, 2)
    client.append(MESSAGE, "INBOX", "(\\Seen) ")
    got = client.cmd("STATUS inbox (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)")
    assert b"MESSAGES 3 UIDNEXT 4 UIDVALIDITY " in got.untagged[0]
    assert b"UNSEEN 2)" in got.untagged[0]
    assert client.cmd("STATUS nowhere (MESSAGES)").code == "NONEXISTENT"


HOSTILE = [
    "../x", '"../../other/Maildir"', '"/etc"', '"/"', '"a//b"', '"."', '".."',
    '".a"', '"a/.."', '"a/../b"', '""', "a" * 300, "&", "&AGE-", "&2AA-",
    '"\xc3\xa9"', "a/" * 40 + "a", '"a.b/"', '"tmp/"', '"a\tb"']


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(site, client, name):
    before = sorted(os.listdir(site.maildir()))
    others = sorted(os.listdir(site.data + "/test.dev"))
    for verb in ("SELECT %s", "STATUS %s (MESSAGES)", "SUBSCRIBE %s",
                 "CREATE %s", "EXAMINE %s"):
        got = client.cmd((verb % name).encode("latin-1"))
        if verb.startswith("CREATE") and name in ('"a.b/"', '"tmp/"'):
            continue  # strange, but harmless
        assert got.status in ("NO", "BAD") or verb.startswith("SUB"), verb
    left = [entry for entry in os.listdir(site.maildir())
            if entry not in before and entry not in
            ("subscriptions", ".tmp", ".a&AC4-b")
            and not entry.startswith("njiwa-")
            and not entry.startswith("dovecot")]
    assert left == []
    assert sorted(os.listdir(site.data + "/test.dev")) == others
    assert client.cmd("NOOP").status == "OK"


# ---- messages


def test_fetch_items(client):
    client.append(MESSAGE, "INBOX", '(\\Flagged kw) "22-Nov-2026 12:30:00 '
                                    '+0200" ')
    client.cmd("SELECT INBOX")
    got = client.cmd("FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE)")
    line = got.untagged[0]
    assert line.startswith(b"* 1 FETCH (UID 1 FLAGS (\\Flagged kw) ")
    assert b'INTERNALDATE "22-Nov-2026 10:30:00 +0000"' in line
    assert b"RFC822.SIZE %d" % len(MESSAGE) in line
    header, _, text = MESSAGE.partition(b"\r\n\r\n")
    header += b"\r\n\r\n"
    for item, octets in (
            ("BODY.PEEK[]", MESSAGE), ("BODY.PEEK[HEADER]", header),
            ("BODY.PEEK[TEXT]", text), ("RFC822.HEADER", header),
            ("BODY.PEEK[]<5.10>", MESSAGE[5:15]),
            ("BODY.PEEK[TEXT]<3.1000>", text[3:]),
            ("BODY.PEEK[]<100000.5>", b""),
            ("BODY.PEEK[HEADER.FIELDS (subject x-not)]",
             b"Subject: hello\r\n\tfolded\r\n\r\n"),
            ("BODY.PEEK[HEADER.FIELDS.NOT (subject from to date)]",
             b"Message-ID: <1@example.org>\r\n\r\n"),
            ("BODY.PEEK[HEADER.FIELDS (subject)]<9.5>", b"hello")):
        got = client.cmd("FETCH 1 " + item)
        assert got.literal() == octets, item
        assert b"\\Seen" not in client.cmd("FETCH 1 FLAGS").untagged[0]
    got = client.cmd("FETCH 1 (BODY.PEEK[HEADER] BODY.PEEK[TEXT])")
    assert (got.literal(0), got.literal(1)) == (header, text)
    got = client.cmd("FETCH 1 RFC822.TEXT")
    assert got.literal() == text and b"\\Seen" in got.untagged[0]
    assert b"RFC822.SIZE" in client.cmd("FETCH 1 FAST").untagged[0]


def test_envelope(client):
    client.append(MESSAGE)
    client.cmd("SELECT INBOX")
    assert client.cmd("FETCH 1 ENVELOPE").untagged == [
        b'* 1 FETCH (ENVELOPE ("Sun, 22 Nov 2026 10:00:00 +0000" '
        b'"hello folded" (("A" NIL "a" "example.org")) '
        b'(("A" NIL "a" "example.org")) (("A" NIL "a" "example.org")) '
        b'((NIL NIL "demo" "test.dev")) NIL NIL NIL "<1@example.org>"))']


@pytest.mark.parametrize("text", [
    "FETCH 0 FLAGS", "FETCH 4 FLAGS", "FETCH 1:9 FLAGS", "FETCH 1 (FLAGS",
    "FETCH 1", "FETCH x FLAGS", "FETCH 1 FOO",
    "FETCH 1 BODY[]<0>", "FETCH 1,,2 FLAGS",
    "STORE 1 FLAGS", "STORE 1 FLAGS (\\Recent)", "STORE 1 FLAGS (\\Foo)",
    "STORE 1 FOO (a)", "STORE 4 FLAGS ()", "STORE 1 +FLAGS (a",
    "SEARCH", "SEARCH FOO", "SEARCH (ALL", "SEARCH SUBJECT",
    "SEARCH ALL ", "COPY 1", "COPY 4 INBOX", "UID FETCH 1:2", "UID FOO 1",
    "UID", "UID EXPUNGE", "UID EXPUNGE x", "EXPUNGE 1", "APPEND INBOX",
    "APPEND INBOX x", "IDLE x", "CHECK x"])
def test_bad_arguments(client, text):
    fill(client, 3)
    client.cmd("SELECT INBOX")
    assert client.cmd(text).status == "BAD"
    assert client.cmd("NOOP").status == "OK"


def test_sets(client):
    fill(client, 5)
    client.cmd("SELECT INBOX")
    client.cmd("STORE 2,4 +FLAGS.SILENT (\\Deleted)")
    client.cmd("EXPUNGE")

    def uids(text):
        return [int(line.split()[4].rstrip(b")"))
                for line in client.cmd(text).untagged]

    assert uids("FETCH 1:* UID") == [1, 3, 5]
    assert uids("FETCH 3:1 UID") == [1, 3, 5]
    assert uids("FETCH *,1,*,1 UID") == [1, 5]
    assert uids("UID FETCH 2:4 UID") == [3]
    assert uids("UID FETCH 9:* UID") == [5]
    assert uids("UID FETCH 2 UID") == []
    assert uids("UID FETCH 1:4294967295 UID") == [1, 3, 5]
    assert client.cmd("UID FETCH 2 FLAGS").status == "OK"
    many = ",".join(str(i) for i in range(1, 12000))
    assert uids("UID FETCH %s UID" % many) == [1, 3, 5]


def test_store(client):
    fill(client, 3)
    client.cmd("SELECT INBOX")
    got = client.cmd("STORE 1:2 +FLAGS (\\Seen foo)")
    assert got.untagged[-2:] == [b"* 1 FETCH (FLAGS (\\Seen foo))",
                                 b"* 2 FETCH (FLAGS (\\Seen foo))"]
    assert got.find("* FLAGS (") and b" foo" in got.find("PERMANENTFLAGS")
    assert client.cmd("STORE 1 -FLAGS foo").untagged == [
        b"* 1 FETCH (FLAGS (\\Seen))"]
    assert client.cmd("UID STORE 1 FLAGS \\Draft \\Answered").untagged == [
        b"* 1 FETCH (UID 1 FLAGS (\\Answered \\Draft))"]
    assert client.cmd("STORE 1 FLAGS.SILENT ()").untagged == []
    assert client.cmd("FETCH 1 FLAGS").untagged == [b"* 1 FETCH (FLAGS ())"]
    assert client.cmd("UID STORE 99 +FLAGS (\\Seen)").status == "OK"
    client.cmd("STORE 1 +FLAGS ($Forwarded)")
    assert client.cmd("FETCH 1 FLAGS").untagged == [
        b"* 1 FETCH (FLAGS ($Forwarded))"]


def test_too_many_keywords(client):
    fill(client, 1)
    client.cmd("SELECT INBOX")
    for i in range(26):
        assert client.cmd("STORE 1 +FLAGS (k%d)" % i).status == "OK"
    got = client.cmd("STORE 1 +FLAGS (k26)")
    assert got.status == "NO" and got.code == "LIMIT"
    assert client.cmd("STORE 1 -FLAGS (unknown)").status == "OK"
    assert b"\\*" not in client.cmd("SELECT INBOX").find("PERMANENTFLAGS")


def test_search(client):
    for flags in ("(\\Seen)", "(\\Flagged kw)", "()", "(\\Deleted)"):
        client.append(MESSAGE, "INBOX", flags + ' "01-Feb-2020 00:00:00 '
                                                '+0000" ')
    client.append(b"x\r\n\r\n" + b"y" * 3000, "INBOX")
    client.cmd("SELECT INBOX")

    def search(keys):
        got = client.cmd("SEARCH " + keys)
        assert got.status == "OK", got.tagged
        return [int(n) for n in got.untagged[0].split()[2:]]

    for keys, want in (
            ("ALL", [1, 2, 3, 4, 5]), ("SEEN", [1]), ("UNSEEN", [2, 3, 4, 5]),
            ("KEYWORD kw", [2]), ("UNKEYWORD kw", [1, 3, 4, 5]),
            ("KEYWORD nosuch", []), ("UNKEYWORD nosuch", [1, 2, 3, 4, 5]),
            ("OR SEEN DELETED", [1, 4]), ("NOT (OR SEEN DELETED)", [2, 3, 5]),
            ("2:3 UNFLAGGED", [3]), ("UID 4:*", [4, 5]), ("*", [5]),
            ("LARGER 1000", [5]), ("SMALLER 1000", [1, 2, 3, 4]),
            ("ON 1-Feb-2020", [1, 2, 3, 4]), ("BEFORE 1-Feb-2020", []),
            ("SINCE 2-Feb-2020", [5]), ("CHARSET UTF-8 SEEN", [1])):
        assert search(keys) == want, keys
    got = client.cmd("UID SEARCH DELETED")
    assert got.untagged == [b"* SEARCH 4"]
    got = client.cmd("SEARCH CHARSET X-FOO ALL")
    assert got.status == "NO" and got.code.startswith("BADCHARSET")


def test_expunge(client):
    fill(client, 5)
    client.cmd("SELECT INBOX")
    client.cmd("STORE 2,3,5 +FLAGS.SILENT (\\Deleted)")
    got = client.cmd("UID EXPUNGE 3:4")
    assert got.untagged == [b"* 3 EXPUNGE"]
    got = client.cmd("EXPUNGE")
    assert got.untagged == [b"* 4 EXPUNGE", b"* 2 EXPUNGE"]
    assert client.cmd("EXPUNGE").untagged == []


# ---- APPEND, COPY, MOVE


def test_append(site, client):
    got = client.append(MESSAGE, "INBOX", "(\\Seen) ")
    assert got.status == "OK" and got.code.startswith("APPENDUID ")
    assert got.code.endswith(" 1")
    assert client.append(MESSAGE, "nowhere").code == "TRYCREATE"
    client.send(b"a APPEND INBOX {%d+}\r\n%s\r\n" % (len(MESSAGE), MESSAGE))
    assert client.finish(b"a").code.endswith(" 2")
    client.send(b"b APPEND nowhere {%d+}\r\n%s\r\n" % (len(MESSAGE), MESSAGE))
    assert client.finish(b"b").code == "TRYCREATE"
    assert client.cmd("APPEND {} {}", b"INBOX", MESSAGE).code.endswith(" 3")
    for content in site.contents():
        assert content == MESSAGE.replace(b"\r\n", b"\n")


def test_bare_line_ends(client):
    client.append(b"A: b\n\r\nlone\rcr\nand lf")
    client.cmd("SELECT INBOX")
    got = client.cmd("FETCH 1 (RFC822.SIZE BODY.PEEK[])")
    assert got.literal() == b"A: b\r\n\r\nlone\rcr\r\nand lf"
    assert b"RFC822.SIZE 23 " in got.untagged[0]


def test_append_errors(site, client):
    assert client.append(b"").status == "NO"
    assert client.append(b"a\0b").status == "NO"
    for before in ("(\\Recent) ", "(\\Foo) ", '"32-Jan-2020 00:00:00 +0000" ',
                   '"" ', "x "):
        assert client.append(MESSAGE, "INBOX", before).status == "BAD", before
    client.send(b"a APPEND INBOX (x) {5+}\r\nhello junk\r\nb NOOP\r\n")
    assert client.finish(b"a").status == "BAD"
    assert client.finish(b"b").status == "OK"
    client.send(b"c APPEND INBOX ~{5+}\r\nhe\0lo\r\nd NOOP\r\n")
    assert client.finish(b"c").code == "UNKNOWN-CTE"
    assert client.finish(b"d").status == "OK"
    assert site.messages() == []


def test_append_too_big(site):
    site.conf(imap_append_max=65536)
    client = Client(site)
    assert client.append(b"x" * 65536).status == "OK"
    client.send(b"a APPEND INBOX {65537}\r\n")
    got = client.finish(b"a")  # at once, not asked for
    assert got.status == "NO" and got.code == "TOOBIG"
    client.send(b"b APPEND INBOX {65537+}\r\n" + b"x" * 65537 +
                b"\r\nc NOOP\r\n")
    assert client.finish(b"b").code == "TOOBIG"
    assert client.finish(b"c").status == "OK"
    assert len(site.messages()) == 1


def test_client_that_leaves_in_append(site):
    client = Client(site)
    client.send(b"a APPEND INBOX {1000+}\r\nhalf")
    client.close()
    assert Client(site).cmd("NOOP").status == "OK"
    assert site.messages() == []
    assert os.listdir(site.maildir() + "/tmp") == []


@pytest.mark.parametrize("backend", ["sqlite", "mysql"])
def test_quota(make_site, backend):
    site = make_site(backend)
    client = Client(site, user="small")  # one megabyte
    big = b"Subject: x\r\n\r\n" + b"y" * 78 + b"\r\n"
    big += (b"y" * 78 + b"\r\n") * 8000
    assert client.append(big).status == "OK"
    got = client.append(big)
    assert got.status == "NO" and got.code == "OVERQUOTA"
    assert b"small@test.dev has exceeded the limit" in got.tagged
    client.cmd("SELECT INBOX")
    assert client.cmd("COPY 1 INBOX").code == "OVERQUOTA"
    client.cmd("CREATE Trash")
    assert client.cmd("MOVE 1 Trash").status == "OK"  # needs no more room
    assert client.cmd("SELECT Trash").find("1 EXISTS")
    client.cmd("STORE 1 +FLAGS (\\Deleted)")
    client.cmd("EXPUNGE")
    assert client.append(big).status == "OK"
    client.cmd("LOGOUT")
    site.wait_quota("small", len(big.replace(b"\r\n", b"\n")), 1)


def test_copy_and_move(site, client):
    fill(client, 3, "INBOX", '(\\Seen kw) "01-Feb-2020 00:00:00 +0000" ')
    client.cmd("CREATE a")
    client.cmd("SELECT INBOX")
    got = client.cmd("COPY 1:2 a")
    assert got.code.startswith("COPYUID ") and got.code.endswith(" 1:2 1:2")
    got = client.cmd("UID MOVE 1,3 a")
    assert got.untagged[0].startswith(b"* OK [COPYUID ")
    assert b" 1,3 3:4]" in got.untagged[0]
    assert got.untagged[1:] == [b"* 3 EXPUNGE", b"* 1 EXPUNGE"]
    assert client.cmd("COPY 1 nowhere").code == "TRYCREATE"
    assert client.cmd("MOVE 1 nowhere").code == "TRYCREATE"
    got = client.cmd("UID COPY 99 a")
    assert got.status == "OK" and got.code is None
    client.cmd("SELECT a")
    got = client.cmd("FETCH 1:* (FLAGS INTERNALDATE)")
    assert len(got.untagged) == 4
    for line in got.untagged:
        assert b"(\\Seen kw)" in line and b" 1-Feb-2020" in line


@pytest.mark.parametrize("backend", ["sqlite", "mysql"])
def test_copies_are_counted_once(make_site, backend):
    site = make_site(backend)
    client = Client(site)
    fill(client, 10)
    client.cmd("CREATE a")
    client.cmd("CREATE Sent")  # is not counted
    client.cmd("SELECT INBOX")
    assert client.cmd("COPY 1:* a").code.endswith(" 1:10 1:10")
    assert client.cmd("COPY 1:4 Sent").status == "OK"
    assert client.cmd("MOVE 1:2 a").status == "OK"
    assert client.cmd("MOVE 1:3 Sent").status == "OK"
    client.cmd("LOGOUT")
    counted = site.contents() + site.contents(folder="a")
    site.wait_quota("demo", sum(map(len, counted)), 17)
    assert len(site.contents(folder="Sent")) == 7


def test_database_and_disk(site):
    """What is on disk afterwards is a Maildir with one file a message."""
    client = Client(site)
    fill(client, 3)
    client.cmd("SELECT INBOX")
    client.cmd("STORE 1 +FLAGS (\\Deleted)")
    client.cmd("EXPUNGE")
    client.cmd("LOGOUT")
    assert len(site.messages()) == 2
    assert os.listdir(site.maildir() + "/tmp") == []
    assert PASSWORD not in site.log
