"""QUOTA (RFC 9208) and ENABLE (RFC 5161)."""
import smtplib

import pytest

import servers
from imap_client import Client

BIG = b"Subject: x\r\n\r\n" + b"x" * 70 + b"\r\n" + b"y" * 100000 + b"\r\n"


@pytest.fixture
def small(make_site):
    """A client of the user with a quota of one megabyte."""
    return Client(make_site("mysql"), user="small")


def test_quota(small):
    answer = small.cmd("GETQUOTAROOT INBOX")
    assert answer.untagged == [b'* QUOTAROOT INBOX "User quota"',
                               b'* QUOTA "User quota" (STORAGE 0 1024)']
    assert small.append(BIG).status == "OK"
    answer = small.cmd('GETQUOTA "User quota"')
    assert answer.untagged == [b'* QUOTA "User quota" (STORAGE 98 1024)']
    for _ in range(9):
        assert small.append(BIG).status == "OK"
    answer = small.append(BIG)
    assert answer.status == "NO" and answer.code == "OVERQUOTA"


def test_what_does_not_count(small):
    small.cmd("CREATE Sent")
    assert small.cmd("GETQUOTAROOT Sent").untagged == [b"* QUOTAROOT Sent"]
    assert small.cmd("GETQUOTAROOT nothing").code == "NONEXISTENT"
    assert small.cmd("GETQUOTA other").code == "NONEXISTENT"
    assert small.cmd('GETQUOTA ""').code == "NONEXISTENT"
    assert small.cmd('SETQUOTA "User quota" (STORAGE 1)').code == "NOPERM"
    for text in ("GETQUOTA", "GETQUOTA a b", "GETQUOTAROOT"):
        assert small.cmd(text).status == "BAD", text


def test_unlimited(make_site):
    client = Client(make_site("sqlite"))
    assert client.cmd("GETQUOTAROOT INBOX").untagged == [b"* QUOTAROOT INBOX"]
    assert client.cmd('GETQUOTA "User quota"').code == "NONEXISTENT"


def test_imaplib(make_site):
    client = make_site("sqlite").imap("small")
    assert b"QUOTA=RES-STORAGE" in client.capability()[1][0]
    assert client.getquotaroot("INBOX") == (
        "OK", [[b'INBOX "User quota"'], [b'"User quota" (STORAGE 0 1024)']])
    assert client.enable("UTF8=ACCEPT")[0] == "OK"


def test_enable(small):
    answer = small.cmd("ENABLE CONDSTORE X-FOO")
    assert answer.status == "OK" and answer.untagged == [b"* ENABLED CONDSTORE"]
    for text in ("ENABLE", "ENABLE (a)", "ENABLE a  b"):
        assert small.cmd(text).status == "BAD", text
    small.cmd("SELECT INBOX")
    assert small.cmd("ENABLE CONDSTORE").status == "BAD"


def test_messages(make_site):
    """RES-MESSAGE: at the limit and one past it, by all ways in."""
    site = make_site("sqlite")
    site.conf(quota_messages=3)
    client = Client(site)
    assert client.cmd("CAPABILITY").find(" QUOTA=RES-MESSAGE")
    assert not client.cmd("CAPABILITY").find("QUOTASET")
    one = b"Subject: x\r\n\r\nbody\r\n"
    both = b"{%d+}\r\n%s {%d+}\r\n%s" % (len(one), one, len(one), one)
    client.cmd("CREATE Sent")
    client.append(one, "Sent")
    client.send(b"a APPEND INBOX " + both + b"\r\n")
    assert client.finish(b"a").status == "OK"
    client.send(b"b APPEND INBOX " + both + b"\r\n")
    got = client.finish(b"b")
    assert got.status == "NO" and got.code == "OVERQUOTA"
    client.cmd("SELECT INBOX")
    assert client.cmd("COPY 1:2 INBOX").code == "OVERQUOTA"
    assert client.cmd("COPY 1 INBOX").status == "OK"
    assert client.cmd('GETQUOTA "User quota"').untagged == [
        b'* QUOTA "User quota" (MESSAGE 3 3)']
    assert client.append(one).code == "OVERQUOTA"
    assert client.cmd("REPLACE 1 INBOX {}", one).status == "OK"
    client.cmd("SELECT Sent")
    assert client.cmd("MOVE 1 INBOX").code == "OVERQUOTA"
    client.cmd("SELECT INBOX")
    assert client.cmd("MOVE 1 Sent").status == "OK"
    assert client.append(one).status == "OK"


def test_both_resources(make_site):
    site = make_site("sqlite")
    site.conf(quota_messages=9)
    client = Client(site, user="small")
    client.append(BIG)
    assert client.cmd("GETQUOTAROOT INBOX").untagged == [
        b'* QUOTAROOT INBOX "User quota"',
        b'* QUOTA "User quota" (STORAGE 98 1024 MESSAGE 1 9)']


def test_messages_that_come_by_smtp(make_site):
    site = make_site("sqlite")
    site.conf(quota_messages=1)
    site.accountd()
    with site.smtp() as smtp:
        smtp.sendmail("a@far.example", ["demo@test.dev"], "Subject: 1\n\n")
    servers.wait_for("the quota row", lambda: site.sql(
        "SELECT messages FROM quota WHERE username = 'demo@test.dev'")
        == [["1"]])
    with site.smtp() as smtp:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            smtp.sendmail("a@far.example", ["demo@test.dev"], "Subject: 2\n\n")
    code, text = refused.value.recipients["demo@test.dev"]
    assert code == 552 and b"Sorry, the mailbox of demo" in text


def test_deleted_storage(small):
    small.append(BIG)
    small.append(b"Subject: y\r\n\r\n")
    small.cmd("SELECT INBOX")
    assert small.cmd("STATUS INBOX (DELETED DELETED-STORAGE)").find(
        "(DELETED 0 DELETED-STORAGE 0)")
    small.cmd("STORE 1 +FLAGS (\\Deleted)")
    size = len(BIG.replace(b"\r\n", b"\n"))
    assert small.cmd("STATUS INBOX (DELETED DELETED-STORAGE)").find(
        "(DELETED 1 DELETED-STORAGE %d)" % size)
