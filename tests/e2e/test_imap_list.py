"""LIST in its extended form, special folders, LIST and STATUS in one."""
import os

import pytest

from imap_client import Client

SIMPLE = b"Subject: x\r\n\r\nhello\r\n"


@pytest.fixture
def client(lite):
    client = Client(lite)
    for name in ("a", "a/b", "a/b/c", "Sent", "x/y"):
        assert client.cmd("CREATE " + name).status == "OK"
    for name in ("a/b", "gone", "x/y"):
        client.cmd("SUBSCRIBE " + name)
    return client


def listed(client, arguments, verb="LIST"):
    """[(flags, name, what follows)] in the order of the response."""
    answer = client.cmd("%s %s" % (verb, arguments))
    assert answer.status == "OK", (arguments, answer.tagged)
    out = []
    for line in answer.untagged:
        if not line.startswith(b"* %s (" % verb.encode()):
            continue
        flags, rest = line.decode().split("(", 1)[1].split(') "/" ', 1)
        name, _, more = rest.strip().partition(" ")
        out.append((set(flags.split()), name.strip('"'), more))
    return out


def names(client, arguments):
    return [name for _, name, _ in listed(client, arguments)]


def test_plain(client):
    assert names(client, '"" *') == ["INBOX", "Sent", "a", "a/b", "a/b/c",
                                     "x", "x/y"]
    flags = {name: flags for flags, name, _ in listed(client, '"" *')}
    assert flags["Sent"] == {"\\HasNoChildren", "\\Sent"}
    assert flags["a/b"] == {"\\HasChildren"}
    assert flags["x"] == {"\\Noselect", "\\HasChildren"}
    assert names(client, '"" %') == ["INBOX", "Sent", "a", "x"]
    assert names(client, 'a/ %') == ["a/b"]
    assert names(client, '"" ""') == [""]


def test_selections(client):
    assert names(client, '(SUBSCRIBED) "" *') == ["a/b", "gone", "x/y"]
    flags = {name: flags for flags, name, _ in listed(
        client, '(SUBSCRIBED) "" *')}
    assert flags["gone"] == {"\\NonExistent", "\\HasNoChildren",
                             "\\Subscribed"}
    assert flags["a/b"] == {"\\HasChildren", "\\Subscribed"}
    assert names(client, '(SPECIAL-USE) "" *') == ["Sent"]
    assert names(client, '(REMOTE) "" %') == ["INBOX", "Sent", "a", "x"]
    assert names(client, '() "" %') == ["INBOX", "Sent", "a", "x"]
    assert names(client, '(SUBSCRIBED) "" %') == ["gone"]


def test_recursive_match(client):
    got = listed(client, '(SUBSCRIBED RECURSIVEMATCH) "" %')
    assert [(name, more) for _, name, more in got] == [
        ("a", '("CHILDINFO" ("SUBSCRIBED"))'), ("gone", ""),
        ("x", '("CHILDINFO" ("SUBSCRIBED"))')]
    assert client.cmd('LIST (RECURSIVEMATCH) "" %').status == "BAD"


def test_patterns(client):
    assert names(client, '"" (INBOX "a/%")') == ["INBOX", "a/b"]
    assert names(client, 'a/ ("b" "b/%")') == ["a/b", "a/b/c"]
    many = " ".join(["x"] * 100)
    assert names(client, '"" (%s)' % many) == ["x"]
    assert client.cmd('LIST "" (%s x)' % many).status == "BAD"


def test_returns(client):
    got = {name: flags for flags, name, _ in listed(
        client, '"" * RETURN (SUBSCRIBED CHILDREN)')}
    assert "\\Subscribed" in got["a/b"] and "\\Subscribed" not in got["a"]
    assert got["x"] == {"\\NonExistent", "\\HasChildren"}
    client.append(SIMPLE, "a")
    answer = client.cmd('LIST "" % RETURN (STATUS (MESSAGES UNSEEN SIZE))')
    assert answer.untagged == [
        b'* LIST (\\HasNoChildren) "/" INBOX',
        b"* STATUS INBOX (MESSAGES 0 UNSEEN 0 SIZE 0)",
        b'* LIST (\\HasNoChildren \\Sent) "/" Sent',
        b"* STATUS Sent (MESSAGES 0 UNSEEN 0 SIZE 0)",
        b'* LIST (\\HasChildren) "/" a',
        b"* STATUS a (MESSAGES 1 UNSEEN 1 SIZE %d)" % len(SIMPLE),
        b'* LIST (\\NonExistent \\HasChildren) "/" x']


def test_wrong(client):
    for arguments in ('(FOO) "" *', '"" * RETURN', '"" * RETURN (FOO)',
                      '"" * RETURN (STATUS)', '"" * RETURN (STATUS ())',
                      '"" * RETURN (STATUS (FOO))', '"" ()', '"" (*',
                      '(SUBSCRIBED "" *', '"" * *', "", '""'):
        assert client.cmd("LIST " + arguments).status == "BAD", arguments


def test_lsub(client):
    assert [(name, flags) for flags, name, _ in listed(
        client, '"" *', "LSUB")] == [("a/b", set()), ("gone", set()),
                                     ("x/y", set())]
    assert [(name, flags) for flags, name, _ in listed(
        client, '"" %', "LSUB")] == [("gone", set()), ("a", {"\\Noselect"}),
                                     ("x", {"\\Noselect"})]
    client.cmd("SUBSCRIBE Sent")
    assert ({"\\Sent"}, "Sent", "") in listed(client, '"" *', "LSUB")
    assert client.cmd('LSUB (SUBSCRIBED) "" *').status == "BAD"


def test_status_of_deleted(client):
    client.append(SIMPLE, "a", "(\\Deleted) ")
    assert client.cmd("STATUS a (DELETED SIZE)").untagged == [
        b"* STATUS a (DELETED 1 SIZE %d)" % len(SIMPLE)]


# ---- special folders

def test_create_with_a_use(client):
    assert client.cmd("CREATE Trash (USE (\\Trash))").status == "OK"
    for name, use in (("Bin", "\\Trash"), ("Junk", "\\Junk \\Sent"),
                      ("Other", "\\Flagged")):
        got = client.cmd("CREATE %s (USE (%s))" % (name, use))
        assert got.status == "NO" and got.code == "USEATTR", name
    for text in ("CREATE z (USE)", "CREATE z (USE (\\Junk)", "CREATE z USE",
                 "CREATE z (FOO (\\Junk))"):
        assert client.cmd(text).status == "BAD", text
    assert "z" not in names(client, '"" *')


def test_folders_of_a_new_user(lite):
    lite.conf(imap_make_folders="yes", imap_trash="Papierkorb",
              imap_archive="")
    client = Client(lite)
    wanted = ["Drafts", "Junk", "Papierkorb", "Sent"]
    assert names(client, '(SUBSCRIBED) "" *') == wanted
    assert {flag for flags, _, _ in listed(client, '"" *')
            for flag in flags} >= {"\\Trash", "\\Drafts", "\\Sent", "\\Junk"}
    client.cmd("DELETE Junk")
    client.cmd("UNSUBSCRIBE Junk")
    client.cmd("LOGOUT")
    assert names(Client(lite), '(SUBSCRIBED) "" *') == [
        "Drafts", "Papierkorb", "Sent"], "not made again"


def test_a_full_disk_is_no_reason_not_to_log_in(lite):
    Client(lite).cmd("LOGOUT")
    lite.conf(imap_make_folders="yes")
    os.chmod(lite.maildir(), 0o500)
    try:
        client = Client(lite)
        assert names(client, '"" *') == ["INBOX"]
    finally:
        os.chmod(lite.maildir(), 0o700)
    lite.wait_log("cannot make the folder Drafts")
