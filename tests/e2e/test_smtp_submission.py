"""Submission (RFC 6409): as whom a user may send, to how many, and what is done
to the header of the message."""
import concurrent.futures
import email
import smtplib
import subprocess
import time

import pytest

import servers
from conftest import need
from milter_played import ACCEPT, CONTINUE, REJECT, Playing, text
from site_under_test import PASSWORD, full
from smtp_talk import DATA, Talk
from submission_talk import logged_in, send
from tool_under_test import DATAERR, NOUSER, call, good


def sends_as(talk, sender):
    """The code of MAIL."""
    code = talk.say("MAIL FROM:<%s>" % sender)
    talk.say("RSET")
    return code


# ---- as whom

def test_senders_of_ones_own(site):
    site.add_alias("sales", full("demo"), full("other"))
    site.add_alias("nested", full("sales"))
    site.add_alias("theirs", full("other"))
    site.add_alias("away", "somebody@example.org")
    site.sql("INSERT INTO forwarder (address, action, aliases) "
             "VALUES ('noreply@test.dev', 'drop', '')")
    site.sql("INSERT INTO domain_aliases (name, target) "
             "VALUES ('alias.dev', 'test.dev')")
    site.conf(smtp_max_errors=100)
    talk = logged_in(site)
    for sender in ("demo@test.dev", "DEMO@Test.Dev", "sales@test.dev",
                   "nested@test.dev", "demo+lists@test.dev",
                   "sales+x@test.dev", "postmaster@test.dev",
                   "demo@alias.dev", "demo+x@alias.dev", ""):
        assert sends_as(talk, sender) == 250, (sender, talk.last)
    for sender in ("other@test.dev", "theirs@test.dev", "away@test.dev",
                   "noreply@test.dev", "nobody@test.dev", "demo@example.org",
                   "demo@sub.test.dev", "other+demo@test.dev",
                   "other@alias.dev", "demo%test.dev@example.org"):
        assert talk.say("MAIL FROM:<%s>" % sender) == 553, (sender, talk.last)
        assert talk.last[1].startswith(
            "5.7.1 <%s>: not an address of yours" % sender), talk.last
    site.wait_log("demo@test.dev sends as other@test.dev, which is not his: "
                  "refused")
    # and nothing is under way after a refusal
    assert talk.say("RCPT TO:<demo@test.dev>") == 503


def test_catch_all_is_his_who_gets_it(site):
    site.sql("INSERT INTO forwarder (address, action, aliases) "
             "VALUES ('@test.dev', 'alias', '%s')" % full("demo"))
    talk = logged_in(site)
    assert sends_as(talk, "anything@test.dev") == 250
    assert sends_as(talk, "other@test.dev") == 553


def test_granted_senders(site):
    assert good(site, "sender", "list") == ""
    good(site, "sender", "add", full("demo"), "boss@example.org",
         "@partner.dev")
    assert good(site, "sender", "list") == (
        "demo@test.dev\t@partner.dev\ndemo@test.dev\tboss@example.org\n")
    assert good(site, "sender", "list", full("other")) == ""
    talk = logged_in(site)
    for sender in ("boss@example.org", "Boss@Example.ORG", "x@partner.dev",
                   "y@PARTNER.dev"):
        assert sends_as(talk, sender) == 250, sender
    for sender in ("bos@example.org", "x@sub.partner.dev", "x@xpartner.dev",
                   "other@test.dev"):
        assert sends_as(talk, sender) == 553, sender
    assert sends_as(logged_in(site, "other"), "boss@example.org") == 553
    good(site, "sender", "remove", full("demo"), "boss@example.org")
    assert sends_as(talk, "boss@example.org") == 553


def test_sender_tool_refuses(site):
    for status, words in (
            (NOUSER, ("add", full("nobody"), "a@b.dev")),
            (DATAERR, ("add", full("demo"), "no address")),
            (DATAERR, ("add", full("demo"), "@")),
            (NOUSER, ("remove", full("demo"), "a@b.dev"))):
        found, out, err = call(site, "sender", *words)
        assert (found, out) == (status, ""), (words, found, err)
    good(site, "sender", "add", full("demo"), "a@b.dev")
    assert call(site, "sender", "add", full("demo"), "A@B.dev")[0] != 0
    good(site, "user", "remove", full("demo"))
    assert good(site, "sender", "list") == "", "it goes with its user"


def test_policies(site):
    site.conf(sender_policy="log")
    assert sends_as(logged_in(site), "other@test.dev") == 250
    site.wait_log("demo@test.dev sends as other@test.dev, which is not his")
    site.conf(sender_policy="off")
    assert sends_as(logged_in(site), "third@example.org") == 250
    assert "third@example.org, which" not in site.log


def test_strangers_are_not_asked(lite):
    """Nor LMTP: whose address is the sender's there is not known."""
    talk = Talk(lite)
    talk.ehlo()
    assert talk.envelope("demo@test.dev", sender="demo@test.dev") == [250]
    assert talk.message() == 250


def test_older_database(site):
    site.sql("DROP TABLE sender_acl")
    site.sql("DROP TABLE submission_counts")
    talk = logged_in(site)
    assert sends_as(talk, "other@test.dev") == 553
    assert talk.envelope("other@test.dev", sender="demo@test.dev") == [250]
    assert talk.message() == 250
    site.wait_log("recipients of demo@test.dev are not counted")


def test_own_query_that_fails_is_a_failure_for_now(site):
    site.conf(sender_query="SELECT x FROM nowhere WHERE login = %u")
    talk = logged_in(site)
    assert sends_as(talk, "demo@test.dev") == 250
    assert sends_as(talk, "other@test.dev") == 451


# ---- From

FROM_FIELDS = [
    ("demo@test.dev", 250), ("Demo <DEMO@test.dev>", 250),
    ('"other@test.dev" <demo@test.dev>', 250),
    ("other@test.dev (demo@test.dev)", 550),
    ("demo@test.dev (a (nested) comment)", 250),
    ("<other@test.dev>", 550), ("demo@test.dev, other@test.dev", 550),
    ("demo+x@test.dev, sales@test.dev", 250),
    ("Group: demo@test.dev, <sales@test.dev>;", 250),
    ("Group: demo@test.dev, <other@test.dev>;", 550),
    ("Demo\r\n <demo@test.dev>", 250), ("Demo\r\n <other@test.dev>", 550),
    ("<@relay.dev:demo@test.dev>", 250),
    ("=?utf-8?q?demo=40test=2Edev?= <other@test.dev>", 550),
    ("demo@test.dev\r\nFrom: other@test.dev", 550),
    ("", 550), ("demo", 550), ("<demo@test.dev", 550), ("<>", 550),
    ('"demo@test.dev', 550), ("(demo@test.dev", 550),
    ("demo@test.dev other@test.dev", 550),
    ("<demo@test.dev> <other@test.dev>", 550),
    ("<demo@test.dev> other@test.dev", 550),
    (", ".join(["demo@test.dev"] * 20), 250),
    (", ".join(["demo@test.dev"] * 21), 550),
]


def test_header_from(lite):
    lite.add_alias("sales", full("demo"))
    lite.conf(submission_from_policy="strict", smtp_max_errors=100)
    talk = logged_in(lite)
    for field, code in FROM_FIELDS:
        assert talk.envelope("other@test.dev",
                             sender="demo@test.dev") == [250]
        got = talk.message(b"From: " + field.encode() + b"\r\n\r\nx\r\n")
        assert got == code, (field, talk.last)
    assert talk.envelope("other@test.dev", sender="demo@test.dev") == [250]
    assert talk.message(b"Subject: no From\r\n\r\nx\r\n") == 250


def test_header_from_is_logged_or_nothing(site):
    site.conf(submission_from_policy="log")
    talk = logged_in(site)
    for field in (b"other@test.dev", b"<<rubbish"):
        assert talk.envelope("other@test.dev",
                             sender="demo@test.dev") == [250]
        assert talk.message(b"From: " + field + b"\r\n\r\nx\r\n") == 250
    site.wait_log("demo@test.dev sends as other@test.dev, which is not his")
    site.wait_log("From is not a list of addresses")
    site.conf(submission_from_policy=None)
    talk = logged_in(site)
    assert talk.envelope("other@test.dev", sender="demo@test.dev") == [250]
    assert talk.message(b"From: a@b.c\r\n\r\nx\r\n") == 250
    assert "a@b.c" not in site.log


# ---- to how many

def counted(site, user="demo"):
    (total,), = site.sql("SELECT COALESCE(SUM(recipients), 0) FROM "
                         "submission_counts WHERE login = '%s' "
                         "AND what = 'n'" % full(user))
    return int(total)


def comes_to(site, wanted):
    """Nobody waits for what is given back."""
    servers.wait_for("%d recipients counted" % wanted,
                     lambda: counted(site) == wanted)


@pytest.mark.parametrize("setting", ["submission_max_per_hour",
                                     "submission_max_per_day"])
def test_limit(site, setting):
    site.conf(**dict({"submission_max_per_hour": 0,
                      "submission_max_per_day": 0}, **{setting: 5}))
    talk = logged_in(site)
    assert send(talk, "other@test.dev", "other+1@test.dev",
                "other+2@test.dev") == ([250] * 3, 250)
    assert counted(site) == 3
    codes, end = send(talk, *["other+%d@test.dev" % i for i in range(4)])
    assert (codes, end) == ([250, 250, 451, 451], 250)
    assert talk.say("RSET") == 250
    comes_to(site, 5)
    talk = logged_in(site)
    assert talk.envelope("other@test.dev", sender="demo@test.dev") == [451]
    assert talk.last[1].startswith("4.7.1 ")
    assert talk.say("DATA") in (503, 554)
    assert talk.say("RSET") == 250
    # somebody else's count is his own
    assert send(logged_in(site, "other"), "demo@test.dev",
                sender="other@test.dev") == ([250], 250)
    # one message in the postmaster's mailbox, however often it is asked
    notices = [m for m in site.contents("demo")
               if b"sends to too many" in m]
    assert len(notices) == 1
    notice = email.message_from_bytes(notices[0])
    assert notice["Return-Path"] == "<>" and notice["Message-ID"]
    assert notice["Auto-Submitted"] == "auto-generated"
    assert full("demo") in notice["Subject"]
    # and when others are old enough he may again
    site.sql("UPDATE submission_counts SET slot = slot - %d" % (
        6 if "hour" in setting else 144))
    assert send(talk, "other@test.dev") == ([250], 250)


def test_what_was_not_sent_is_not_counted(site):
    site.conf(submission_max_per_hour=100)
    talk = logged_in(site)
    assert talk.envelope("other@test.dev", "nobody@test.dev",
                         "other+1@test.dev", "other+2@test.dev",
                         sender="demo@test.dev") == [250, 550, 250, 250]
    assert counted(site) >= 3, "reserved"
    assert talk.say("RSET") == 250
    comes_to(site, 0)
    assert talk.envelope("other@test.dev", sender="demo@test.dev") == [250]
    talk.sock.close()
    comes_to(site, 0)  # of a client that is gone
    talk = logged_in(site)
    assert talk.envelope("other@test.dev", sender="demo@test.dev") == [250]
    assert talk.message(b"a\nb\r\n") == 550, "refused: a bare LF"
    comes_to(site, 0)
    assert send(talk, *["other+%d@test.dev" % i for i in range(11)])[1] == 250
    assert counted(site) == 11
    assert send(talk, "nobody@test.dev") == ([550], None)
    talk.say("RSET")
    comes_to(site, 11)


def test_milters_recipients_are_counted_as_anybodys(site):
    site.conf(submission_max_per_hour=3)
    with Playing(site) as played:
        played({"R": lambda octets: [
            REJECT if b"+no" in octets else CONTINUE]})
        talk = logged_in(site)
        assert send(talk, "other+no@test.dev", "other@test.dev",
                    "other+no@test.dev") == ([550, 250, 550], 250)
        comes_to(site, 1)
        played({"E": [text("+", b"other+%d@test.dev" % i) for i in range(5)]
                + [ACCEPT]})
        assert send(logged_in(site), "other@test.dev") == ([250], 250)
        comes_to(site, 3)


def test_parallel_connections(site):
    """Ten at a time do not pass the limit, and lose nothing that is allowed
    but while it is reserved."""
    site.conf(submission_max_per_hour=25)
    site.accountd()
    accepted = []

    def run():
        talk = logged_in(site)
        for _ in range(4):
            codes, end = send(talk, "other@test.dev")
            if end == 250:
                accepted.extend(codes)
            talk.say("RSET")

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        for done in [pool.submit(run) for _ in range(10)]:
            done.result()
    assert len(accepted) == 25
    comes_to(site, 25)
    assert len(site.messages("other")) == 25


def test_no_limit_asks_nobody(site):
    site.conf(submission_max_per_hour=0)
    assert send(logged_in(site), "other@test.dev") == ([250], 250)
    assert site.sql("SELECT login FROM submission_counts") == []


def test_old_rows_go(site):
    now = int(time.time()) // 600
    site.sql("INSERT INTO submission_counts (login, what, slot, recipients) "
             "VALUES ('gone@test.dev', 'n', %d, 7), "
             "('gone@test.dev', 'n', %d, 7)" % (now - 146, now - 100))
    assert send(logged_in(site), "other@test.dev") == ([250], 250)
    assert counted(site, "gone") == 7


def test_no_postmaster(lite):
    lite.sql("DELETE FROM forwarder")
    lite.conf(submission_max_per_hour=1)
    talk = logged_in(lite)
    assert talk.envelope("other@test.dev", "other@test.dev",
                         sender="demo@test.dev") == [250, 451]
    lite.wait_log("no mailbox of the postmaster takes a notice")


# ---- clients of others' making

def client_of_others(site, *command, **how):
    need(command[0])
    return subprocess.run(command, stdout=subprocess.PIPE, timeout=60,
                          stderr=subprocess.STDOUT, check=False,
                          **how).stdout.decode()


def test_msmtp_by_scram(site):
    site.conf(scram="yes")
    site.njiwa("user", "passwd", full("demo"), "--password-stdin",
               input=PASSWORD.encode() + b"\n")
    out = client_of_others(
        site, "msmtp", "--host=127.0.0.1",
        "--port=%d" % site.port("submission"), "--tls=on",
        "--tls-starttls=on", "--tls-certcheck=off", "--auth=scram-sha-256",
        "--user=" + full("demo"), "--passwordeval=echo " + PASSWORD,
        "--from=" + full("demo"), full("other"), input=b"Subject: x\n\nhi\n")
    assert out == "", out
    text, = site.contents("other")
    assert b"with ESMTPSA" in text and b"\nDate: " in text


def test_swaks_and_curl(site):
    out = client_of_others(
        site, "swaks", "--server", "127.0.0.1:%d" % site.port("submission"),
        "--tls", "--auth", "PLAIN", "--auth-user", full("demo"),
        "--auth-password", PASSWORD, "--from", full("demo"),
        "--to", full("other"), "--silent", "2")
    assert "** " not in out, out
    out = client_of_others(
        site, "curl", "-sS", "--insecure", "--mail-from", full("other"),
        "--mail-rcpt", full("other"), "--user", full("demo") + ":" + PASSWORD,
        "--ssl-reqd", "--upload-file", "-",
        "smtp://127.0.0.1:%d" % site.port("submission"), input=b"x\n")
    assert "553" in out, out
    assert len(site.messages("other")) == 1


def test_smtplib(site):
    client = site.smtp("submissions", login="demo")
    with pytest.raises(smtplib.SMTPSenderRefused):
        client.sendmail(full("other"), [full("demo")], DATA)
    client.rset()
    assert client.sendmail(full("demo"), [full("other")], DATA) == {}
    client.quit()


# ---- AUTH, where it is offered and what it says

def test_auth_is_not_offered_in_clear(lite):
    """Beyond this machine; see unit test test_smtp.c auth_before_tls too."""
    lite.conf(trusted_networks="")
    for word in ("PLAIN", "LOGIN", "SCRAM-SHA-256"):
        talk = Talk(lite, "mx")
        assert not any(k.startswith("AUTH") for k in talk.ehlo())
        assert talk.say("AUTH " + word) == 502
        talk.starttls()
        assert not any(k.startswith("AUTH") for k in talk.ehlo())
        assert talk.say("AUTH " + word) == 502


def test_auth_replies(lite):
    """RFC 4954 sections 4 and 6."""
    lite.conf(login_tries=100, smtp_max_errors=100)
    talk = Talk(lite, "submission")
    assert talk.say("AUTH PLAIN") == 503, "before EHLO"
    talk.ehlo()
    assert talk.say("AUTH") == 501
    assert talk.say("AUTH NTLM") == 504 and talk.last[1][:6] == "5.5.4 "
    assert talk.say("AUTH PLAIN ====") == 501
    assert talk.say("AUTH PLAIN") == 334 and talk.last[1] == ""
    assert talk.say("*") == 501 and talk.last[1][:6] == "5.7.0 "
    assert talk.say("AUTH PLAIN") == 334
    assert talk.say("A" * 12288) == 501
    assert talk.say("AUTH PLAIN") == 334
    assert talk.say("A" * 12290) == 500 and talk.last[1][:6] == "5.5.6 "
    assert talk.login(password="wrong") == 535
    assert talk.last[1][:6] == "5.7.8 "
    assert talk.say("MAIL FROM:<demo@test.dev>") == 530
    assert talk.login() == 235
    assert talk.login() == 503
    assert talk.say("MAIL FROM:<demo@test.dev>") == 250
    assert talk.say("AUTH PLAIN") == 503


def test_acting_for_another_costs_a_try(lite):
    """The authorization identity of PLAIN, in all three protocols alike."""
    import base64
    plain = base64.b64encode(b"other@test.dev\0demo@test.dev\0" +
                             PASSWORD.encode()).decode()
    lite.conf(login_tries=2, login_delay="200ms")
    for service, verb, no, end in (
            ("submission", "AUTH PLAIN ", "535 ", "421 "),
            ("pop3", "AUTH PLAIN ", "-ERR [AUTH]", "-ERR [AUTH]"),
            ("imap", "a AUTHENTICATE PLAIN ", "a NO [AUTHENTICATIONFAILED]",
             "* BYE")):
        with lite.connect(service) as sock:
            file = sock.makefile("rw", newline="")
            file.readline()
            if service == "submission":
                file.write("HELO x\r\n")
                file.flush()
                file.readline()
            begun = time.monotonic()
            file.write((verb + plain + "\r\n") * 2)
            file.flush()
            said = [file.readline(), file.readline()]
            assert said[0].startswith(no), said
            rest = said[1] + file.read()
            assert end in rest, rest
            assert time.monotonic() - begun >= 0.6


