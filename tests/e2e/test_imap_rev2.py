"""IMAP4rev2 (RFC 9051), behind ENABLE: what is answered otherwise, and what
stays as it was without."""
import unicodedata

import pytest

from imap_client import Client

SIMPLE = b"Subject: x\r\n\r\nhello\r\n"


@pytest.fixture
def old(lite):
    client = Client(lite)
    client.append(SIMPLE)
    return client


@pytest.fixture
def client(old, lite):
    client = Client(lite)
    answer = client.cmd("ENABLE IMAP4rev2")
    assert answer.untagged == [b"* ENABLED IMAP4rev2"]
    return client


def test_enable(lite):
    client = Client(lite)
    assert client.cmd("ENABLE X-FOO").untagged == [b"* ENABLED"]
    assert client.cmd("ENABLE x-foo imap4REV2 IMAP4rev2").untagged == [
        b"* ENABLED IMAP4rev2"]
    for text in ("ENABLE", "ENABLE (IMAP4rev2)", "ENABLE a  b"):
        assert client.cmd(text).status == "BAD", text
    client.cmd("SELECT INBOX")
    assert client.cmd("ENABLE IMAP4rev2").status == "BAD"


def kinds(answer):
    """The untagged responses of a SELECT, by what they are."""
    out = []
    for line in answer.untagged:
        words = line.decode().split()
        if words[1] == "OK":
            out.append(words[2].strip("[]").replace("NOMOD", "HIGHESTMOD"))
        else:
            out.append(words[2] if words[1].isdigit() else words[1])
    return out


def test_select(client, old):
    assert kinds(old.cmd("SELECT INBOX")) == [
        "FLAGS", "PERMANENTFLAGS", "EXISTS", "RECENT", "UNSEEN",
        "UIDVALIDITY", "UIDNEXT", "HIGHESTMODSEQ", "MAILBOXID"]
    old.cmd("UNSELECT")
    answer = client.cmd("SELECT inbox")
    assert kinds(answer) == ["FLAGS", "PERMANENTFLAGS", "EXISTS",
                             "UIDVALIDITY", "UIDNEXT", "HIGHESTMODSEQ",
                             "MAILBOXID", "LIST"]
    assert answer.find('* LIST (\\HasNoChildren) "/" INBOX')
    assert not answer.find("Recent")


def test_closed(client, old):
    """Also in IMAP4rev1, where it harms nobody."""
    for one in (client, old):
        assert not one.cmd("SELECT INBOX").find("CLOSED")
        answer = one.cmd("EXAMINE INBOX")
        assert answer.untagged[0].startswith(b"* OK [CLOSED] ")
        answer = one.cmd("SELECT nowhere")
        assert answer.status == "NO" and answer.code == "NONEXISTENT"
        assert kinds(answer) == ["CLOSED"]
        assert not one.cmd("SELECT INBOX").find("CLOSED")


def test_no_recent(client, lite):
    client.cmd("SELECT INBOX")
    Client(lite).append(SIMPLE)
    answer = client.cmd("NOOP")
    assert answer.untagged == [b"* 2 EXISTS"]
    answer = client.cmd("FETCH 1:2 FLAGS")
    assert answer.untagged == [b"* 1 FETCH (FLAGS ())",
                               b"* 2 FETCH (FLAGS ())"]
    answer = client.cmd("STORE 2 +FLAGS (\\Seen)")
    assert answer.untagged == [b"* 2 FETCH (FLAGS (\\Seen))"]


def test_search(client, old):
    old.cmd("SELECT INBOX")
    assert old.cmd("SEARCH ALL").untagged == [b"* SEARCH 1"]
    client.cmd("SELECT INBOX")
    for verb, keys, wanted in (
            ("SEARCH", "ALL", b" ALL 1"), ("SEARCH", "DELETED", b""),
            ("UID SEARCH", "ALL", b" UID ALL 1"),
            ("SEARCH", "RETURN (COUNT) ALL", b" COUNT 1")):
        answer = client.cmd("%s %s" % (verb, keys))
        tag = answer.tagged.split(b" ")[0]
        assert answer.untagged == [
            b'* ESEARCH (TAG "%s")%s' % (tag, wanted)], keys
    assert client.cmd("SEARCH RETURN (SAVE) ALL").untagged == []
    assert client.cmd("FETCH $ UID").untagged == [b"* 1 FETCH (UID 1)"]


def test_list(client, old):
    old.cmd("CREATE a/b")
    assert old.cmd('LIST "" a').untagged == [
        b'* LIST (\\Noselect \\HasChildren) "/" a']
    assert client.cmd('LIST "" a').untagged == [
        b'* LIST (\\NonExistent \\HasChildren) "/" a']
    answer = client.cmd("DELETE a")
    assert answer.status == "NO" and answer.code == "HASCHILDREN"
    assert client.cmd("NAMESPACE").untagged == [
        b'* NAMESPACE (("" "/")) NIL NIL']
    answer = client.cmd("STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN "
                        "DELETED SIZE)")
    assert answer.status == "OK" and answer.find("DELETED 0 SIZE %d" % len(
        SIMPLE))


def test_names(client, old):
    """UTF-8 where it was enabled, modified UTF-7 where it was not."""
    name = "Entwürfe/日本"
    assert client.cmd('CREATE "%s"' % name).status == "OK"
    assert client.cmd('LIST "" "Entw*"').untagged[1] == (
        '* LIST (\\HasNoChildren) "/" "%s"' % name).encode()
    assert old.cmd('LIST "" "Entw*"').untagged[1] == (
        b'* LIST (\\HasNoChildren) "/" Entw&APw-rfe/&ZeVnLA-')
    assert client.cmd('SUBSCRIBE "%s"' % name).status == "OK"
    assert client.cmd('LSUB "" *').untagged == [
        ('* LSUB () "/" "%s"' % name).encode()]
    answer = client.cmd('STATUS "%s" (MESSAGES)' % name)
    assert answer.untagged == [
        ('* STATUS "%s" (MESSAGES 0)' % name).encode()]
    assert client.cmd("STATUS {} (MESSAGES)", name.encode()).status == "OK"
    assert client.append(SIMPLE, '"%s"' % name).status == "OK"
    assert client.cmd('SELECT "%s"' % name).status == "OK"
    # "&" is a letter like others now, and other octets are no name
    assert client.cmd("STATUS Entw&APw-rfe/&ZeVnLA- (MESSAGES)").code == (
        "NONEXISTENT")
    assert client.cmd("CREATE {}", b"a&b").status == "OK"
    assert old.cmd('LIST "" a&-b').find('"/" a&-b')
    assert client.cmd("CREATE {}", b"a\xffb").code == "CANNOT"
    assert old.cmd("CREATE {}", "ä".encode()).code == "CANNOT"


def test_oldname(client, old):
    """Names become Net-Unicode when mailboxes are made."""
    name = "Grün"
    apart = unicodedata.normalize("NFD", name)
    assert apart != name
    listed = '* LIST (\\HasNoChildren) "/" "%s"%s'
    answer = client.cmd('CREATE "%s"' % apart)
    assert answer.untagged == [
        (listed % (name, ' ("OLDNAME" ("%s"))' % apart)).encode()]
    answer = client.cmd('SELECT "%s"' % apart)
    assert answer.status == "OK"
    assert answer.untagged[-1] == (
        listed % (name, ' ("OLDNAME" ("%s"))' % apart)).encode()
    answer = client.cmd('RENAME "%s" b' % name)
    assert answer.untagged == [
        ('* LIST (\\HasNoChildren) "/" b ("OLDNAME" ("%s"))' % name
         ).encode()]
    assert old.cmd("RENAME b c").untagged == []


def test_xlist(client):
    """Gmail's, for clients from before SPECIAL-USE."""
    for name in ("Sent", "Junk", "Archive", "x/y"):
        client.cmd("CREATE " + name)
    assert client.cmd('XLIST "" *').untagged == [
        b'* XLIST (\\HasNoChildren \\Inbox) "/" INBOX',
        b'* XLIST (\\HasNoChildren \\Archive \\AllMail) "/" Archive',
        b'* XLIST (\\HasNoChildren \\Junk \\Spam) "/" Junk',
        b'* XLIST (\\HasNoChildren \\Sent) "/" Sent',
        b'* XLIST (\\NonExistent \\HasChildren) "/" x',
        b'* XLIST (\\HasNoChildren) "/" x/y']
    assert client.cmd('XLIST "" ""').untagged == [
        b'* XLIST (\\Noselect) "/" ""']
    assert client.cmd('XLIST "" * RETURN (CHILDREN)').status == "BAD"


def test_announced(lite):
    """Before and after the login, with what it is made of."""
    client = Client(lite, user=None)
    for wanted in ({"IMAP4rev1", "IMAP4rev2"},
                   {"IMAP4rev2", "BINARY", "ENABLE", "ESEARCH", "IDLE",
                    "LIST-EXTENDED", "LIST-STATUS", "LITERAL+", "MOVE",
                    "NAMESPACE", "SEARCHRES", "SPECIAL-USE", "STATUS=SIZE",
                    "UIDPLUS", "UNSELECT"}):
        got = client.cmd("CAPABILITY").untagged[0].decode().split()[2:]
        assert wanted <= set(got), wanted - set(got)
        assert got[0] == "IMAP4rev1", "old clients look there"
        client.cmd("LOGIN demo@test.dev thepassword")


def test_binary(client):
    """FETCH BINARY is part of it (6.4.5.1)."""
    client.append(b"Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n",
                  before="() ")
    client.cmd("SELECT INBOX")
    answer = client.cmd("FETCH 2 (BINARY.PEEK[1] BINARY.SIZE[1])")
    assert answer.status == "OK" and answer.find("BINARY.SIZE[1] 5")
    assert answer.find("hello")


def test_old_words(client):
    """What IMAP4rev2 has left out is understood all the same, as both are
    announced."""
    client.cmd("SELECT INBOX")
    for text in ("CHECK", 'LSUB "" *', "STATUS INBOX (RECENT)",
                 "SEARCH NEW", "FETCH 1 (RFC822.SIZE RFC822.HEADER)"):
        assert client.cmd(text).status == "OK", text


# ---- languages and comparators (RFC 5255)

def test_language(client):
    assert client.cmd("LANGUAGE").untagged == [
        b"* LANGUAGE (EN I-DEFAULT)"]
    for text in ("EN", "de en-GB", '"i-default"', "default"):
        assert client.cmd("LANGUAGE " + text).untagged == [
            b"* LANGUAGE (EN)"], text
    answer = client.cmd("LANGUAGE DE FR")
    assert answer.status == "NO" and answer.untagged == []
    for text in ("LANGUAGE (EN)", "LANGUAGE EN ", "LANGUAGE EN  DE"):
        assert client.cmd(text).status == "BAD", text


def test_comparator(lite):
    """I18NLEVEL=1: i;unicode-casemap in SEARCH and SORT."""
    client = Client(lite)
    assert b"I18NLEVEL=1" in client.cmd("CAPABILITY").untagged[0].split()
    for subject in ("zebra", "ÄPFEL", "Affe"):
        client.append("Subject: {}\r\n\r\nx\r\n".format(subject).encode())
    client.cmd("SELECT INBOX")
    assert client.cmd("SEARCH CHARSET UTF-8 SUBJECT {}", "äpfel".encode()
                      ).untagged == [b"* SEARCH 2"]
    assert client.cmd("SORT (SUBJECT) UTF-8 ALL").untagged == [
        b"* SORT 3 2 1"]
