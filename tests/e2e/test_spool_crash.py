"""The keeper and njiwa-queue, killed before each system call that changes the
disk: no message is lost, none is left half, and njiwa-queue doubles none."""
import collections
import os
import re
import subprocess
import time

import pytest

import spool_under_test
from site_under_test import full

pytestmark = pytest.mark.usefixtures("strace")

# What can change the disk, or tell a client.
CHANGING = ("openat", "write", "fsync", "link", "linkat", "rename", "renameat",
            "renameat2", "unlinkat", "mkdirat", "utimensat", "sendmsg",
            "ftruncate", "fchown")

TALK = (b"EHLO client.example\r\nMAIL FROM:<sender@example.org>\r\n"
        b"RCPT TO:<" + full("demo").encode() + b">\r\n"
        b"RCPT TO:<" + full("other").encode() + b">\r\n"
        b"DATA\r\nSubject: crash\r\n\r\nthe body\r\n.\r\nQUIT\r\n")


@pytest.fixture(name="site")
def fixture_site(make_site):
    site = make_site("sqlite")
    site.accountd()  # one for all of the many connections
    return site


def traced(site, command, inject=None, trace=None, octets=b""):
    words = ["strace", "-qq", "-o", trace or "/dev/null", "-e",
             "trace=" + ",".join(CHANGING)]
    if inject:
        words += ["-e", "inject=" + inject]
    with open(site.log_file, "ab") as log:
        return subprocess.run(
            words + command, input=octets, stdout=subprocess.PIPE, stderr=log,
            env=site.env, timeout=60, check=False).stdout


def calls_of(site, command, octets=b""):
    trace = site.folder + "/trace"
    traced(site, command, trace=trace, octets=octets)
    with open(trace) as file:
        return collections.Counter(re.findall(r"^(\w+)\(", file.read(), re.M))


def points(counts):
    return [(name, nth) for name, count in counts.items()
            for nth in range(1, count + 1)]


def empty(site, spool):
    for user in ("demo", "other"):
        for path in site.messages(user):
            os.unlink(path)
    for path in (spool.env_files() + spool.message_files()
                 + spool.broken_files()):
        os.unlink(path)


def test_keeper(site):
    """Each ends with a message of which the client is to send it again, or
    with one that both recipients have in the end."""
    spool = spool_under_test.Spool(site)
    command = site.command("mx")
    spool_under_test.break_mailbox(site, "other")
    counts = calls_of(site, command, TALK)
    assert counts["linkat"] >= 2 and counts["fsync"] >= 4
    ends = collections.Counter()
    for name, nth in points(counts):
        empty(site, spool)
        said = traced(site, command, "%s:signal=KILL:when=%d" % (name, nth),
                      octets=TALK)
        accepted = b"queued as" in said
        ends[accepted] += 1
        envelopes = spool.envelopes()
        names = [n for n in envelopes if not n.startswith(".")]
        assert len(names) <= 1
        for envelope in (envelopes[n] for n in names):
            assert [bool(r["sum"]) for r in envelope["rcpts"]] == [True]
        if accepted:
            assert len(site.messages("demo")) == 1 and len(names) == 1
        # an envelope is never without its message
        assert {os.path.basename(p) for p in spool.message_files()} >= \
            set(names)
        spool_under_test.mend_mailbox(site, "other")
        spool.make_due()
        assert spool.run().returncode == 0
        assert len(site.messages("other")) == len(names)
        assert spool.broken_files() == []
        empty(site, spool)
        spool_under_test.break_mailbox(site, "other")
    assert ends[False] > 10 and ends[True] > 0


@pytest.mark.parametrize("sender", ["sender@example.org", full("demo")])
def test_queue(site, sender):
    """Delivery, and for a mailbox that is gone the report."""
    spool = spool_under_test.Spool(site)
    command = [site.build + "/njiwa-queue"]
    gone = sender == full("demo")
    if gone:
        site.add_user("third")

    def prepare():
        empty(site, spool)
        user = "third" if gone else "other"
        spool_under_test.break_mailbox(site, user)
        with site.smtp() as client:
            client.sendmail(sender, [full("demo"), full(user)],
                            "Subject: crash\r\n\r\nthe body\r\n")
        spool_under_test.mend_mailbox(site, user)
        if gone:
            site.njiwa("user", "remove", full("third"))
        # due since a while, so that a report is due before its message
        (path,) = spool.env_files()
        spool_under_test.edit(path, next=1000)
        os.utime(path, (1000, 1000))

    def again():
        if gone:
            site.add_user("third")

    prepare()
    counts = calls_of(site, command)
    assert spool.is_empty() and counts["fsync"] >= 5
    halves = 0
    for name, nth in points(counts):
        again()
        prepare()
        traced(site, command, "%s:signal=KILL:when=%d" % (name, nth))
        halves += not spool.is_empty()
        if len(spool.env_files()) > 1:
            time.sleep(1.1)  # another report would be of another second
        assert spool.run().returncode == 0
        assert spool.env_files() == [] and spool.broken_files() == []
        assert len(site.messages("demo")) == (2 if gone else 1), (name, nth)
        assert len(site.messages("other")) == (0 if gone else 1), (name, nth)
    assert halves > 10


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_queue_on_a_bad_disk(site, error):
    """One call fails, whichever: the message is there once in the end, and its
    user may even remove it before the next run."""
    spool = spool_under_test.Spool(site)
    command = [site.build + "/njiwa-queue"]

    def prepare():
        empty(site, spool)
        spool_under_test.break_mailbox(site, "other")
        with site.smtp() as client:
            client.sendmail("s@example.org", [full("demo"), full("other")],
                            "Subject: crash\r\n\r\nthe body\r\n")
        spool_under_test.mend_mailbox(site, "other")
        spool.make_due()

    prepare()
    waits = 0
    for name, nth in points(calls_of(site, command)):
        if name in ("sendmsg", "openat"):
            continue  # what is opened is not changed by that
        prepare()
        traced(site, command, "%s:error=%s:when=%d" % (name, error, nth))
        waits += not spool.is_empty()
        spool.make_due()
        assert spool.run().returncode == 0
        assert spool.env_files() == [] and spool.broken_files() == []
        assert len(site.messages("other")) == 1, (name, nth)
    assert waits > 3


def test_set_aside(site):
    """What makes no sense goes to a person whole: a message that has lost its
    envelope on the way would be cleaned away."""
    spool = spool_under_test.Spool(site)
    command = [site.build + "/njiwa-queue"]

    def prepare():
        empty(site, spool)
        spool_under_test.break_mailbox(site, "other")
        with site.smtp() as client:
            client.sendmail("s@example.org", [full("demo"), full("other")],
                            "Subject: crash\r\n\r\nthe body\r\n")
        spool_under_test.mend_mailbox(site, "other")
        (path,) = spool.env_files()
        with open(path, "ab") as file:
            file.write(b"x")
        os.utime(path, (1, 1))

    prepare()
    counts = calls_of(site, command)
    assert counts["renameat"] == 2
    for name, nth in points(counts):
        prepare()
        traced(site, command, "%s:signal=KILL:when=%d" % (name, nth))
        assert spool.run().returncode == 0
        assert spool.is_empty(), (name, nth)
        kept = [path[-4:] for path in spool.broken_files()]
        assert sorted(kept) == [".env", ".msg"], (name, nth)


def test_full_disk(site):
    """A spool that has no room fails as a whole."""
    spool = spool_under_test.Spool(site)
    command = site.command("mx")
    spool_under_test.break_mailbox(site, "other")
    counts = calls_of(site, command, TALK)
    failed = 0
    for name, nth in points(counts):
        if name in ("sendmsg", "unlinkat"):
            continue
        empty(site, spool)
        said = traced(site, command, "%s:error=ENOSPC:when=%d" % (name, nth),
                      octets=TALK)
        if b"queued as" in said:
            assert len(site.messages("demo")) == 1
            assert len(spool.envelopes()) == 1
        else:
            failed += 1
            assert site.messages("demo") == [] and spool.is_empty(), (name,
                                                                      nth)
    assert failed > 5
