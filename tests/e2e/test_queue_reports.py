"""njiwa-queue: of what cannot be delivered, or was, its sender is told."""
import email
import os
import re
import time

import pytest

import spool_under_test
from conftest import need_module
from queue_under_test import MESSAGE, leave, run, report_of
from site_under_test import MAIL_UID, full

BACK_ENDS = ["sqlite"]


@pytest.fixture(name="spool")
def fixture_spool(site):
    return spool_under_test.Spool(site)


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


def test_folder_of_the_senders_detail(site, spool):
    """A report is mail to the sender's address like any other."""
    site.conf(subaddress_delimiter="+")
    with site.imap("demo") as client:
        client.create("lists")
    leave(site, spool, sender=full("demo+lists"))
    site.njiwa("user", "remove", full("other"))
    run(spool)
    assert spool.is_empty()
    assert len(site.messages("demo", "lists")) == 1


@pytest.mark.parametrize("notify, delay", [("SUCCESS", "0"),
                                           ("DELAY", "1s")])
def test_good_news_that_cannot_be_told(site, spool, notify, delay):
    """Of reports on failures alone somebody hears that they did not arrive: a
    stranger can ask for the others as often as he likes."""
    leave(site, spool, rcpt_options=("NOTIFY=" + notify,))
    site.conf(queue_delay_warning=delay)
    if notify == "SUCCESS":
        spool_under_test.mend_mailbox(site, "other")
    else:
        time.sleep(1.1)
    run(spool)
    assert [e["class"] for n, e in spool.envelopes().items()
            if "-" in n] == ["report"]
    site.conf(queue_lifetime="1s")
    time.sleep(1.1)
    run(spool)
    assert spool.is_empty() and spool.broken_files() == []
    assert len(site.messages("demo")) == 1


def test_report_as_others_read_it(site, spool):
    bounce = need_module("flufl.bounce")
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


@pytest.mark.parametrize("gone", [True, False])
def test_members_are_not_named(site, spool, gone):
    """Neither by their names nor by those of their files."""
    site.add_user("hidden")
    site.add_alias("list", full("demo"), full("hidden"))
    spool_under_test.break_mailbox(site, "hidden")
    site.deliver("list", MESSAGE, sender=full("demo"))
    if gone:
        site.njiwa("user", "remove", full("hidden"))
    else:
        site.conf(queue_lifetime="1s")
        time.sleep(1.1)
    run(spool)
    report = site.contents("demo")[1]
    _, _, (fields,), _ = report_of(report)
    assert fields["Final-Recipient"] == "rfc822; " + full("list")
    assert b"hidden" not in report and b"Maildir" not in report


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


def test_hostile_texts(site, spool):
    """What clients and hosts said stays in its place: no field, no part and no
    octet of another kind comes of it."""
    name = leave(site, spool, sender=full("demo"))
    spool_under_test.edit(
        spool.path + "/env/" + name, helo="a%0AX-Evil: 1%0D%0AX-Evil: 2",
        envid="q+0AX-Evil:+203", orcpt="rfc822;a+0D+0AX-Evil:+204",
        reply="451 4.4.0 a%0A%0A--=_" + name + "-f1=%0AX-Evil: 5 \xe4 %1B[0m"
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
