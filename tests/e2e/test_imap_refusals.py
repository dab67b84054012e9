"""What njiwa-imapd refuses, with which words and how early; and what it does
all the same when a part of it cannot be done."""
import os
import time

import pytest

import servers
from imap_client import Client
from site_under_test import PASSWORD

BACK_ENDS = ["sqlite"]
SIMPLE = b"Subject: x\r\n\r\nbody\r\n"
BIG = b"Subject: x\r\n\r\n" + (b"y" * 78 + b"\r\n") * 8000  # 640 KB
STALE = 2.2  # s after which a quota is asked for again


@pytest.fixture
def client(site):
    return Client(site)


def used(site):
    rows = site.sql("SELECT bytes FROM quota WHERE username = "
                    "'small@test.dev'")
    return int(rows[0][0]) if rows else 0


@pytest.mark.parametrize("backend", ["sqlite", "mysql"])
def test_quota_that_others_use(make_site, backend):
    site = make_site(backend)
    a, b = Client(site, user="small"), Client(site, user="small")
    assert a.append(BIG).status == "OK"
    servers.wait_for("the quota row", lambda: used(site) > 600000)
    time.sleep(STALE)
    b.cmd("SELECT INBOX")
    assert b.append(BIG).code == "OVERQUOTA"
    assert b.cmd("COPY 1 INBOX").code == "OVERQUOTA"
    # what another one has given back can be used at once
    a.cmd("SELECT INBOX")
    a.cmd("STORE 1 +FLAGS (\\Deleted)")
    a.cmd("EXPUNGE")
    servers.wait_for("the quota row", lambda: used(site) == 0)
    assert b.append(BIG).status == "OK"


def test_quota_that_changes(site):
    client = Client(site, user="small")
    site.sql("UPDATE users SET quota = '0' WHERE name = 'small'")
    assert client.append(BIG).status == "OK"  # it fits either way
    assert client.append(BIG).status == "OK"
    site.sql("UPDATE users SET quota = '1' WHERE name = 'small'")
    time.sleep(STALE)
    assert client.append(SIMPLE).code == "OVERQUOTA"


def test_messages_can_be_read_when_seen_cannot_be_set(site, client):
    for _ in range(3):
        client.append(SIMPLE)
    client.cmd("SELECT INBOX")
    cur = site.maildir() + "/cur"
    try:
        os.chmod(cur, 0o555)
        got = client.cmd("FETCH 1:3 BODY[]")
        assert got.status == "OK"
        assert len(got.all("FETCH (BODY[]")) == 3
        assert got.literal() == SIMPLE and got.find("Seen") is None
        assert client.cmd("STORE 1 +FLAGS (\\Seen)").code == "NOPERM"
    finally:
        os.chmod(cur, 0o700)
    site.logged("FETCH:", 1)
    assert b"\\Seen" in client.cmd("FETCH 1 BODY[]").untagged[0]


def test_append_to_what_is_not_there_is_refused_at_once(site, client):
    client.send(b"a APPEND nowhere {1000000}\r\n")
    assert client.response().startswith(b"a NO [TRYCREATE]")
    client.send(b"b APPEND nowhere (kw) {1000000}\r\n")
    assert client.response().startswith(b"b NO [TRYCREATE]")
    client.send(b"c APPEND nowhere {1000+}\r\n" + b"x" * 1000 + b"\r\n")
    assert client.finish(b"c").code == "TRYCREATE"
    assert client.cmd("NOOP").status == "OK"
    assert site.messages() == []


def test_append_with_a_keyword_too_many(client):
    for i in range(25):
        assert client.append(SIMPLE, "INBOX", "(k%d) " % i).status == "OK"
    # the 26th has room, the 27th has none: the message counts more
    assert client.append(SIMPLE, "INBOX", "(a b k3 \\Flagged) ").status == "OK"
    client.cmd("SELECT INBOX")
    got = client.cmd("FETCH 26 FLAGS").untagged[0]
    assert sorted(got[got.index(b"(FLAGS (") + 8:-2].split()) == [
        b"\\Flagged", b"a", b"k3"]


def test_days_before_all_time(client):
    client.append(SIMPLE)
    client.cmd("SELECT INBOX")
    assert client.cmd("SEARCH SINCE 1-Jan-1900").untagged == [b"* SEARCH 1"]
    assert client.cmd("SEARCH BEFORE 1-Jan-1960").untagged == [b"* SEARCH"]


@pytest.mark.parametrize("tls", [False, True])
def test_long_tags(site, tls):
    client = Client(site, "imaps" if tls else "imap", user=None)
    for size in 513, 4000:
        client.send(b"x" * size + b" LOGIN demo@test.dev %s\r\n" %
                    PASSWORD.encode())
        assert client.response().startswith(b"* BAD")
    tag = b"x" * 512
    client.send(tag + b" LOGIN demo@test.dev %s\r\n" % PASSWORD.encode())
    assert client.finish(tag).status == "OK"
    client.send(tag + b"x NOOP\r\n")
    assert client.response().startswith(b"* BAD")
    assert client.cmd("NOOP").status == "OK"
