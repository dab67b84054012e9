"""njiwa-queue: what waits in the spool is delivered, or tried again."""
import os
import re
import subprocess
import time

import pytest

import servers
import spool_under_test
from queue_under_test import leave, run
from site_under_test import MAIL_UID, full

BACK_ENDS = ["sqlite"]


@pytest.fixture(name="spool")
def fixture_spool(site):
    return spool_under_test.Spool(site)


def test_delivered_when_it_can_be(site, spool):
    leave(site, spool)
    run(spool, due=False)
    begun = int(time.time())
    run(spool)
    (envelope,) = spool.envelopes().values()
    rcpt = envelope["rcpts"][0]
    assert rcpt["tries"] == "2"
    # twice as far away as the first time
    assert begun + 599 <= int(rcpt["next"]) <= time.time() + 601
    assert envelope["trying"] == "no"
    spool_under_test.mend_mailbox(site, "other")
    run(spool)
    assert spool.is_empty()
    assert site.contents("other") == site.contents("demo")
    assert len(site.messages("other")) == 1
    (path,) = site.messages("other")
    assert os.stat(path).st_uid == MAIL_UID
    assert re.search(r",S=\d+,W=\d+$", path)
    servers.wait_for("the quota row", lambda: site.sql(
        "SELECT messages FROM quota WHERE username = '%s'" % full("other"))
        == [["1"]])
    site.wait_log("state=delivered")


def test_nothing_to_do(site, spool):
    assert spool.run().returncode == 0  # there has never been anything
    leave(site, spool)
    before = spool.envelopes()
    assert spool.run().returncode == 0
    assert spool.envelopes() == before


def test_junk_stays_junk(site, spool):
    """The folder that was chosen at reception is the one of the retry."""
    name = leave(site, spool)
    path = spool.path + "/env/" + name
    spool_under_test.edit(path, folder="Junk")
    spool_under_test.mend_mailbox(site, "other")
    run(spool)
    assert site.messages("other") == []
    assert len(site.messages("other", "Junk")) == 1


def test_spool_that_cannot_be_written_to(site, spool):
    """Who cannot write down that it is delivered does not deliver: the user
    would get it anew after each time that it was removed."""
    name = leave(site, spool)
    spool_under_test.mend_mailbox(site, "other")
    spool_under_test.edit(spool.path + "/env/" + name, trying="yes", next=1)
    os.utime(spool.path + "/env/" + name, (1, 1))
    os.mkdir(spool.path + "/env/." + name)  # where the next one is written
    run(spool, due=False)
    assert site.messages("other") == []
    os.rmdir(spool.path + "/env/." + name)
    run(spool, due=False)
    assert len(site.messages("other")) == 1 and spool.is_empty()


def test_clock_that_jumped(site, spool):
    """A time that nothing can have been put off to has come."""
    name = leave(site, spool)
    spool_under_test.mend_mailbox(site, "other")
    path = spool.path + "/env/" + name
    year = int(time.time()) + 365 * 86400
    spool_under_test.edit(path, arrived=year, next=year + 300)
    os.utime(path, (year + 300, year + 300))
    run(spool, due=False)
    assert spool.is_empty() and len(site.messages("other")) == 1


def test_full_mailbox(site, spool):
    """It was accepted when there was room; now it waits."""
    leave(site, spool, user="small")
    spool_under_test.mend_mailbox(site, "small")
    site.sql("INSERT INTO quota (username, bytes, messages) "
             "VALUES ('%s', %d, 1)" % (full("small"), 1200000))
    run(spool)
    (envelope,) = spool.envelopes().values()
    assert envelope["rcpts"][0]["reply"].startswith("452 4.2.2 ")
    site.sql("UPDATE quota SET bytes = %d" % ((1 << 20) - 10))
    run(spool)
    assert spool.is_empty() and len(site.messages("small")) == 1


def test_no_accounts(site, spool):
    """What cannot be looked up is nobody's end."""
    leave(site, spool)
    spool_under_test.mend_mailbox(site, "other")
    os.rename(site.settings["sqlite_file"], site.folder + "/away")
    run(spool)
    (envelope,) = spool.envelopes().values()
    assert envelope["rcpts"][0]["state"] == "deferred"
    os.rename(site.folder + "/away", site.settings["sqlite_file"])
    run(spool)
    assert len(site.messages("other")) == 1


def test_delivery_that_was_not_believed(site, spool):
    """A run that took its delivery for a failure, since the disk said so, is
    followed by one that finds it, seen by its user as it is."""
    name = leave(site, spool)
    spool_under_test.mend_mailbox(site, "other")
    kept = site.folder + "/kept"
    for part in ("env", "msg"):
        servers.run("cp", "-p", "%s/%s/%s" % (spool.path, part, name),
                    kept + part)
    run(spool)
    (path,) = site.messages("other")
    os.rename(path, path.replace("/new/", "/cur/") + ":2,S")
    for part in ("env", "msg"):
        servers.run("cp", "-p", kept + part,
                    "%s/%s/%s" % (spool.path, part, name))
    run(spool)
    assert spool.is_empty()
    assert [os.path.basename(p)[-4:] for p in site.messages("other")] == [
        ":2,S"]


def test_several_runners(site, spool):
    for _ in range(20):
        leave(site, spool)
        spool_under_test.mend_mailbox(site, "other")
    spool.make_due()
    runners = [subprocess.Popen([site.build + "/njiwa-queue"], env=site.env,
                                stderr=subprocess.DEVNULL)
               for _ in range(4)]
    assert [runner.wait(60) for runner in runners] == [0] * 4
    assert spool.is_empty()
    assert len(site.messages("other")) == 20


def test_broken_envelopes(site, spool):
    bad, good, other = (leave(site, spool) for _ in range(3)
                        if not spool_under_test.mend_if_broken(site, "other"))
    spool_under_test.mend_mailbox(site, "other")
    with open(spool.path + "/env/" + bad, "ab") as file:
        file.write(b"x")
    with open(spool.path + "/env/" + other, "wb") as file:
        file.write(b"njiwa-spool 2\nwhat is to come\n")
    spool_under_test.edit(spool.path + "/env/" + good, next="1")
    for name in (bad, good, other):
        os.utime(spool.path + "/env/" + name, (1, 1))
    assert spool.run().returncode == 0
    assert len(site.messages("other")) == 1
    assert len(spool.broken_files()) == 2
    assert [os.path.basename(p) for p in spool.env_files()] == [other]
    site.wait_log("another njiwa")


def test_tool(site, spool):
    name = leave(site, spool)
    listed = site.njiwa("queue", "list")
    assert listed.startswith(name + "\t") and "<sender@example.org>" in listed
    assert full("other") + "\tlocal\tdeferred\tnext " in listed
    assert listed.endswith("octets\n") and "1 messages, " in listed
    shown = site.njiwa("queue", "show", name)
    assert shown.startswith("njiwa-spool 1\n") and "the body" in shown
    site.njiwa("queue", "hold", name)
    assert name + "!" in site.njiwa("queue", "list")
    spool_under_test.mend_mailbox(site, "other")
    run(spool)
    assert len(spool.envelopes()) == 1 and site.messages("other") == []
    site.njiwa("queue", "release", "--all")
    assert os.stat(spool.env_files()[0]).st_uid == MAIL_UID
    run(spool)
    assert spool.is_empty() and len(site.messages("other")) == 1
    name = leave(site, spool)
    site.njiwa("queue", "remove", name)
    assert spool.is_empty()
    for words in (("show", name), ("retry", name), ("retry",),
                  ("remove", "../env/x")):
        with pytest.raises(RuntimeError):
            site.njiwa("queue", *words)


def test_owners_of_rows(site, spool):
    """Where each mailbox has an owner the spool is root's, and what it gives
    away is the owner's alone."""
    site.conf(mail_uid=-1, mail_gid=-1)
    for path in (spool.path, site.data):
        os.chown(path, 0, 0)
    for name, uid in (("demo", 2001), ("other", 2002)):
        site.sql("UPDATE users SET uid = %d, gid = %d WHERE name LIKE '%s%%'"
                 % (uid, uid, name))
        subprocess.run(["chown", "-R", "%d:%d" % (uid, uid),
                        os.path.dirname(site.maildir(name))], check=True)
    os.chmod(site.data + "/test.dev", 0o755)
    leave(site, spool)
    (kept,) = spool.message_files()
    assert os.stat(kept).st_uid == 0 and os.stat(kept).st_nlink == 1
    spool_under_test.mend_mailbox(site, "other")
    run(spool)
    assert spool.is_empty()
    (path,) = site.messages("other")
    assert os.stat(path).st_uid == 2002 and os.stat(path).st_nlink == 1


def test_confined(plain_build, strace, site, spool):
    """The runner is the mail's owner and under seccomp when it delivers; where
    it must be confined, it is."""
    site.conf(sandbox="require")
    leave(site, spool)
    spool_under_test.mend_mailbox(site, "other")
    spool.make_due()
    trace = site.folder + "/trace"
    with open(site.log_file, "ab") as log:
        subprocess.run(
            ["strace", "-qq", "-o", trace, "-e",
             "trace=setresuid,seccomp,landlock_restrict_self,linkat,openat",
             site.build + "/njiwa-queue"], env=site.env, check=True,
            stderr=log, timeout=60)
    with open(trace) as file:
        calls = file.read()
    order = [calls.index(name + "(") for name in (
        "setresuid", "landlock_restrict_self", "seccomp", "linkat")]
    assert order == sorted(order)
    assert "setresuid(%d" % MAIL_UID in calls
    assert len(site.messages("other")) == 1
    assert re.search(r"^njiwa-queue\[.* state=delivered", site.log, re.M)
    assert "confined less" not in site.log


def test_switched_off(site, spool):
    """A mailbox that is disabled meanwhile may come back."""
    leave(site, spool)
    spool_under_test.mend_mailbox(site, "other")
    site.njiwa("user", "disable", full("other"))
    run(spool)
    (envelope,) = spool.envelopes().values()
    assert envelope["rcpts"][0]["reply"].startswith("450 4.2.1 ")
    site.njiwa("user", "enable", full("other"))
    run(spool)
    assert len(site.messages("other")) == 1 and spool.is_empty()
