"""REPLACE when others, or the disk, come in between: what it says is what is
there, and one of both messages always is."""
import subprocess

import pytest

from imap_client import Client
from site_under_test import MAIL_UID
from test_bad_kills import processes_of

BACK_ENDS = ["sqlite"]
OLD = b"Subject: old\r\n\r\nold\r\n"
NEW = b"Subject: new\r\n\r\nnew\r\n"


def bodies(site):
    return [open(path, "rb").read().replace(b"\n", b"\r\n")
            for path in site.messages()]


def test_of_what_another_has_removed(site):
    """Of two sessions that replace one message one does, and the other hears
    that it is gone."""
    first, second = Client(site), Client(site)
    first.append(OLD)
    for client in first, second:
        client.cmd("SELECT INBOX")
    assert first.cmd("REPLACE 1 INBOX {}", NEW).status == "OK"
    got = second.cmd("REPLACE 1 INBOX {}", NEW + b"2\r\n")
    assert got.status == "NO" and got.code == "EXPUNGEISSUED", got.tagged
    assert bodies(site) == [NEW]


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("nth,status", [(1, "NO"), (2, "NO"), (3, "OK")])
def test_on_a_failing_disk(site, nth, status):
    """The folder does not get to the disk with the list, or with the new
    message, which then goes, or without the old one, after which the new one
    has to stay."""
    client = Client(site)
    client.append(OLD)
    client.cmd("SELECT INBOX")
    pid, = processes_of(site, "njiwa-imapd", MAIL_UID)
    trace = site.folder + "/trace"
    with subprocess.Popen(
            ["strace", "-o", trace, "-P", site.maildir() + "/cur", "-e",
             "trace=fsync", "-e", "inject=fsync:error=EIO:when=%d" % nth,
             "-p", str(pid)], stderr=subprocess.PIPE) as strace:
        assert b"attached" in strace.stderr.readline()
        got = client.cmd("REPLACE 1 INBOX {}", NEW)
        strace.terminate()
    assert "INJECTED" in open(trace, encoding="ascii").read()
    assert got.status == status, got.tagged
    assert bodies(site) == [NEW if status == "OK" else OLD]
