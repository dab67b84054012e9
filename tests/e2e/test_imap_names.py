"""Names of mailboxes: the separator, and UTF8=ACCEPT (RFC 9755)."""
import os

import pytest

from imap_client import Client

BACK_ENDS = ["sqlite"]
UMLAUT = "Grüße".encode()
MUTF7 = b"Gr&APwA3w-e"
SIMPLE = b"Subject: x\r\n\r\nbody\r\n"


@pytest.fixture
def dotted(site):
    site.conf(separator=".")
    return Client(site)


@pytest.fixture
def utf8(site):
    client = Client(site)
    assert client.cmd("ENABLE UTF8=ACCEPT").untagged == [
        b"* ENABLED UTF8=ACCEPT"]
    return client


def names(client, command='LIST "" *'):
    return [line.rsplit(b" ", 1)[1] for line in client.cmd(command).untagged]


# ---- the separator


def test_default(site):
    """That of a Dovecot over Maildir++ that is not told otherwise."""
    site.conf(separator=None)
    assert Client(site).cmd("NAMESPACE").untagged == [
        b'* NAMESPACE (("" ".")) NIL NIL']


def test_dots(site, dotted):
    assert dotted.cmd('LIST "" ""').untagged == [
        b'* LIST (\\Noselect) "." ""']
    assert dotted.cmd("LSUB \"\" \"\"").untagged == [
        b'* LSUB (\\Noselect) "." ""']
    for name in ("a", "a.b", "a.b.c.", "INBOX.d"):
        assert dotted.cmd("CREATE " + name).status == "OK"
    assert sorted(os.listdir(site.maildir()))[:4] == [
        ".INBOX.d", ".a", ".a.b", ".a.b.c"]
    assert names(dotted) == [b"INBOX", b"INBOX.d", b"a", b"a.b", b"a.b.c"]
    assert dotted.cmd('LIST "" INBOX').untagged == [
        b'* LIST (\\HasChildren) "." INBOX']
    assert names(dotted, "LIST a. %") == [b"a.b"]
    assert names(dotted, 'LIST "" a.%') == [b"a.b"]
    assert names(dotted, 'LIST "" a.*') == [b"a.b", b"a.b.c"]
    assert names(dotted, 'LIST "" %') == [b"INBOX", b"a"]
    assert names(dotted, 'LIST "" a/*') == []
    assert dotted.append(SIMPLE, "a.b").status == "OK"
    assert dotted.cmd("STATUS a.b (MESSAGES)").untagged == [
        b"* STATUS a.b (MESSAGES 1)"]
    assert dotted.cmd("SELECT a.b").status == "OK"
    assert dotted.cmd("COPY 1 a.b.c").status == "OK"
    assert dotted.cmd("RENAME a.b x.y").status == "OK"
    assert names(dotted, 'LIST "" x*') == [b"x", b"x.y", b"x.y.c"]
    assert dotted.cmd("SUBSCRIBE x.y").status == "OK"
    assert dotted.cmd('LSUB "" *').untagged == [b'* LSUB () "." x.y']
    assert dotted.cmd('LSUB "" %').untagged == [
        b'* LSUB (\\Noselect) "." x']
    assert dotted.cmd("GETQUOTAROOT x.y").untagged == [b"* QUOTAROOT x.y"]
    assert dotted.cmd("DELETE x.y.c").status == "OK"


def test_the_same_folders(site, dotted):
    """The setting may change at any time: it is nowhere on the disk."""
    dotted.cmd("CREATE a.b")
    dotted.cmd("SUBSCRIBE a.b")
    dotted.append(SIMPLE, "a.b")
    site.conf(separator="/")
    client = Client(site)
    assert client.cmd('LSUB "" *').untagged == [b'* LSUB () "/" a/b']
    assert client.cmd("STATUS a/b (MESSAGES)").find("MESSAGES 1")


@pytest.mark.parametrize("separator,other", [(".", "/"), ("/", ".")])
def test_the_other_one(site, separator, other):
    """As with Dovecot it cannot be in a name."""
    site.conf(separator=separator)
    client = Client(site)
    for name in ("a%sb", "%sa", "a%s"):
        for command in ("CREATE ", "SELECT ", "SUBSCRIBE "):
            got = client.cmd(command + '"' + name % other + '"')
            assert got.status == "NO", (command, name)
    assert client.append(SIMPLE, "a%sb" % other).status == "NO"
    assert names(client) == [b"INBOX"]


def test_urls(dotted):
    dotted.cmd("CREATE a.b")
    dotted.append(SIMPLE, "a.b")
    got = dotted.cmd("APPEND INBOX CATENATE (URL /a.b/;UID=1)")
    assert got.status == "OK"
    got = dotted.cmd("APPEND INBOX CATENATE (URL /a/b/;UID=1)")
    assert got.code == 'BADURL "/a/b/;UID=1"'


def test_special_use(site):
    site.conf(separator=".", imap_archive="Archive/2024")
    client = Client(site)
    client.cmd("CREATE Archive.2024")
    assert client.cmd('LIST "" *').find(
        '(\\HasNoChildren \\Archive) "." Archive.2024')


# ---- UTF8=ACCEPT


def test_names(site, utf8):
    assert utf8.cmd("CAPABILITY").find(" UTF8=ACCEPT ")
    assert utf8.cmd(b'CREATE "' + UMLAUT + b'"').status == "OK"
    assert utf8.cmd(b'CREATE "%s/%s"' % (UMLAUT, UMLAUT)).status == "OK"
    assert b".%s" % MUTF7 in os.listdir(site.maildir().encode())
    quoted = b'"' + UMLAUT + b'"'
    assert utf8.cmd('LIST "" %').untagged == [
        b'* LIST (\\HasNoChildren) "/" INBOX',
        b'* LIST (\\HasChildren) "/" ' + quoted]
    assert utf8.cmd(b'LIST "" "Gr\xc3\xbc*"').find("HasNoChildren")
    assert utf8.cmd(b"SUBSCRIBE " + quoted).status == "OK"
    assert utf8.cmd('LSUB "" *').untagged == [b'* LSUB () "/" ' + quoted]
    assert utf8.cmd(b"STATUS " + quoted + b" (MESSAGES)").untagged == [
        b"* STATUS " + quoted + b" (MESSAGES 0)"]
    assert utf8.cmd(b"GETQUOTAROOT " + quoted).untagged == [
        b"* QUOTAROOT " + quoted]
    assert utf8.cmd(b"SELECT {}", UMLAUT).status == "OK"
    # who has not enabled it sees the same in modified UTF-7
    plain = Client(site)
    assert plain.cmd('LSUB "" *').untagged == [b'* LSUB () "/" ' + MUTF7]


def test_modified_utf7_is_a_name(utf8):
    assert utf8.cmd(b"CREATE " + MUTF7).status == "OK"
    assert names(utf8) == [b"INBOX", MUTF7]
    assert utf8.cmd(b'SELECT "' + UMLAUT + b'"').code == "NONEXISTENT"


def test_what_is_no_utf8(utf8):
    for name in (b"\xff", b"a\xc3", b"\xed\xa0\x80"):
        assert utf8.cmd(b'CREATE "' + name + b'"').status == "NO"
    assert names(utf8) == [b"INBOX"]


def test_append(site, utf8):
    text = "Subject: Grüße\r\n\r\nä\r\n".encode()
    tag = utf8.tag()
    utf8.send(tag + b" APPEND INBOX UTF8 (~{%d}\r\n" % len(text))
    assert utf8.response().startswith(b"+ ")
    utf8.send(text + b")\r\n")
    assert utf8.finish(tag).status == "OK"
    utf8.send(b"u APPEND INBOX (\\Seen) UTF8 (~{%d+}\r\n%s) CATENATE (TEXT "
              b"{3+}\r\na:  UTF8 (~{5+}\r\n\xc3\xa4\r\n\r) TEXT {1+}\r\n\n)\r\n"
              % (len(text), text))
    assert utf8.finish(b"u").status == "OK"
    assert site.contents() == [text.replace(b"\r\n", b"\n")] * 2 + [
        b"a: \xc3\xa4\n\n"]
    for wrong in (b"UTF8 ({3+}\r\nabc)", b"UTF8 ~{3+}\r\nabc",
                  b"UTF8 (~{3+}\r\nabc", b"UTF8 (~{3+}\r\nabc))", b"UTF8",
                  b"UTF8 (~{3+}\r\na\0c)"):
        utf8.send(b"v APPEND INBOX " + wrong + b"\r\n")
        assert utf8.finish(b"v").status in ("BAD", "NO"), wrong
    assert len(site.messages()) == 3


def test_search(utf8):
    utf8.append("Subject: Grüße\r\n\r\nä\r\n".encode())
    utf8.cmd("SELECT INBOX")
    assert utf8.cmd(b'SEARCH SUBJECT "' + UMLAUT + b'"').untagged == [
        b"* SEARCH 1"]
    assert utf8.cmd(b'SEARCH TEXT "\xc3\xa4"').untagged == [b"* SEARCH 1"]
    for command in ("SEARCH CHARSET UTF-8 ALL", "UID SEARCH CHARSET utf-8 ALL",
                    "SEARCH RETURN (ALL) CHARSET UTF-8 ALL"):
        assert utf8.cmd(command).status == "BAD"
    assert utf8.cmd("SORT (SUBJECT) UTF-8 ALL").status == "OK"


def test_headers_for_who_has_not_enabled(site):
    """They come as they are, in literals, as from the peers: nothing is
    downgraded (RFC 6858)."""
    text = "From: Jürgen <ä@b.de>\r\nSubject: Grüße\r\n\r\nä\r\n".encode()
    client = Client(site)
    assert client.append(text).status == "OK"
    client.cmd("SELECT INBOX")
    assert client.cmd("FETCH 1 BODY.PEEK[]").literal() == text
    got = client.cmd("FETCH 1 ENVELOPE").untagged[0]
    assert b"{7}\r\n" + UMLAUT in got


def test_no_unauthenticate(site):
    """A session cannot become another user's."""
    client = Client(site)
    assert not client.cmd("CAPABILITY").find("UNAUTHENTICATE")
    assert client.cmd("UNAUTHENTICATE").status == "BAD"
    assert client.cmd('LOGIN other@test.dev "thepassword"').status == "BAD"
