"""DELETE and RENAME: trees, INBOX, the mailbox in use, what is in the way, and
what comes of messages, UIDs, quota and subscriptions."""
import glob
import os
import time

import pytest

from dovecot_under_test import dovecot_lists
from imap_client import Client
import servers

SIMPLE = b"Subject: x\r\n\r\nhello\r\n"


@pytest.fixture
def client(lite):
    return Client(lite)


def names(client, pattern="*"):
    """{name: attributes} of LIST."""
    found = {}
    for line in client.cmd('LIST "" "%s"' % pattern).all("LIST ("):
        attributes, name = line.split(b") ", 1)
        found[name.split(b" ", 1)[1].strip(b'"').decode()] = \
            attributes.split(b"(")[1].decode()
    return found


def quota(site):
    rows = site.sql("SELECT bytes, messages FROM quota "
                    "WHERE username = 'demo@test.dev'")
    return tuple(map(int, rows[0])) if rows else (0, 0)


def make(client, *folders):
    for folder in folders:
        assert client.cmd("CREATE " + folder).status == "OK"


def uids(client, folder):
    """(uidvalidity, all uids) of a folder."""
    answer = client.cmd("SELECT " + folder)
    validity = answer.find("UIDVALIDITY").split(b" ")[3].rstrip(b"]")
    found = client.cmd("UID SEARCH ALL").untagged[0].split()[2:]
    client.cmd("UNSELECT")
    return validity, found


# ---- DELETE

def test_delete(lite, client):
    make(client, "a", "a/b", "c")
    client.append(SIMPLE, "a")
    client.append(SIMPLE, "a/b")
    assert client.cmd("DELETE a").status == "OK"
    assert names(client) == {"INBOX": "\\HasNoChildren",
                             "a": "\\Noselect \\HasChildren",
                             "a/b": "\\HasNoChildren",
                             "c": "\\HasNoChildren"}
    client.cmd("LOGOUT")
    servers.wait_for("quota of one", lambda: quota(lite)[1] == 1)
    assert not glob.glob(lite.maildir() + "/..*")
    assert sorted(os.listdir(lite.maildir(folder="a.b"))) == \
        sorted(os.listdir(lite.maildir(folder="c")))


def test_delete_what_cannot_be(client):
    make(client, "a/b")
    for name, code in (("INBOX", "CANNOT"), ("inbox", "CANNOT"),
                       ("nothing", "NONEXISTENT"), ("a", "HASCHILDREN"),
                       ('""', "CANNOT"), ("../x", "CANNOT")):
        got = client.cmd("DELETE " + name)
        assert got.status == "NO" and got.code == code, name
    for text in ("DELETE", "DELETE a b", "DELETE (a)"):
        assert client.cmd(text).status == "BAD", text


def test_a_new_folder_of_an_old_name(client):
    make(client, "a")
    client.append(SIMPLE, "a")
    first = uids(client, "a")
    client.cmd("DELETE a")
    make(client, "a")
    client.append(SIMPLE, "a")
    second = uids(client, "a")
    assert int(second[0]) > int(first[0])


def test_delete_the_selected(lite, client):
    make(client, "a")
    client.append(SIMPLE, "a")
    other = Client(lite)
    client.cmd("SELECT a")
    other.cmd("SELECT a")
    got = client.cmd("DELETE a")
    assert got.status == "OK" and got.find("[CLOSED]")
    assert client.cmd("FETCH 1 FLAGS").status == "BAD"
    # the other is told, one way or another, and never of a wrong message
    got = other.cmd("NOOP")
    assert got.find("BYE") or got.find("1 EXPUNGE")


def test_subscriptions_stay(client):
    make(client, "a")
    client.cmd("SUBSCRIBE a")
    client.cmd("DELETE a")
    assert client.cmd('LSUB "" *').find('"a"') or \
        client.cmd('LSUB "" *').find(" a")


def test_what_a_crash_left_is_removed(lite, client):
    make(client, "a", "b")
    left = lite.maildir() + "/..njiwa-gone.1.2.3"
    os.rename(lite.maildir(folder="a"), left)
    assert "a" not in names(client)
    assert client.cmd("DELETE b").status == "OK"
    assert not os.path.exists(left)


def imapds(site):
    return {pid for pid, line in site.processes().items() if "imapd" in line}


def test_killed_while_it_deletes(lite, client):
    """Whenever it is killed, the folder is whole or gone."""
    make(client, "keep")
    for attempt in range(16):
        make(client, "a")
        for _ in range(20):
            client.append(SIMPLE, "a")
        before = imapds(lite)
        victim = Client(lite)
        session = imapds(lite) - before
        victim.send(b"x DELETE a\r\n")
        time.sleep(attempt * 0.00005)
        servers.kill(*session)
        if "a" in names(client):
            assert len(lite.messages(folder="a")) == 20
            assert client.cmd("DELETE a").status == "OK"
        assert client.cmd("DELETE keep").status == "OK"
        make(client, "keep")
        assert not glob.glob(lite.maildir() + "/..*")


# ---- RENAME

def test_rename_a_tree(lite, client):
    make(client, "a", "a/b", "a/b/c", "ab")
    client.append(SIMPLE, "a/b")
    before = uids(client, "a/b")
    assert client.cmd("RENAME a x/y").status == "OK"
    assert set(names(client)) == {"INBOX", "ab", "x", "x/y", "x/y/b",
                                  "x/y/b/c"}
    assert uids(client, "x/y/b") == before
    assert client.cmd("RENAME x z").status == "OK", "a parent that is none"
    assert set(names(client)) == {"INBOX", "ab", "z", "z/y", "z/y/b",
                                  "z/y/b/c"}


def test_inbox_in_any_case(lite, client):
    """As a parent too it has one name, whoever asks."""
    lite.conf(expire_folders="INBOX/old=1")
    client = Client(lite)
    make(client, "inbox/x", "Inbox/x/y")
    for command in ("SUBSCRIBE inbox/x", "SELECT iNbox/x",
                    "RENAME inbox/x inbox/old"):
        assert client.cmd(command).status == "OK", command
    assert set(names(client)) == {"INBOX", "INBOX/old", "INBOX/old/y"}
    assert client.cmd('LSUB "" *').untagged == [b'* LSUB () "/" INBOX/x']
    got = client.append(SIMPLE, "inbox/old")
    assert got.find("1 EXISTS"), "it is the selected one"
    servers.wait_for("the row", lambda: lite.sql(
        "SELECT mailbox FROM expires") == [["INBOX/old"]])


def test_rename_what_cannot_be(client):
    make(client, "a", "a/b", "x", "y/b")
    for arguments, code in (
            ("nothing z", "NONEXISTENT"), ("a x", "ALREADYEXISTS"),
            ("a a", "ALREADYEXISTS"), ("a inbox", "ALREADYEXISTS"),
            ("a a/c", "CANNOT"), ("a y", "ALREADYEXISTS"),
            ("a ../z", "CANNOT"), ('a ""', "CANNOT"),
            ("a " + "z" * 253, "CANNOT")):
        got = client.cmd("RENAME " + arguments)
        assert got.status == "NO" and got.code == code, arguments
    assert set(names(client)) == {"INBOX", "a", "a/b", "x", "y", "y/b"}
    for text in ("RENAME a", "RENAME", "RENAME a b c", "RENAME a  b"):
        assert client.cmd(text).status == "BAD", text


def test_rename_inbox(lite, client):
    make(client, "INBOX/child")
    for flags in ("", "(\\Seen $Label) ", "(\\Flagged) "):
        client.append(SIMPLE, before=flags)
    client.cmd("SELECT INBOX")
    flags = client.cmd("FETCH 1:3 FLAGS").untagged
    got = client.cmd("RENAME INBOX old/box")
    assert got.status == "OK" and len(got.all("EXPUNGE")) == 3
    assert "INBOX" in names(client) and "INBOX/child" in names(client)
    assert client.cmd("SELECT old/box").find("3 EXISTS")
    moved = client.cmd("FETCH 1:3 FLAGS").untagged
    assert [line.replace(b" \\Recent", b"").replace(b"\\Recent", b"")
            for line in moved] == [
        line.replace(b" \\Recent", b"").replace(b"\\Recent", b"")
        for line in flags]
    assert client.cmd("SELECT INBOX").find("0 EXISTS")
    client.cmd("LOGOUT")
    servers.wait_for("quota of three", lambda: quota(lite)[1] == 3)
    client = Client(lite)
    assert client.cmd("RENAME INBOX old/box").code == "ALREADYEXISTS"


def test_rename_the_selected(client):
    make(client, "a", "a/b")
    client.append(SIMPLE, "a/b")
    client.cmd("SELECT a/b")
    assert client.cmd("RENAME a z").status == "OK"
    assert client.cmd("FETCH 1 BODY.PEEK[]").literal() == SIMPLE
    assert client.append(SIMPLE, "z/b").find("2 EXISTS")
    assert client.cmd("DELETE z/b").find("[CLOSED]")


def test_dovecot_sees_the_same(lite, client):
    make(client, "a", "a/b", "c")
    client.append(SIMPLE, "a")
    client.cmd("RENAME a x")
    client.cmd("DELETE c")
    assert dovecot_lists(lite) == {"INBOX", "x", "x/b"}
