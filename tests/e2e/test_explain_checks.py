"""njiwa explain rcpt runs the checks of strangers that njiwa-smtpd runs, with
the same name server, and comes to the same reply."""
import re

import pytest

from dns_under_test import NameServer
from smtp_talk import Talk
from test_explain import explain
from tool_under_test import DATAERR, NOUSER, OK, TEMPFAIL, USAGE, bad, full

RDNS = "1.0.0.127.in-addr.arpa"
LISTED = "1.0.0.127.bl.test"
OFF = {"check_helo_identity": "off", "check_helo_syntax": "off"}


@pytest.fixture
def dns():
    server = NameServer({
        RDNS + " PTR": ["mail.example.org"],
        "mail.example.org A": ["127.0.0.1"],
        "example.org MX": ["10 mail.example.org"],
        LISTED + " A": ["127.0.0.2"],
        LISTED + " TXT": ["listed, see https://bl.test/"],
        "null.test MX": ["0 ."],
    })
    yield server
    server.close()


@pytest.fixture
def site(make_site, dns):
    site = make_site("sqlite")
    site.conf(hostname="mx.test.dev", check_loopback="yes",
              dns_servers=dns.address, dns_timeout="30s",
              dns_cache_time="0", **OFF)
    return site


def said(site, helo, sender, recipient):
    talk = Talk(site)
    assert talk.say("EHLO " + helo) == 250
    assert talk.say("MAIL FROM:<%s>" % sender) == 250
    code = talk.say("RCPT TO:<%s>" % recipient)
    return "%d %s" % (code, re.sub(r" \[\w+\]$", "",
                                   talk.last[1].replace("\n", " ")))


def words(helo, sender, recipient):
    return recipient, "ip", "127.0.0.1", "helo", helo, "from", sender


GOOD = "mail.example.org", "s@example.org"


@pytest.mark.parametrize("settings, client, finding, code", [
    ({"check_reverse_dns": "reject"}, GOOD, "iprev: pass", 250),
    ({"dnsbl": "bl.test*3"}, GOOD, "dnsbl: fail, score 3: 127.0.0.1 is listed "
     "by bl.test (listed, see https://bl.test/)", 550),
    ({"dnsbl": "bl.test*2.5"}, GOOD, "dnsbl: fail, score 2.50: 127.0.0.1 is "
     "listed by bl.test (listed, see https://bl.test/)", 250),
    ({"dnsbl": "wl.test*-1"}, GOOD, "dnsbl: pass", 250),
    ({"check_helo_identity": "reject"}, ("mx.test.dev", GOOD[1]),
     "helo: fail, reject: your HELO is the name of this server", 550),
    ({"check_helo_syntax": "1"}, ("nodot", GOOD[1]),
     "helo: fail, score 1: your HELO is not a name in full", 250),
    ({"check_helo_dns": "defer"}, ("no.example.org", GOOD[1]),
     "helo-dns: fail, defer: your HELO is not in the DNS", 450),
    ({"check_helo_dns": "defer"}, GOOD, "helo-dns: pass", 250),
    ({"check_sender_domain": "reject"}, (GOOD[0], "s@none.test"),
     "sender-domain: fail, reject: the sender's domain none.test is not in the "
     "DNS", 550),
    ({"check_sender_domain": "reject"}, (GOOD[0], "s@null.test"),
     "sender-domain: fail, reject: the sender's domain null.test takes no mail",
     550),
    ({"check_sender_domain": "reject"}, (GOOD[0], ""),
     "sender-domain: nothing to look at", 250),
    ({"check_sender_domain": "junk"}, (GOOD[0], "s@none.test"),
     "sender-domain: fail, junk: the sender's domain none.test is not in the "
     "DNS", 250)])
def test_as_the_server(site, settings, client, finding, code):
    site.conf(**settings)
    for recipient in full("demo"), full("nobody"), "postmaster":
        status, steps, reply = explain(
            site, *words(client[0], client[1] or "<>", recipient))
        assert "  " + finding in steps, steps
        assert reply == said(site, client[0], client[1], recipient)
        if recipient == full("demo"):
            assert reply.startswith("%d " % code), reply
            assert status == (OK if code < 400 else TEMPFAIL if code < 500
                              else NOUSER)
            # who is refused is not looked up
            assert ("recipient <%s>" % recipient in steps) == (code == 250)


@pytest.mark.parametrize("lists, line", [
    ("wl.test*-1", "  score 0 (junk from 2, refused from 3): let in"),
    ("bl.test*2.25", "  score 2.25 (junk from 2, refused from 3): junk"),
    ("bl.test*4", "  score 4 (junk from 2, refused from 3): refused")])
def test_scores(site, lists, line):
    site.conf(dnsbl=lists)
    assert line in explain(site, *words(*GOOD, full("demo")))[1]


def test_what_is_not_known(site, dns):
    site.conf(check_helo_identity="reject", check_sender_domain="reject",
              check_reverse_dns="reject", smtp_greeting_delay="1s")
    _, steps, reply = explain(site, full("demo"), "ip", "127.0.0.1")
    assert reply.startswith("250 ")
    for line in ("iprev: pass", "early-talker: only a conversation tells",
                 "helo: what it says in HELO must be known (helo)",
                 "sender-domain: who sends must be known (from)",
                 "spf: not checked", "dkim: not checked",
                 "dmarc: not checked"):
        assert "  " + line in steps, (line, steps)
    # nothing is asked for one who is trusted, nor without a client
    asked = len(dns.asked)
    site.conf(trusted_networks="127.0.0.0/8")
    for more in ("ip", "127.0.0.1"), ():
        _, steps, _ = explain(site, full("demo"), *more)
        assert not any("not checked" in step for step in steps)
    assert len(dns.asked) == asked


def test_rows_of_verdicts_to_come(site):
    """They are named even where no check is asked for, and cost nothing: no
    message says anything about them."""
    _, steps, _ = explain(site, full("demo"), "ip", "127.0.0.1")
    assert [step for step in steps if "checked" in step] == [
        "  spf: not checked", "  dkim: not checked", "  dmarc: not checked"]
    site.conf(check_helo_identity="2")
    talk = Talk(site)
    talk.ehlo()
    assert talk.envelope(full("demo")) == [250]
    assert talk.message() == 250
    text = site.contents("demo")[-1].decode()
    results = re.search(r"^Authentication-Results: .*?\n(?!\t)", text,
                        re.M | re.S).group(0)
    assert "helo=pass" in results
    assert not re.search("spf|dkim|dmarc", results)


def test_dns_away(site, dns):
    dns.close()
    site.conf(check_reverse_dns="reject", dns_timeout="300ms")
    status, steps, _ = explain(site, *words(*GOOD, full("demo")))
    assert status == OK and "  iprev: temperror" in steps
    assert any("no answer from the DNS" in step for step in steps)


def test_nothing_is_kept(site, dns):
    """What explain finds the server does not recall."""
    site.conf(check_reverse_dns="reject", dns_cache_time="1d")
    assert explain(site, *words(*GOOD, full("demo")))[0] == OK
    dns.records.clear()
    assert said(site, *GOOD, full("demo")).startswith("550 ")


def test_suspicious_ones_are_greylisted(site):
    site.conf(greylist="suspicious", dnsbl="bl.test*1")
    ask = words(*GOOD, full("demo"))
    status, steps, reply = explain(site, *ask)
    assert status == TEMPFAIL and reply.startswith("451 4.7.1 Not seen before")
    assert said(site, *GOOD, full("demo")).startswith("451 4.7.1 Not seen")
    site.conf(dnsbl="")
    status, steps, _ = explain(site, *ask)
    assert status == OK
    assert "  that is for who is suspicious, by what he does" in steps


def test_words(site):
    bad(site, USAGE, "explain", "rcpt", full("demo"), "helo")
    bad(site, DATAERR, "explain", "rcpt", "demo", "helo", "x")
