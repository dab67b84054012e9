"""njiwa explain rcpt says what SMTP says, and why; njiwa domain alias, user
disable and catch-alls, which are seen there."""
import imaplib
import poplib
import re

import pytest

import servers
from far_client import Far
from site_under_test import DOMAIN
from smtp_talk import Talk
from tool_under_test import (
    CANTCREAT, DATAERR, NOUSER, OK, TEMPFAIL, USAGE, bad, call, full, good)

MB = 1 << 20


def explain(site, *words):
    """Exit status, steps, and the last line: the reply."""
    status, out, err = call(site, "explain", "rcpt", *words)
    assert err == "", err
    lines = out.splitlines()
    return status, lines[:-1], lines[-1]


def said(site, address, options=""):
    """What SMTP says to the recipient, without the id of the connection."""
    talk = Talk(site)
    talk.ehlo()
    assert talk.say("MAIL FROM:<s@far.org>" + options) == 250
    code = talk.say("RCPT TO:<%s>" % address)
    return code, re.sub(r" \[\w+\]$", "", talk.last[1].replace("\n", " "))


def test_the_same_as_smtp(site):
    site.conf(hostname="mx." + DOMAIN)
    good(site, "user", "add", full("off"), stdin=b"secret\n")
    good(site, "user", "disable", full("off"))
    good(site, "domain", "alias", "add", "also.dev", DOMAIN)
    good(site, "domain", "add", "all.dev")
    good(site, "alias", "add", "@all.dev", full("demo"))
    good(site, "alias", "add", full("away"), "x@far.org", full("demo"))
    good(site, "alias", "add", full("list"), full("demo"), full("off"))
    good(site, "alias", "add", "-x", full("hole"))
    good(site, "alias", "add", full("ring"), full("ring2"))
    good(site, "alias", "add", full("ring2"), full("ring"))
    site.sql("INSERT INTO quota (username, bytes, messages) VALUES "
             "('small@%s', %d, 1)" % (DOMAIN, MB))
    seen = set()
    for address in (
            full("demo"), full("demo+x"), full("nobody"), "x@far.org",
            full("off"), "demo@also.dev", "any@all.dev", full("away"),
            full("list"), full("hole"), full("ring"), full("small"),
            "postmaster", "x@also.dev", "no+x@all.dev"):
        status, _, reply = explain(site, address)
        code, text = said(site, address)
        assert reply == "%d %s" % (code, text), address
        assert status == (OK if code < 400 else TEMPFAIL if code < 500
                          else NOUSER), address
        seen.add(reply[:9])
    assert seen == {"250 2.1.5", "550 5.1.1", "550 5.7.1", "550 5.2.1",
                    "451 4.3.0", "552 5.2.2"}


def test_steps(site):
    site.imap("demo").create("Work")
    good(site, "alias", "add", full("info"), full("demo"))
    site.sql("INSERT INTO quota (username, bytes, messages) VALUES "
             "('demo@%s', 1000, 1)" % DOMAIN)
    site.sql("UPDATE users SET quota = '2' WHERE name = 'demo'")
    status, steps, reply = explain(site, full("info+work"))
    assert (status, reply) == (OK, "250 2.1.5 Recipient ok")
    assert steps == [
        "recipient <info+work@test.dev>",
        "  mailbox info+work@test.dev: none",
        "  alias info+work@test.dev: none",
        "  domain of info+work@test.dev: ours",
        '  subaddress info+work@test.dev: info@test.dev with the detail '
        '"work"',
        "  mailbox info@test.dev: none",
        "  alias info@test.dev: demo@test.dev",
        "  mailbox demo@test.dev: demo@test.dev",
        "  to demo@test.dev",
        "    quota: 1000 of 2097152 octets in use, 2306862 with the grace for "
        "a last message: room",
        "    mail: " + site.maildir("demo"),
        "    folder: Work",
        "  6 questions to the database"]
    good(site, "user", "disable", full("demo"))
    _, steps, reply = explain(site, full("info"))
    assert "  mailbox demo@test.dev: demo@test.dev, disabled" in steps
    assert "  notice: alias info@test.dev: target demo@test.dev is disabled" \
        in steps
    assert reply.startswith("550 5.2.1 ")


def test_size_client_and_sender(site):
    site.conf(smtp_max_message_size="1M", check_helo_syntax="reject",
              trusted_networks="192.0.2.0/24")
    grace = MB // 100 * 10
    assert explain(site, full("small"), "size", str(MB))[0] == OK
    site.conf(smtp_max_message_size="2M")
    assert explain(site, full("small"), "size", str(MB + grace))[0] == OK
    status, steps, reply = explain(site, full("small"), "size",
                                   str(MB + grace + 1))
    assert status == NOUSER and reply.startswith("552 5.2.2 Sorry, ")
    assert any(step.endswith(": no room") for step in steps)
    status, _, reply = explain(site, full("demo"), "size", str(2 * MB + 1))
    assert (status, reply) == (NOUSER, "552 5.3.4 Message too big")
    for ip, line in (("127.0.0.1", "this machine itself"),
                     ("192.0.2.7", "of trusted_networks"),
                     ("198.51.100.1", "a stranger, who is looked into"),
                     ("2001:db8::1", "a stranger, who is looked into")):
        status, steps, _ = explain(site, full("demo"), "ip", ip, "from", "<>")
        assert status == OK and steps[0] == "client %s: %s" % (ip, line)
        assert ("  check_helo_syntax: reject" in steps) == ("stranger" in line)
        assert "sender <>: good, as from anybody on port 25" in steps


def test_greylisted(site):
    site.conf(greylist="on", greylist_auto=1)
    words = full("demo"), "ip", "192.0.2.9", "from"
    status, steps, reply = explain(site, *words, "s@far.org")
    assert status == TEMPFAIL
    assert reply == "451 4.7.1 Not seen before: please come back in 300 seconds"
    assert any("not seen before" in step for step in steps)
    assert site.sql("SELECT * FROM greylist") == [], "nothing is changed"
    talk = Talk(Far(site, "192.0.2.1"))
    talk.ehlo()
    assert talk.envelope(full("demo"), sender="s@far.org") == [451]
    _, _, reply = explain(site, *words, "s@far.org")
    assert re.search(r"back in (300|29\d) seconds$", reply), reply
    # a bounce, or who is greylisted for what he does: not at RCPT
    status, steps, reply = explain(site, *words, "<>")
    assert (status, reply) == (OK, "250 2.1.5 Recipient ok")
    assert "  that is said after DATA" in steps
    _, steps, reply = explain(site, *words[:3])
    assert reply[:3] == "250" and "must be known (from)" in "".join(steps)
    status, _, reply = explain(site, full("nobody"), *words[1:], "s@far.org")
    assert status == NOUSER and reply.startswith("550 5.1.1")
    site.sql("UPDATE greylist SET first_seen = first_seen - 300")
    assert explain(site, *words, "s@far.org")[2].startswith("250 ")
    site.sql("UPDATE greylist SET first_seen = first_seen + 300")
    site.conf(greylist="suspicious")
    status, steps, _ = explain(site, *words, "s@far.org")
    assert status == OK
    assert "  that is for who is suspicious, by what he does" in steps
    site.conf(greylist="on", trusted_networks="192.0.2.0/24")
    assert explain(site, *words, "s@far.org")[0] == OK


@pytest.mark.parametrize("setting, last, text", [
    ("rate_connections", 1, "421 4.7.0 Too many connections from your network, "
     "come back later"),
    ("rate_messages_network", 1, "451 4.7.1 Too much from your network lately, "
     "come back later"),
    ("rate_unknown", 2, "451 4.7.1 Too much from your network lately, "
     "come back later")])
def test_too_often(make_site, setting, last, text):
    site = make_site("sqlite")
    site.conf(**{setting: last})
    servers.begin_early_in(60, 20)
    words = full("demo"), "ip", "192.0.2.1"
    for i in range(last):
        assert explain(site, *words)[2] == "250 2.1.5 Recipient ok", i
        talk = Talk(Far(site, "192.0.2.1"))
        talk.ehlo()
        assert talk.envelope(full("nobody")) == [550]
    for _ in range(2):
        status, _, reply = explain(site, *words)
        assert (status, reply) == (TEMPFAIL, text)
    assert explain(site, full("demo"), "ip", "192.0.3.1")[0] == OK
    assert explain(site, full("demo"))[0] == OK


@pytest.mark.parametrize("status, words", [
    (DATAERR, ("nobody",)), (DATAERR, ("",)), (DATAERR, ("a b@test.dev",)),
    (DATAERR, ("<a@test.dev>x",)), (USAGE, ()),
    (USAGE, ("a@test.dev", "from")), (USAGE, ("a@test.dev", "to", "x@y")),
    (DATAERR, ("a@test.dev", "size", "1k")),
    (DATAERR, ("a@test.dev", "from", "nobody")),
    (USAGE, ("a@test.dev", "ip", "localhost"))])
def test_what_cannot_be_explained(make_site, status, words):
    bad(make_site("sqlite"), status, "explain", "rcpt", *words)


def test_database_away(make_site):
    site = make_site("sqlite")
    site.sql("DROP TABLE users")
    status, steps, reply = explain(site, full("demo"))
    assert (status, reply) == (TEMPFAIL,
                               "451 4.3.0 Cannot look it up for now")
    assert any("run njiwa db migrate" in step for step in steps)


# ---- the verbs that it shows the effect of

def test_aliases_that_are_mailboxes(site):
    """They are named while they are not looked at."""
    good(site, "db", "status")
    good(site, "alias", "add", full("Demo"), full("other"))
    good(site, "alias", "add", full("info"), full("other"))
    for verb in "status", "migrate":
        status, _, err = call(site, "db", verb)
        assert status == OK
        assert err.splitlines() == [
            "njiwa: %s is an alias and a mailbox" % full("Demo"),
            "njiwa: aliases that are not looked at: 1 (alias_order is mailbox; "
            "with alias they replace the mailbox, as with the predecessor)"]
    assert "  to demo@test.dev" in explain(site, full("demo"))[1]
    site.conf(alias_order="alias")
    good(site, "db", "status")
    assert "  to other@test.dev" in explain(site, full("demo"))[1]


def test_domain_alias(site):
    good(site, "domain", "alias", "add", "Also.dev", DOMAIN)
    good(site, "domain", "alias", "add", "third.dev", "also.dev")
    assert good(site, "domain", "alias", "list") == \
        "also.dev\t%s\nthird.dev\talso.dev\n" % DOMAIN
    bad(site, CANTCREAT, "domain", "alias", "add", "also.dev", DOMAIN)
    bad(site, NOUSER, "domain", "alias", "add", "x.dev", "far.org")
    assert "leads back" in bad(
        site, DATAERR, "domain", "alias", "add", DOMAIN, "third.dev")
    bad(site, DATAERR, "domain", "alias", "add", "x.dev", "x.dev")
    bad(site, DATAERR, "domain", "alias", "add", "a..b", DOMAIN)
    bad(site, DATAERR, "domain", "alias", "add", "x.dev", "a b")
    good(site, "domain", "alias", "remove", "also.dev")
    bad(site, NOUSER, "domain", "alias", "remove", "also.dev")
    assert explain(site, "demo@also.dev")[2].startswith("550 5.7.1 ")
    assert explain(site, "demo@third.dev")[2].startswith("451 4.3.0 ")


def test_user_disable(site):
    line = "%s\t0\t0\t0" % full("demo")
    good(site, "user", "disable", full("demo"))
    assert line + "\tdisabled" in good(site, "user", "list").splitlines()
    assert "disabled: yes\n" in good(site, "user", "show", full("demo"))
    assert "disabled: no\n" in good(site, "user", "show", full("other"))
    bad(site, CANTCREAT, "user", "disable", full("demo"))
    bad(site, NOUSER, "user", "disable", full("nobody"))
    good(site, "user", "enable", full("demo"))
    bad(site, CANTCREAT, "user", "enable", full("demo"))
    assert line in good(site, "user", "list").splitlines()
    # a new one of the name begins anew
    good(site, "user", "disable", full("demo"))
    good(site, "user", "remove", full("demo"))
    good(site, "user", "add", full("demo"), stdin=b"secret\n")
    assert line in good(site, "user", "list").splitlines()


def test_catch_all(site):
    good(site, "alias", "add", "@TEST.dev", full("other"))
    assert "@test.dev\talias\t%s\n" % full("other") in good(
        site, "alias", "list")
    assert explain(site, full("nobody"))[0] == OK
    good(site, "alias", "remove", "@test.dev")
    assert explain(site, full("nobody"))[0] == NOUSER
    for name in "@", "@a..b", "@x@y":
        bad(site, DATAERR, "alias", "add", name, full("other"))


def test_disabled_logins(site):
    """Told to who knows the password, and to nobody else."""
    good(site, "user", "disable", full("demo"))
    site.conf(login_tries=3)
    for password, code, text in (("thepassword", 525, "5.7.13 "),
                                 ("wrong", 535, "5.7.8 ")):
        talk = Talk(site, "submission")
        talk.ehlo()
        assert talk.login(full("demo"), password) == code
        assert talk.last[1].startswith(text)
    site.wait_log("result=disabled")
    with pytest.raises(poplib.error_proto, match=r"-ERR \[SYS/PERM\]"):
        site.pop3("demo")
    with pytest.raises(poplib.error_proto, match=r"-ERR \[AUTH\]"):
        site.pop3("demo", password="wrong")
    with pytest.raises(imaplib.IMAP4.error, match=r"\[CONTACTADMIN\]"):
        site.imap("demo")
    with pytest.raises(imaplib.IMAP4.error, match=r"\[AUTHENTICATIONFAILED"):
        site.imap("demo", password="wrong")
    # the tries count as any
    talk = Talk(site, "submission")
    talk.ehlo()
    assert [talk.login(full("demo")) for _ in range(3)] == [525, 525, 421]
    assert talk.ended()
    good(site, "user", "enable", full("demo"))
    talk = Talk(site, "submission")
    talk.ehlo()
    assert talk.login(full("demo")) == 235
