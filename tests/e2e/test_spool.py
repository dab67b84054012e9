"""What the keeper does when some of a message's mailboxes cannot be given it
for now: the others have it, and the spool has it for those."""
import os
import subprocess

import pytest

import spool_under_test
from site_under_test import full

MESSAGE = b"Subject: to some\r\n\r\nthe body\r\n"


@pytest.fixture(name="site")
def fixture_site(make_site):
    return make_site("sqlite")


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
    if os.geteuid() != 0:
        pytest.skip("needs root to mount")
    spool = spool_under_test.Spool(site)
    with spool_under_test.small_disk(site, "other") as fill:
        fill()
        assert send(site, "demo", "other")[0] == 250
    assert len(site.messages("demo")) == 1
    (envelope,) = spool.envelopes().values()
    assert envelope["rcpts"][0]["reply"].startswith("452 4.3.1 ")


def test_read_only(site):
    spool = spool_under_test.Spool(site)
    with spool_under_test.small_disk(site, "other"):
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
        if "dsn" not in client.esmtp_features:
            pytest.skip("DSN is not offered yet")
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
