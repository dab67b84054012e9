"""What the keeper does when some of a message's mailboxes cannot be given it
for now: the others have it, and the spool has it for those."""
import os
import subprocess

import pytest

import servers
import spool_under_test
from site_under_test import full

BACK_ENDS = ["sqlite"]
MESSAGE = b"Subject: to some\r\n\r\nthe body\r\n"


def send(site, *users, options=(), rcpt_options=()):
    with site.smtp() as client:
        client.ehlo("client.example")
        code, _ = client.docmd("MAIL", "FROM:<sender@example.org>"
                               + "".join(" " + o for o in options))
        assert code == 250
        for user in users:
            code, text = client.docmd("RCPT", "TO:<%s>" % full(user)
                                      + "".join(" " + o
                                                for o in rcpt_options))
            assert code == 250, text
        return client.data(MESSAGE)


def test_one_of_two(site):
    spool = spool_under_test.Spool(site)
    spool_under_test.break_mailbox(site, "other")
    assert send(site, "demo", "other")[0] == 250
    assert len(site.messages("demo")) == 1
    (envelope,) = spool.envelopes().values()
    assert envelope["from"] == "sender@example.org"
    assert len(envelope["rcpts"]) == 1
    rcpt = envelope["rcpts"][0]
    assert rcpt["to"] == rcpt["final"] == full("other")
    assert rcpt["state"] == "deferred" and rcpt["tries"] == "1"
    assert rcpt["folder"] == rcpt["detail"] == ""
    assert rcpt["reply"].startswith("451 4.3.0 ")
    due = int(rcpt["next"])
    assert due == int(envelope["arrived"]) + 300
    assert [int(os.stat(p).st_mtime) for p in spool.env_files()] == [due]
    # the very file that the other has
    (kept,) = spool.message_files()
    assert os.stat(kept).st_ino == os.stat(site.messages("demo")[0]).st_ino
    assert os.stat(kept).st_size == int(envelope["size"])


def test_first_of_two(site):
    """Nor does it matter which of them is asked for the file."""
    spool = spool_under_test.Spool(site)
    spool_under_test.break_mailbox(site, "demo", part="")
    assert send(site, "demo", "other")[0] == 250
    assert len(site.messages("other")) == 1
    assert len(spool.envelopes()) == 1


def test_all_fail(site):
    spool = spool_under_test.Spool(site)
    for name in ("demo", "other"):
        spool_under_test.break_mailbox(site, name)
    assert send(site, "demo", "other")[0] == 451
    assert spool.envelopes() == {} and spool.message_files() == []


def test_no_spool_either(site):
    """Then it is all or nothing."""
    site.conf(spool_dir=site.folder + "/none")
    spool_under_test.break_mailbox(site, "other")
    assert send(site, "demo", "other")[0] == 451
    assert site.messages("demo") == []
    site.wait_log("setting spool_dir")


def test_alias(site):
    """A list with one mailbox that cannot be reached."""
    spool = spool_under_test.Spool(site)
    site.add_alias("list", full("demo"), full("other"))
    spool_under_test.break_mailbox(site, "other")
    assert send(site, "list", "demo")[0] == 250
    assert len(site.messages("demo")) == 1
    (envelope,) = spool.envelopes().values()
    (rcpt,) = envelope["rcpts"]
    assert rcpt["to"] == full("list") and rcpt["final"] == full("other")


def test_full_disk(site):
    spool = spool_under_test.Spool(site)
    with spool_under_test.small_maildir(site, "other") as fill:
        fill()
        assert send(site, "demo", "other")[0] == 250
    assert len(site.messages("demo")) == 1
    (envelope,) = spool.envelopes().values()
    assert envelope["rcpts"][0]["reply"].startswith("452 4.3.1 ")


def test_read_only(site):
    spool = spool_under_test.Spool(site)
    with spool_under_test.small_maildir(site, "other"):
        subprocess.run(["mount", "-o", "remount,ro",
                        os.path.dirname(site.maildir("other"))], check=True)
        assert send(site, "demo", "other")[0] == 250
    assert len(site.messages("demo")) == 1
    assert len(spool.envelopes()) == 1


def test_reports_asked_for(site):
    """NOTIFY=SUCCESS leaves a message to be reported on, and nothing else
    does."""
    spool = spool_under_test.Spool(site)
    with site.smtp() as client:
        client.ehlo("client.example")
        assert "dsn" in client.esmtp_features
    assert send(site, "demo", options=["RET=HDRS", "ENVID=q+2Bx"],
                rcpt_options=["NOTIFY=FAILURE"])[0] == 250
    assert spool.envelopes() == {}
    assert send(site, "demo", options=["RET=HDRS", "ENVID=q+2Bx"],
                rcpt_options=["NOTIFY=SUCCESS",
                              "ORCPT=rfc822;x@y.example"])[0] == 250
    (envelope,) = spool.envelopes().values()
    assert envelope["envid"] == "q+2Bx" and envelope["ret"] == "hdrs"
    (rcpt,) = envelope["rcpts"]
    assert rcpt["state"] == "delivered" and rcpt["notify"] == "success"
    assert rcpt["orcpt"] == "rfc822;x@y.example"
    assert len(site.messages("demo")) == 2


def test_usual_message_touches_no_spool(site):
    spool = spool_under_test.Spool(site)
    assert send(site, "demo", "other")[0] == 250
    assert not os.path.exists(spool.path + "/env")


def lmtp(site, *users):
    """The replies to the message, one for each recipient."""
    talk = "LHLO client.example\r\nMAIL FROM:<sender@example.org>\r\n"
    talk += "".join("RCPT TO:<%s>\r\n" % full(user) for user in users)
    talk += "DATA\r\nSubject: x\r\n\r\nbody\r\n.\r\nQUIT\r\n"
    with open(site.log_file, "ab") as log:
        said = subprocess.run(
            [site.build + "/njiwa-smtpd", "-p", "lmtp"], input=talk.encode(),
            stdout=subprocess.PIPE, stderr=log, env=site.env, timeout=30,
            check=True).stdout.decode().splitlines()
    at = [i for i, line in enumerate(said) if line.startswith("354 ")][0]
    return [int(line[:3]) for line in said[at + 1:-1]]


def test_lmtp_keeps_nothing(site):
    """Each recipient has a reply; what fails is the client's to send again,
    and is nobody else's who shares no mailbox with him."""
    spool = spool_under_test.Spool(site)
    site.add_user("third")
    site.add_alias("list", full("third"), full("other"))
    spool_under_test.break_mailbox(site, "other")
    assert lmtp(site, "demo", "other") == [250, 451]
    assert len(site.messages("demo")) == 1
    assert lmtp(site, "list", "demo") == [451, 250]
    assert len(site.messages("demo")) == 2
    assert site.messages("third") == []
    assert lmtp(site, "list", "third") == [451, 250]
    assert len(site.messages("third")) == 1
    assert lmtp(site, "other") == [451]
    assert not os.path.exists(spool.path + "/env")
    spool_under_test.mend_mailbox(site, "other")
    assert lmtp(site, "list") == [250]
    assert len(site.messages("other")) == 1
    servers.wait_for("the quota row", lambda: site.sql(
        "SELECT messages FROM quota WHERE username = '%s'" % full("third"))
        == [["2"]])


def fill_quota(site, *users, octets=10):
    """Room for so many octets; nothing says before the end of the message that
    it has more."""
    for user in users:
        site.sql("INSERT INTO quota (username, bytes, messages) "
                 "VALUES ('%s', %d, 1)" % (full(user), (1 << 20) - octets))


def small_users(site, *users):
    site.conf(quota_grace=0)
    for user in users:
        site.add_user(user, quota=1)
    fill_quota(site, *users)


@pytest.mark.parametrize("first, second", [
    ("NOTIFY=NEVER", "NOTIFY=FAILURE"), ("NOTIFY=FAILURE", "NOTIFY=NEVER"),
    ("NOTIFY=SUCCESS", "NOTIFY=FAILURE")])
def test_failure_is_told_to_who_asked(site, first, second):
    """Of two addresses of one mailbox that of which failures are told."""
    spool = spool_under_test.Spool(site)
    site.add_alias("alias", full("other"))
    spool_under_test.break_mailbox(site, "other")
    with site.smtp() as client:
        client.ehlo("client.example")
        client.mail("s@example.org")
        for user, notify in (("demo", "NOTIFY=NEVER"), ("alias", first),
                             ("other", second)):
            assert client.docmd("RCPT", "TO:<%s> %s" % (
                full(user), notify))[0] == 250
        assert client.data(MESSAGE)[0] == 250
    (envelope,) = spool.envelopes().values()
    (row,) = envelope["rcpts"]
    assert row["notify"] == "failure"


def test_list_that_is_full_at_the_end(site):
    """An alias leaves out members that are full, but not all of them: its
    message would be nobody's."""
    small_users(site, "one", "two")
    site.add_alias("list", full("one"), full("two"))
    site.add_alias("both", full("one"), full("other"))
    assert send(site, "list", "demo")[0] == 452
    assert site.messages("demo") == []
    assert send(site, "both", "demo")[0] == 250
    assert len(site.messages("other")) == len(site.messages("demo")) == 1
    assert lmtp(site, "list", "demo", "both") == [552, 250, 250]
    assert site.messages("one") == site.messages("two") == []
    assert len(site.messages("other")) == len(site.messages("demo")) == 2


def test_lmtp_each_has_his_own_reason(site):
    """Whoever is refused for good does not speak for those who are to try it
    again."""
    small_users(site, "one")
    spool_under_test.break_mailbox(site, "other")
    assert lmtp(site, "one", "other") == [552, 451]
    assert lmtp(site, "other", "one") == [451, 552]
    site.add_alias("list", full("other"), full("one"))
    assert lmtp(site, "one", "list") == [552, 451]


def test_subaddress_waits(site):
    """The detail waits too, and names the folder at the retry."""
    spool = spool_under_test.Spool(site)
    site.conf(subaddress_delimiter="+")
    with site.imap("other") as client:
        client.create("lists")
    spool_under_test.break_mailbox(site, "other", part="/.lists/new")
    assert send(site, "demo", "other+lists")[0] == 250
    (envelope,) = spool.envelopes().values()
    assert envelope["rcpts"][0]["detail"] == "lists"
    assert envelope["rcpts"][0]["to"] == full("other+lists")
    spool_under_test.mend_mailbox(site, "other", part="/.lists/new")
    spool.make_due()
    assert spool.run().returncode == 0
    assert len(site.messages("other", "lists")) == 1
