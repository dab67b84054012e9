"""njiwa-queue: what waits in the spool is delivered, or its sender is told."""
import email
import email.policy
import os
import re
import subprocess
import time

import pytest

import spool_under_test
from site_under_test import MAIL_UID, full

MESSAGE = b"Subject: waits\r\nX-Test: yes\r\n\r\nthe body\r\n"


@pytest.fixture(name="site")
def fixture_site(make_site):
    return make_site("sqlite")


@pytest.fixture(name="spool")
def fixture_spool(site):
    return spool_under_test.Spool(site)


def leave(site, spool, sender="sender@example.org", user="other",
          options=(), rcpt_options=()):
    """Has a message for demo and the user wait for the user's mailbox; its
    id."""
    before = set(spool.envelopes())
    spool_under_test.break_mailbox(site, user)
    with site.smtp() as client:
        client.ehlo("client.example")
        assert client.docmd("MAIL", " ".join(
            ["FROM:<%s>" % sender, *options]))[0] == 250
        assert client.docmd("RCPT", "TO:<%s>" % full("demo"))[0] == 250
        assert client.docmd("RCPT", " ".join(
            ["TO:<%s>" % full(user), *rcpt_options]))[0] == 250
        assert client.data(MESSAGE)[0] == 250
    (name,) = set(spool.envelopes()) - before
    return name


def run(spool, due=True):
    if due:
        spool.make_due()
    assert spool.run().returncode == 0


def report_of(octets):
    """A multipart/report in its parts: words, fields of the message, fields of
    each recipient, what is sent back."""
    message = email.message_from_bytes(octets, policy=email.policy.default)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    assert message["Return-Path"] == "<>"
    assert message["Auto-Submitted"] == "auto-replied"
    assert not message.defects
    words, status, back = message.iter_parts()
    assert words.get_content_type() == "text/plain"
    assert status.get_content_type() == "message/delivery-status"
    head, *rcpts = status.get_payload()
    return message, head, rcpts, back


def test_delivered_when_it_can_be(site, spool):
    leave(site, spool)
    run(spool, due=False)
    run(spool)
    (envelope,) = spool.envelopes().values()
    rcpt = envelope["rcpts"][0]
    assert rcpt["tries"] == "2"
    # twice as far away as the first time
    assert 595 <= int(rcpt["next"]) - time.time() <= 601
    assert envelope["trying"] == "no"
    spool_under_test.mend_mailbox(site, "other")
    run(spool)
    assert spool.is_empty()
    assert site.contents("other") == site.contents("demo")
    assert len(site.messages("other")) == 1
    (path,) = site.messages("other")
    assert os.stat(path).st_uid == MAIL_UID
    assert re.search(r",S=\d+,W=\d+$", path)
    assert site.sql("SELECT messages FROM quota WHERE username = '%s'"
                    % full("other")) == [["1"]]
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


def test_mailbox_is_gone(site, spool):
    """A sender of ours is told."""
    leave(site, spool, sender=full("demo"))
    site.njiwa("user", "remove", full("other"))
    run(spool)
    assert spool.is_empty()
    _, octets = site.contents("demo")
    message, head, rcpts, back = report_of(octets)
    assert message["To"] == full("demo")
    assert "MAILER-DAEMON@mx.test.dev" in message["From"]
    assert head["Reporting-MTA"] == "dns; mx.test.dev"
    assert head["Received-From-MTA"] == "dns; client.example"
    (fields,) = rcpts
    assert fields["Final-Recipient"] == "rfc822; " + full("other")
    assert fields["Action"] == "failed" and fields["Status"] == "5.1.1"
    assert back.get_content_type() == "message/rfc822"
    assert back.get_payload()[0]["X-Test"] == "yes"


def test_report_as_others_read_it(site, spool):
    bounce = pytest.importorskip("flufl.bounce")
    leave(site, spool, sender=full("demo"))
    site.njiwa("user", "remove", full("other"))
    run(spool)
    message = email.message_from_bytes(site.contents("demo")[1])
    assert bounce.scan_message(message) == {full("other").encode()}


def test_expiry(site, spool):
    leave(site, spool, sender=full("demo"))
    site.conf(queue_lifetime="1s")
    time.sleep(1.1)
    run(spool)
    assert spool.is_empty()
    _, _, (fields,), _ = report_of(site.contents("demo")[1])
    assert fields["Action"] == "failed" and fields["Status"] == "4.3.0"
    assert fields["Diagnostic-Code"].startswith("X-njiwa; 451 4.3.0 ")


def test_remote_sender(site, spool):
    """Nothing sends it yet: it waits, can be seen, and is not lost in the
    end."""
    name = leave(site, spool)
    site.njiwa("user", "remove", full("other"))
    run(spool)
    (found,) = spool.envelopes()
    assert found == name + "-f1"
    envelope = spool.envelopes()[found]
    assert envelope["from"] == "" and envelope["class"] == "report"
    (rcpt,) = envelope["rcpts"]
    assert rcpt["final"] == "sender@example.org"
    assert rcpt["route"] == "remote" and rcpt["state"] == "waiting"
    listed = site.njiwa("queue", "list")
    assert "sender@example.org\tremote\twaiting" in listed
    run(spool)
    assert list(spool.envelopes()) == [found]
    (path,) = spool.env_files()
    assert os.stat(path).st_mtime > time.time()  # njiwa queue retry or not
    site.conf(queue_lifetime="1s")
    time.sleep(1.1)
    run(spool)
    assert spool.is_empty()
    # demo is the postmaster: the report that could not be sent
    message, _, (fields,), back = report_of(site.contents("demo")[-1])
    assert message["Subject"] == "Undeliverable report"
    assert fields["Final-Recipient"] == "rfc822; sender@example.org"
    assert back.get_payload()[0].get_content_type() == "multipart/report"


def test_no_sender(site, spool):
    """The postmaster hears of it, and of a second failure nobody: it is set
    aside."""
    leave(site, spool, sender="")
    site.njiwa("user", "remove", full("other"))
    site.njiwa("alias", "remove", full("postmaster"))
    run(spool)
    assert spool.env_files() == []
    assert len(spool.broken_files()) == 2
    site.wait_log("set aside")
    assert len(site.messages("demo")) == 1


def test_postmaster(site, spool):
    leave(site, spool, sender="")
    site.njiwa("user", "remove", full("other"))
    run(spool)
    assert spool.is_empty()
    message, _, _, _ = report_of(site.contents("demo")[1])
    assert message["To"] == "postmaster@mx.test.dev"


def test_headers_alone(site, spool):
    name = leave(site, spool, sender=full("demo"))
    spool_under_test.edit(spool.path + "/env/" + name, ret="hdrs",
                          envid="q+2Bx", orcpt="rfc822;a+2Bb@y.example",
                          notify="failure")
    site.njiwa("user", "remove", full("other"))
    run(spool)
    _, head, (fields,), back = report_of(site.contents("demo")[1])
    assert head["Original-Envelope-Id"] == "q+x"
    assert fields["Original-Recipient"] == "rfc822; a+b@y.example"
    assert back.get_content_type() == "text/rfc822-headers"
    assert "the body" not in back.get_content()
    assert "X-Test: yes" in back.get_content()


def test_never_means_never(site, spool):
    name = leave(site, spool, sender=full("demo"))
    spool_under_test.edit(spool.path + "/env/" + name, notify="never")
    site.njiwa("user", "remove", full("other"))
    run(spool)
    assert spool.is_empty()
    assert len(site.messages("demo")) == 1


def test_delay_is_told_once(site, spool):
    name = leave(site, spool, sender=full("demo"))
    spool_under_test.edit(spool.path + "/env/" + name, notify="delay")
    site.conf(queue_delay_warning="1s")
    time.sleep(1.1)
    run(spool)
    run(spool)
    assert list(spool.envelopes()) == [name]
    assert len(site.messages("demo")) == 2
    _, _, (fields,), _ = report_of(site.contents("demo")[1])
    assert fields["Action"] == "delayed" and fields["Status"] == "4.3.0"
    assert fields["Will-Retry-Until"]


def test_success_is_told(site, spool):
    name = leave(site, spool, sender=full("demo"))
    spool_under_test.edit(spool.path + "/env/" + name,
                          notify="success,failure")
    spool_under_test.mend_mailbox(site, "other")
    run(spool)
    assert spool.is_empty()
    _, _, (fields,), back = report_of(site.contents("demo")[1])
    assert fields["Action"] == "delivered" and fields["Status"] == "2.1.5"
    assert back.get_content_type() == "text/rfc822-headers"


def test_a_run_is_cut_off_telling(site, spool):
    """The next one makes the same report, and another one of what comes after
    that: no end is taken as told in a report that does not name it."""
    for user in ("third", "fourth"):
        site.add_user(user)
        spool_under_test.break_mailbox(site, user)
    spool_under_test.break_mailbox(site, "demo")
    with site.smtp() as client:
        client.sendmail(full("demo"), [full("third"), full("fourth"),
                                       full("other")], MESSAGE)
    (name,) = spool.envelopes()
    site.njiwa("user", "remove", full("third"))
    run(spool)
    assert set(spool.envelopes()) == {name, name + "-f1"}
    # as if the run had been killed when the report was there
    spool_under_test.edit(spool.path + "/env/" + name, told="no", reports="0",
                          trying="yes")
    site.njiwa("user", "remove", full("fourth"))
    spool_under_test.mend_mailbox(site, "demo")
    for path in spool.env_files():
        spool_under_test.edit(path, next=1)
        os.utime(path, (1000 - len(path), 1))  # the report is due first
    run(spool, due=False)
    assert spool.is_empty()
    told = [[str(f["Final-Recipient"]) for f in report_of(octets)[2]]
            for octets in site.contents("demo")]
    assert sorted(told) == [["rfc822; " + full("fourth")],
                            ["rfc822; " + full("third")]]


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


def rewrite(path, text):
    octets = text.encode()
    with open(path, "r+b") as file:
        file.truncate()
        file.write(octets + b"sum %016x\n" % spool_under_test.checksum(octets))
    os.utime(path, (1, 1))


def test_report_on_as_many_as_can_be(site, spool):
    """It is larger than any that people see, and is delivered all the same."""
    name = leave(site, spool, sender=full("demo"))
    path = spool.path + "/env/" + name
    with open(path, encoding="utf-8") as file:
        head, _, rcpt = file.read().partition("to ")
    rcpt = "to " + rcpt[:rcpt.index("sum ")]
    rcpt = re.sub("(?m)^state .*", "state failed", rcpt)
    rcpt = re.sub("(?m)^reply .*", "reply 550 5.1.1 " + "x" * 500, rcpt)
    rows = [rcpt.replace("to other", "to %s-%d" % ("other" * 10, i), 1)
            for i in range(2000)]
    rewrite(path, head + "".join(rows))
    run(spool, due=False)
    assert spool.is_empty()
    octets = site.contents("demo")[1]
    assert len(octets) > 2 << 20
    assert octets.count(b"Final-Recipient: ") == 2000


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


def test_members_are_not_named(site, spool):
    site.add_user("hidden")
    site.add_alias("list", full("demo"), full("hidden"))
    spool_under_test.break_mailbox(site, "hidden")
    site.deliver("list", MESSAGE, sender=full("demo"))
    site.njiwa("user", "remove", full("hidden"))
    run(spool)
    report = site.contents("demo")[1]
    _, _, (fields,), _ = report_of(report)
    assert fields["Final-Recipient"] == "rfc822; " + full("list")
    assert b"hidden" not in report


@pytest.mark.parametrize("size,whole", [(50000, True), (50001, False)])
def test_large_ones_come_back_as_header(site, spool, size, whole):
    name = leave(site, spool, sender=full("demo"))
    path = spool.path + "/msg/" + name
    line = b"Subject: x\n\n"
    os.unlink(path)
    with open(path, "wb") as file:
        file.write(line + b"a" * (size - len(line) - 1) + b"\n")
    os.chown(path, MAIL_UID, MAIL_UID)
    spool_under_test.edit(spool.path + "/env/" + name, size=size)
    site.njiwa("user", "remove", full("other"))
    run(spool)
    _, _, _, back = report_of(site.contents("demo")[1])
    assert back.get_content_type() == (
        "message/rfc822" if whole else "text/rfc822-headers")
    assert (b"a" * 1000 in site.contents("demo")[1]) == whole


def test_confined(site, spool):
    """The runner is the mail's owner and under seccomp when it delivers; where
    it must be confined, it is."""
    site.conf(sandbox="require")
    leave(site, spool)
    spool_under_test.mend_mailbox(site, "other")
    spool.make_due()
    trace = site.folder + "/trace"
    subprocess.run(["strace", "-qq", "-o", trace, "-e",
                    "trace=setresuid,seccomp,landlock_restrict_self,linkat,"
                    "openat", site.build + "/njiwa-queue"], env=site.env,
                   check=True, stderr=subprocess.DEVNULL, timeout=60)
    with open(trace) as file:
        calls = file.read()
    order = [calls.index(name + "(") for name in (
        "setresuid", "landlock_restrict_self", "seccomp", "linkat")]
    assert order == sorted(order)
    assert "setresuid(%d" % MAIL_UID in calls
    assert len(site.messages("other")) == 1
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


def test_hostile_texts(site, spool):
    """What clients and hosts said stays in its place: no field, no part and no
    octet of another kind comes of it."""
    name = leave(site, spool, sender=full("demo"))
    spool_under_test.edit(
        spool.path + "/env/" + name, helo="a%0AX-Evil: 1%0D%0AX-Evil: 2",
        envid="q+0AX-Evil:+203", orcpt="rfc822;a+0D+0AX-Evil:+204",
        reply="451 4.3.0 a%0A%0A--=_" + name + "-f1=%0AX-Evil: 5 \xe4 %1B[0m"
        + "\xe4" * 400)
    os.utime(spool.path + "/env/" + name, (1, 1))
    site.conf(queue_lifetime="1s")
    time.sleep(1.1)
    assert spool.run().returncode == 0
    octets = site.contents("demo")[1]
    message, head, (fields,), _ = report_of(octets)
    assert b"\nX-Evil" not in octets and b"\x1b" not in octets
    assert b"\r" not in octets
    octets.decode("ascii")
    assert max(map(len, octets.split(b"\n"))) <= 998
    assert "X-Evil: 5" in fields["Diagnostic-Code"]
    assert "X-Evil" not in message and "X-Evil" not in head
