"""QUOTA (RFC 9208) and ENABLE (RFC 5161)."""
import pytest

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
