"""CONTEXT=SEARCH (RFC 5267): results that are kept, and told of as they
change."""
import pytest

from imap_client import Client

SUBJECTS = ("one", "two", "three")


def mail(subject):
    return b"Subject: %s\r\n\r\nbody\r\n" % subject.encode()


@pytest.fixture
def other(lite):
    client = Client(lite)
    for subject in SUBJECTS:
        client.append(mail(subject))
    client.cmd("SELECT INBOX")
    return client


@pytest.fixture
def client(lite, other):
    client = Client(lite)
    client.cmd("SELECT INBOX")
    return client


def kept(client, text, verb="UID SEARCH"):
    """The tag of a search that is kept, and what was told first."""
    answer = client.cmd(("%s RETURN (UPDATE %s" % (verb, text)).replace(
        " )", ")"))
    assert answer.status == "OK", answer.tagged
    assert not answer.find("NOUPDATE")
    return answer.tagged.split(b" ")[0].decode(), answer.untagged[0].decode()


def news(answer, tag):
    head = '* ESEARCH (TAG "%s") ' % tag
    return [line.decode()[len(head):] for line in answer.untagged
            if line.decode().startswith(head)]


def test_flags(client, other):
    assert b"CONTEXT=SEARCH" in client.cmd("CAPABILITY").untagged[0].split()
    tag, first = kept(client, "COUNT ALL) UNSEEN")
    assert first.endswith(" UID ALL 1:3 COUNT 3")
    other.cmd("STORE 1,3 +FLAGS (\\Seen)")
    answer = client.cmd("NOOP")
    assert news(answer, tag) == ["UID REMOVEFROM (0 1,3)"]
    # its own changes count too, told or not
    answer = client.cmd("STORE 2 +FLAGS.SILENT (\\Seen)")
    assert news(answer, tag) == ["UID REMOVEFROM (0 2)"]
    answer = client.cmd("UID STORE 1:2 -FLAGS (\\Seen)")
    assert news(answer, tag) == ["UID ADDTO (0 1:2)"]
    answer = client.cmd("FETCH 1 BODY[]")
    assert news(answer, tag) == ["UID REMOVEFROM (0 1)"]
    assert news(client.cmd("STORE 1 +FLAGS (\\Flagged)"), tag) == []
    assert news(client.cmd("NOOP"), tag) == []


def test_new_and_gone(client, other):
    tag, first = kept(client, ") SUBJECT t")
    assert first.endswith("UID ALL 2:3")
    other.append(mail("four"))
    other.append(mail("that"))
    answer = client.cmd("NOOP")
    assert news(answer, tag) == ["UID ADDTO (0 5)"]
    other.cmd("STORE 1:2 +FLAGS (\\Deleted)")
    other.cmd("EXPUNGE")
    answer = client.cmd("NOOP")
    assert news(answer, tag) == ["UID REMOVEFROM (0 2)"]
    lines = [line.decode().split()[-1] for line in answer.untagged]
    assert lines.index("2)") < lines.index("EXPUNGE"), "it comes before"
    assert news(client.cmd("NOOP"), tag) == []


def test_sequence_numbers(client, other):
    """As they are at that moment."""
    tag, first = kept(client, "ALL) NOT FLAGGED", "SEARCH")
    assert first.endswith(" ALL 1:3")
    other.cmd("STORE 2 +FLAGS (\\Deleted)")
    other.cmd("EXPUNGE")
    assert news(client.cmd("NOOP"), tag) == ["REMOVEFROM (0 2)"]
    assert news(client.cmd("STORE 2 +FLAGS (\\Flagged)"), tag) == [
        "REMOVEFROM (0 2)"]
    assert client.cmd("FETCH 2 UID").find("UID 3")


def test_idle(client, other):
    tag, _ = kept(client, "COUNT) KEYWORD later")
    client.send(b"i IDLE\r\n")
    client.wait("+")
    other.cmd("STORE 3 +FLAGS (later)")
    line, _ = client.wait("ESEARCH")
    assert line.decode() == '* ESEARCH (TAG "%s") UID ADDTO (0 3)' % tag
    client.send(b"DONE\r\n")
    assert client.finish(b"i").status == "OK"


def test_first_results(client):
    for options, wanted in (
            ("", "UID ALL 1:3"), ("MIN MAX", "UID MIN 1 MAX 3"),
            ("COUNT", "UID COUNT 3"), ("PARTIAL 1:2", "UID PARTIAL (1:2 1:2)"),
            ("CONTEXT COUNT", "UID COUNT 3")):
        tag, first = kept(client, options + ") ALL")
        assert first.endswith(") " + wanted), (options, first)
        client.cmd('CANCELUPDATE "%s"' % tag)
    answer = client.cmd("UID SEARCH RETURN (CONTEXT) ALL")
    assert answer.untagged[0].endswith(b" UID ALL 1:3")
    for text in ("SORT RETURN (UPDATE) (DATE) UTF-8 ALL",
                 "SEARCH RETURN (UPDATE ALL"):
        assert client.cmd(text).status == "BAD", text


def test_items_of_what_is_new(client, other):
    """UPDATE may name what FETCH is to tell of new messages that match (RFC
    5465 section 7), in this order, and not of those that changed."""
    tag, first = kept(
        client, "(UID BODY.PEEK[HEADER.FIELDS (Subject)]) COUNT) SUBJECT t")
    assert first.endswith("UID COUNT 2")
    other.append(mail("four"))
    other.append(mail("that"))
    answer = client.cmd("NOOP")
    told = [line.decode() for line in answer.untagged
            if b"FETCH" in line or b"EXISTS" in line or b"ESEARCH" in line]
    assert [line.split("{")[0] for line in told] == [
        "* 5 EXISTS",
        "* 5 FETCH (UID 5 BODY[HEADER.FIELDS (Subject)] ",
        '* ESEARCH (TAG "%s") UID ADDTO (0 5)' % tag]
    kept(client, "(FLAGS)) FLAGGED")
    answer = client.cmd("UID STORE 1 +FLAGS.SILENT (\\Flagged)")
    assert answer.find("ADDTO (0 1)") and not answer.find("FETCH")
    for items in ("()", "(NOSUCH)", "(UID", "(BODY[)", "FLAGS",
                  "(BODY[HEADER.FIELDS (a)", "(\"\")"):
        answer = client.cmd(
            "UID SEARCH RETURN (UPDATE %s) ALL" % items)
        assert answer.status == "BAD", items


def test_cancel(client, other):
    one, _ = kept(client, ") SEEN")
    two, _ = kept(client, ") SEEN")
    assert client.cmd('CANCELUPDATE "%s"' % one).status == "OK"
    answer = client.cmd("STORE 1 +FLAGS (\\Seen)")
    assert news(answer, one) == []
    assert news(answer, two) == ["UID ADDTO (0 1)"]
    got = client.cmd('CANCELUPDATE "%s"' % one)
    assert got.status == "NO" and got.code == "CLIENTBUG"
    assert client.cmd('CANCELUPDATE "x" "%s"' % two).status == "NO"
    assert news(client.cmd("STORE 1 -FLAGS (\\Seen)"), two) == []
    for text in ("CANCELUPDATE", "CANCELUPDATE x", 'CANCELUPDATE "a" ',
                 'CANCELUPDATE "a""b"'):
        assert client.cmd(text).status == "BAD", text


def test_ends_with_the_mailbox(client, other):
    tag, _ = kept(client, ") SEEN")
    client.cmd("SELECT INBOX")
    assert news(client.cmd("STORE 1 +FLAGS (\\Seen)"), tag) == []


def test_what_is_not_kept(client):
    """The search is done all the same."""
    for keys in ("1:2", "YOUNGER 60", "NOT OLDER 60", "(SEEN 2)", "$"):
        answer = client.cmd("UID SEARCH RETURN (UPDATE COUNT) " + keys)
        tag = answer.tagged.split(b" ")[0]
        assert answer.status == "OK"
        assert answer.untagged[0].startswith(b"* ESEARCH ")
        assert answer.untagged[1].startswith(
            b'* NO [NOUPDATE "%s"] ' % tag), keys


def test_ceiling(client):
    tags = [kept(client, ") SEEN")[0] for _ in range(8)]
    answer = client.cmd("UID SEARCH RETURN (UPDATE) SEEN")
    assert answer.status == "OK" and answer.find("[NOUPDATE ")
    client.cmd('CANCELUPDATE "%s"' % tags[3])
    kept(client, ") SEEN")


def test_tag_twice(client):
    client.send(b"x SEARCH RETURN (UPDATE) SEEN\r\n")
    assert client.finish(b"x").status == "OK"
    client.send(b"x SEARCH RETURN (UPDATE) SEEN\r\n")
    assert client.finish(b"x").status == "BAD"
    client.send(b"x SEARCH RETURN (COUNT) SEEN\r\n")
    assert client.finish(b"x").status == "OK"


def test_charset_and_literals(client, other):
    answer = client.cmd("UID SEARCH RETURN (UPDATE) CHARSET KOI8-R SUBJECT "
                        "{}", "привет".encode("koi8-r"))
    tag = answer.tagged.split(b" ")[0].decode()
    client.cmd("NOOP")
    other.append("Subject: =?utf-8?b?0L/RgNC40LLQtdGC?=\r\n\r\nx\r\n".encode())
    assert news(client.cmd("NOOP"), tag) == ["UID ADDTO (0 4)"]
