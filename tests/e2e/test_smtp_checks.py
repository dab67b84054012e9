"""What njiwa-smtpd looks into about strangers, with a name server of our own:
lists, names, senders, the verdict, the header, the log, and a DNS that fails.
Clients come from 127.0.0.1 and count as strangers by check_loopback."""
import os
import re
import time

import pytest

import servers
from dns_under_test import NameServer
from smtp_talk import DATA, Talk

RDNS = "1.0.0.127.in-addr.arpa"
LISTED = "1.0.0.127.bl.test"


@pytest.fixture
def dns():
    server = NameServer({
        RDNS + " PTR": ["mail.example.org"],
        "mail.example.org A": ["127.0.0.1"],
        "example.org MX": ["10 mail.example.org"],
    })
    yield server
    server.close()


@pytest.fixture
def site(make_site, dns):
    site = make_site("sqlite")
    site.conf(check_loopback="yes", dns_servers=dns.address,
              dns_timeout="30s", log_level="debug",
              check_helo_identity="off", check_helo_syntax="off")
    return site


def rcpt(site, helo="mail.example.org", sender="s@example.org",
         recipient="demo@test.dev"):
    """What a stranger is told at RCPT."""
    talk = Talk(site)
    assert talk.say("EHLO " + helo) == 250
    assert talk.say("MAIL FROM:<%s>" % sender) == 250
    talk.say("RCPT TO:<%s>" % recipient)
    return talk


def wait_until_kept(site, dns):
    """What was found of a listed client is in the file soon after the reply:
    then the next one asks nobody."""
    def known():
        asked = len(dns.asked)
        assert rcpt(site).last[0] == 550
        return len(dns.asked) == asked

    servers.wait_for("it in the file", known)


def deliver(site, **how):
    """One message from a stranger; what is on disk of it."""
    talk = rcpt(site, **how)
    assert talk.last[0] == 250, talk.last
    assert talk.message() == 250, talk.last
    assert talk.say("QUIT") == 221
    return site.contents("demo")[-1].decode()


# ---- lists

def test_listed_is_refused(site, dns):
    dns.record(LISTED, "A", "127.0.0.2")
    dns.record(LISTED, "TXT", "listed, see https://bl.test/127.0.0.1")
    site.conf(dnsbl="bl.test*3")
    code, text = rcpt(site).last
    assert code == 550
    assert text.startswith("5.7.1 Not accepted from you: 127.0.0.1 is listed "
                           "by bl.test (listed, see https://bl.test/"), text
    site.wait_log("recipient refused")
    line, = [line for line in site.log.splitlines()
             if "recipient refused" in line]
    assert 'checks="dnsbl=fail:3"' in line or "checks=dnsbl=fail:3" in line
    assert "to=demo@test.dev code=550" in line


@pytest.mark.parametrize("scores,code,junk", [
    ("bl.test*2.99", 250, True),
    ("bl.test*1", 250, False),
    ("bl.test*3 wl.test*-1", 250, True),
    ("bl.test*3 wl.test*-2", 250, False),
    ("bl.test=127.0.0.[4..9]*3", 250, False),
    ("bl.test=127.0.0.[2;4]*3", 550, False),
    ("bl.test=127.0.0.2*1, bl.test=127.0.0.[1..3]*2", 550, False),
    ("nolist!, bl.test*3", 550, False),
])
def test_scores(site, dns, scores, code, junk):
    dns.record(LISTED, "A", "127.0.0.2")
    dns.record("1.0.0.127.wl.test", "A", "127.0.5.1")
    site.conf(dnsbl=scores, spam_folder="Junk", dns_cache_time="0")
    talk = rcpt(site)
    assert talk.last[0] == code
    asked = [name for name, kind in dns.asked if kind == "A"]
    assert len(asked) == len(set(asked)), "each list is asked once"
    if code == 250:
        assert talk.message() == 250
        assert len(site.messages("demo", "Junk" if junk else "")) == 1


@pytest.mark.parametrize("answer", ["127.255.255.254", "127.255.255.252",
                                    "192.0.2.1"])
def test_complaint_is_no_listing(site, dns, answer):
    dns.record(LISTED, "A", answer)
    site.conf(dnsbl="bl.test*3")
    assert rcpt(site).last[0] == 250
    site.wait_log("bl.test answers " + answer)


def test_postmaster_hears_everybody(site, dns):
    dns.record(LISTED, "A", "127.0.0.2")
    site.conf(dnsbl="bl.test*3", spam_folder="Junk")
    talk = rcpt(site, recipient="postmaster")
    assert talk.last[0] == 250
    assert talk.say("RCPT TO:<other@test.dev>") == 550
    assert talk.message() == 250
    assert len(site.messages("demo", "Junk")) == 1
    assert not site.messages("other")


def test_nobody_is_asked_by_default(site, dns):
    for name in ("check_helo_identity", "check_helo_syntax"):
        site.conf(**{name: None})
    assert deliver(site).count("Authentication-Results") == 1
    assert dns.asked == []
    assert not os.path.exists(site.folder + "/run/strangers.cache")


def test_who_is_no_stranger(site, dns):
    dns.record(LISTED, "A", "127.0.0.2")
    site.conf(dnsbl="bl.test*3")
    assert rcpt(site).last[0] == 550
    site.conf(trusted_networks="10.0.0.0/8, 127.0.0.0/8")
    asked = len(dns.asked)
    assert rcpt(site).last[0] == 250
    site.conf(trusted_networks="", check_loopback="no")
    assert rcpt(site).last[0] == 250
    site.conf(check_loopback="yes")
    talk = Talk(site, "submission")
    talk.ehlo()
    talk.starttls()
    talk.ehlo()
    assert talk.login() == 235
    assert talk.envelope("other@test.dev", sender="demo@test.dev") == [250]
    assert len(dns.asked) == asked


def test_under_njiwa_init(site, dns):
    dns.record(LISTED, "A", "127.0.0.2")
    site.init(services=("mx",), dnsbl="bl.test*3", dnsbl_text="no")
    assert rcpt(site).last[0] == 550
    assert dns.asked
    wait_until_kept(site, dns)


def test_client_of_a_proxy(site, dns):
    dns.record("7.2.0.192.bl.test", "A", "127.0.0.2")
    site.conf(dnsbl="bl.test*3", check_loopback="no", dnsbl_text="no",
              proxy_networks="127.0.0.1")
    sock = site.connect("mx")
    sock.sendall(b"PROXY TCP4 192.0.2.7 192.0.2.9 4000 25\r\n"
                 b"EHLO x.example\r\nMAIL FROM:<s@example.org>\r\n"
                 b"RCPT TO:<demo@test.dev>\r\nQUIT\r\n")
    out = b""
    while b"221 " not in out:
        out += sock.recv(4096)
    assert b"192.0.2.7 is listed by bl.test" in out
    site.conf(proxy_networks="", xclient_networks="127.0.0.1")
    for address, code in (("192.0.2.7", 550), ("192.0.2.8", 250)):
        talk = Talk(site)
        talk.ehlo()
        assert talk.envelope("demo@test.dev") == [250]
        assert talk.say("RSET") == 250
        assert talk.say("XCLIENT ADDR=" + address) == 220
        talk.ehlo()
        assert talk.envelope("demo@test.dev") == [code]
        assert talk.say("RSET") == 250


# ---- names

@pytest.mark.parametrize("ptr,address,result", [
    ("mail.example.org", "127.0.0.1", "pass"),
    ("mail.example.org", "127.0.0.9", "fail"),
    (None, None, "fail"),
    ("gone.example.org", None, "fail"),
])
def test_reverse_dns(site, dns, ptr, address, result):
    dns.records.clear()
    if ptr:
        dns.record(RDNS, "PTR", ptr)
    if address:
        dns.record(ptr, "A", address)
    site.conf(check_reverse_dns="reject")
    talk = rcpt(site)
    assert talk.last[0] == (250 if result == "pass" else 550), talk.last
    if result == "pass":
        assert talk.message() == 250
        stored = site.contents("demo")[0].decode()
        assert ("\nAuthentication-Results: mx.test.dev;\n\tiprev=pass "
                "policy.iprev=127.0.0.1 (mail.example.org)\n"
                "Received: ") in stored


@pytest.mark.parametrize("kind,value,code", [
    ("MX", "10 mail.example.org", 250), ("A", "192.0.2.1", 250),
    ("AAAA", "2001:db8::1", 250), ("TXT", "v=spf1 -all", 550),
    ("CNAME", "example.org", 250), ("CNAME", "nowhere.example", 550),
    (None, None, 550)])
def test_helo_dns(site, dns, kind, value, code):
    if kind:
        dns.record("client.example", kind, value)
    site.conf(check_helo_dns="reject")
    assert rcpt(site, helo="client.example").last[0] == code
    assert rcpt(site, helo="[127.0.0.1]").last[0] == 250


@pytest.mark.parametrize("records,setting,told", [
    ({"MX": ["10 mail.example.org"]}, "reject", "250 2.1.5"),
    ({"A": ["192.0.2.1"]}, "reject", "250 2.1.5"),
    ({"MX": ["0 "]}, "reject", "550 5.7.27"),
    ({"MX": ["0 "]}, "defer", "450 4.1.8"),
    ({"MX": ["0 "]}, "3", "550 5.7.1"),
    ({"MX": ["0 "]}, "log", "250 2.1.5"),
    ({}, "reject", "550 5.1.8"),
    ({}, "defer", "450 4.1.8"),
])
def test_sender_domain(site, dns, records, setting, told):
    for kind, values in records.items():
        dns.record("from.example", kind, *values)
    site.conf(check_sender_domain=setting)
    code, text = rcpt(site, sender="s@from.example").last
    assert ("%d %s" % (code, text)).startswith(told)
    assert rcpt(site, sender="").last[0] == 250


def test_sender_beyond_ascii(site, dns):
    """Its domain has another name in the DNS, which nobody here makes."""
    site.conf(check_sender_domain="reject")
    asked = len(dns.asked)
    talk = Talk(site)
    talk.ehlo()
    assert talk.say("MAIL FROM:<s@b\xfccher.example> SMTPUTF8") == 250
    assert talk.say("RCPT TO:<demo@test.dev>") == 250
    assert len(dns.asked) == asked


def test_sender_is_looked_up_for_each_message(site, dns):
    site.conf(check_sender_domain="reject")
    talk = rcpt(site)
    assert talk.last[0] == 250
    assert talk.message() == 250
    assert talk.envelope("demo@test.dev", sender="s@nowhere.example") == [550]
    assert talk.say("RSET") == 250
    assert talk.envelope("demo@test.dev") == [250]


# ---- header and log

def test_header_and_log(site, dns):
    dns.record(LISTED, "A", "127.0.0.2")
    dns.record("1.0.0.127.wl.test", "A", "127.0.10.1")
    site.conf(dnsbl="bl.test*1 wl.test*-1", check_reverse_dns="1",
              check_helo_identity="1", check_sender_domain="1")
    forged = (b"Authentication-Results: mx.test.dev; spf=pass\r\n"
              b"Authentication-Results: far.example; spf=pass\r\n")
    talk = rcpt(site)
    assert talk.message(forged + DATA) == 250
    stored = site.contents("demo")[0].decode()
    assert ("Authentication-Results: mx.test.dev;\n"
            "\tiprev=pass policy.iprev=127.0.0.1 (mail.example.org);\n"
            "\tx-dnsbl=fail dns.zone=bl.test policy.ip=127.0.0.2;\n"
            "\tdnswl=pass dns.zone=wl.test policy.ip=127.0.10.1;\n"
            "\tx-helo=pass;\n\tx-sender-domain=pass\nReceived:") in stored
    assert "\nX-Old-Authentication-Results: mx.test.dev; spf=pass\n" in stored
    assert "\nAuthentication-Results: far.example; spf=pass\n" in stored
    site.wait_log("message accepted")
    line, = [line for line in site.log.splitlines()
             if "message accepted" in line]
    assert "iprev=pass dnsbl=fail helo=pass sender-domain=pass" in line
    assert re.search(r'stages="connect:\d+ rcpt:\d+ data:\d+ filter:\d+ '
                     r'commit:\d+"', line), line


# ---- a DNS that misbehaves

@pytest.mark.parametrize("fault", ["id", "question", "spoof", "cut", "slow"])
def test_only_the_answer_is_believed(site, dns, fault):
    site.conf(check_reverse_dns="reject", dnsbl="bl.test*3", dns_timeout="30s")
    dns.faults["*"] = fault
    assert rcpt(site).last[0] == 250
    assert (dns.tcp_asked > 0) == (fault == "cut")
    site.conf(dns_cache_time="0")
    dns.record(LISTED, "A", "127.0.0.2")
    assert rcpt(site).last[0] == 550


@pytest.mark.parametrize("fault,limit,least,most", [
    ("silent", "4s", 4, 7.9), ("servfail", "30s", 0, 25)])
def test_no_answer_counts_for_nothing(site, dns, fault, limit, least, most):
    dns.record(LISTED, "A", "127.0.0.2")
    site.conf(dnsbl="bl.test*3", check_reverse_dns="reject",
              check_helo_dns="reject", check_sender_domain="reject",
              dns_timeout=limit)
    dns.faults["*"] = fault
    begun = time.monotonic()
    talk = rcpt(site)
    took = time.monotonic() - begun
    assert talk.last[0] == 250
    assert least <= took < most, took
    assert talk.message() == 250
    site.wait_log("no answer from the DNS for the check iprev")
    site.wait_log("iprev=temperror dnsbl=temperror helo-dns=temperror")
    del dns.faults["*"]
    assert rcpt(site).last[0] == 550, "nothing of it was kept"


def test_nobody_at_the_name_servers_port(site, dns):
    site.conf(dnsbl="bl.test*3", dns_timeout="30s",
              dns_servers="127.0.0.1:9 127.0.0.1:%d" % dns.port)
    dns.record(LISTED, "A", "127.0.0.2")
    begun = time.monotonic()
    assert rcpt(site).last[0] == 550, "the other server answers"
    site.conf(dns_servers="127.0.0.1:9", dns_cache_time="0")
    assert rcpt(site).last[0] == 250
    assert time.monotonic() - begun < 25


def test_alias_loop(site, dns):
    dns.record("a.example", "CNAME", "b.example")
    dns.record("b.example", "CNAME", "a.example")
    site.conf(check_sender_domain="reject")
    assert rcpt(site, sender="s@a.example").last[0] == 250, "not a no"
    site.wait_log("no answer from the DNS for the check sender-domain")


def test_ports_and_letters_change(site, dns):
    site.conf(dnsbl="bl.test*3", dns_cache_time="0")
    for _ in range(4):
        assert rcpt(site).last[0] == 250
    assert len(dns.ports) >= 3


# ---- what is kept

def test_findings_are_kept(site, dns):
    dns.record(LISTED, "A", "127.0.0.2")
    dns.record(LISTED, "TXT", "go away")
    site.conf(dnsbl="bl.test*3", check_reverse_dns="1")
    first = rcpt(site).last
    wait_until_kept(site, dns)
    asked = len(dns.asked)
    dns.records.clear()
    second = rcpt(site).last
    assert [text.rpartition(" [")[0] for _, text in (first, second)] == [
        "5.7.1 Not accepted from you: 127.0.0.1 is listed by bl.test "
        "(go away)"] * 2
    assert len(dns.asked) == asked, "nobody was asked again"
    cache = site.folder + "/run/strangers.cache"
    assert os.stat(cache).st_mode & 0o777 == 0o600
    site.conf(dnsbl="bl.test*2")
    assert rcpt(site).last[0] == 250, "other settings, other findings"
    dns.record(LISTED, "A", "127.0.0.2")
    site.conf(dnsbl="bl.test*3")
    with open(cache, "r+b") as file:
        file.write(os.urandom(os.stat(cache).st_size))
    assert rcpt(site).last[0] == 550, "nonsense is not believed"


def test_kept_no_longer_than_it_is_good(site, dns):
    dns.ttl = 1
    site.conf(dnsbl="bl.test*3")
    assert rcpt(site).last[0] == 250
    dns.record(LISTED, "A", "127.0.0.2")
    time.sleep(2.1)
    assert rcpt(site).last[0] == 550


def kinds_asked(dns):
    return [kind for _, kind in dns.asked]


def test_starttls_asks_once(site, dns):
    dns.record(LISTED, "A", "127.0.0.2")
    dns.record(LISTED, "TXT", "go away")
    site.conf(dnsbl="bl.test*3")
    talk = Talk(site)
    talk.ehlo()
    servers.wait_for("the question", lambda: kinds_asked(dns))
    time.sleep(0.5)
    assert talk.say("NOOP") == 250
    talk.ehlo()  # by now the list has answered, and is asked for its words
    servers.wait_for("the other one", lambda: "TXT" in kinds_asked(dns))
    time.sleep(0.5)
    talk.starttls()
    talk.ehlo()
    assert talk.envelope("demo@test.dev") == [550]
    assert "go away" in talk.last[1]
    assert kinds_asked(dns).count("A") == 1


# ---- the greeting

def test_early_talker(site):
    site.conf(smtp_greeting_delay="500ms")
    begun = time.monotonic()
    assert Talk(site).greeting[0] == 220
    assert time.monotonic() - begun >= 0.5
    assert rcpt(site).last[0] == 250
    site.conf(smtp_greeting_delay="3s")
    sock = site.connect("mx")
    sock.sendall(b"EHLO x\r\nMAIL FROM:<s@example.org>\r\n"
                 b"RCPT TO:<demo@test.dev>\r\nQUIT\r\n")
    out = b""
    while b"221 " not in out:
        out += sock.recv(4096)
    assert b"\r\n550 5.7.1 Not accepted from you: you spoke before" in out


class Hasty(Talk):
    """Says EHLO before it is greeted."""

    hasty = False

    def reply(self):
        if not self.hasty:
            self.hasty = True
            self.send(b"EHLO client.example\r\n")
        return super().reply()


def test_early_talker_behind_starttls(site):
    """Another process greets no more, and knows it all the same."""
    site.conf(smtp_greeting_delay="2s")
    for client, codes in ((Hasty, [550]), (Talk, [250])):
        talk = client(site)
        if client is Hasty:
            assert talk.reply()[0] == 250
        else:
            talk.ehlo()
        talk.starttls()
        talk.ehlo()
        assert talk.envelope("demo@test.dev") == codes
