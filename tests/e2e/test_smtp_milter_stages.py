"""When milters hear of a client and of its HELO, under which name, and what
their refusal does then; and milters that answer what nobody asked."""
import socket
import time

import pytest

import servers
from dns_under_test import NameServer
from milter_played import (ACCEPT, CONTINUE, REJECT, TEMPFAIL, Playing, header,
                           packet, send, text)
from smtp_talk import Talk

BACK_ENDS = ["sqlite"]
OWN = text("y", b"550 5.7.9 Not you")
RDNS = "1.0.0.127.in-addr.arpa"


@pytest.fixture
def played(site):
    with Playing(site) as start:
        yield start


# ---- when

@pytest.mark.parametrize("contact,greeted,helo", [
    ("mail", "", ""), ("helo", "", "OCH"), ("connect", "OC", "OCH")])
def test_contact(site, played, contact, greeted, helo):
    milter = played(options=", contact=" + contact)
    talk = Talk(site)
    assert milter.letters() == greeted
    assert talk.say("NOOP") == 250
    assert milter.letters() == greeted
    talk.ehlo()
    talk.greeted = True
    assert milter.letters() == helo
    assert send(site, talk=talk) == [250, 250, 250]
    assert milter.letters() == "OCHMRTLLLLNBE"
    # who knows it already hears of another HELO when it happens
    assert talk.say("EHLO other.example") == 250
    assert milter.letters() == "OCHMRTLLLLNBEH"
    assert milter.said("H")[1] == b"other.example\0"


def test_contact_of_all_by_the_setting(site, played):
    site.conf(milter_contact="connect")
    milter = played()
    Talk(site)
    assert milter.letters() == "OC"


def test_users_are_known_after_their_login(site, played):
    """One for users cannot know before whose mail it will be."""
    milter = played(options=", contact=connect, for=users")
    talk = Talk(site, "submissions")
    talk.ehlo()
    assert talk.login() == 235
    assert milter.heard == []
    assert talk.say("MAIL FROM:<demo@test.dev>") == 250
    assert milter.letters() == "OCHM"


def test_strangers_at_submission_are_nobody(site, played):
    milter = played(options=", contact=connect, for=strangers")
    talk = Talk(site, "submissions")
    talk.ehlo()
    assert talk.login() == 235
    assert talk.say("MAIL FROM:<demo@test.dev>") == 250
    assert milter.heard == []


def test_starttls_begins_anew(site, played):
    """What was said in clear is not believed: it is told again, with TLS."""
    milter = played(options=", contact=connect")
    talk = Talk(site)
    talk.ehlo()
    talk.starttls()
    talk.ehlo()
    assert milter.letters().replace("Q", "") == "OCHOCH"
    assert b"{tls_version}" not in milter.macros["H"][0]
    assert milter.macros["H"][1][b"{tls_version}"].startswith(b"TLS")


def test_xclient_begins_anew(site, played):
    site.conf(xclient_networks="127.0.0.1")
    milter = played(options=", contact=connect")
    talk = Talk(site)
    talk.ehlo()
    assert talk.say("XCLIENT NAME=far.example ADDR=192.0.2.7") == 220
    assert milter.said("C")[1].startswith(b"far.example\0")


# ---- refusals

@pytest.mark.parametrize("answer,code,later", [
    (REJECT, 554, 550), (OWN, 554, 550), (TEMPFAIL, 421, None),
    ((ord("4"), b""), 421, None)],
    ids=["reject", "own", "tempfail", "shutdown"])
@pytest.mark.parametrize("service", ["mx", "submissions"])
def test_refused_at_connect(site, played, service, answer, code, later):
    """The greeting says so; after 554 QUIT is waited for (RFC 5321 3.1)."""
    played({"C": [answer]}, ", contact=connect")
    talk = Talk(site, service)
    assert talk.greeting[0] == code, talk.greeting
    if answer is OWN:
        assert talk.greeting[1].startswith("Not you ["), talk.greeting
    if later is None:
        assert talk.ended()
        return
    assert talk.say("EHLO a") == later
    assert talk.say("MAIL FROM:<a@example.org>") in (503, 530)
    assert talk.say("NOOP") == 250
    assert talk.say("QUIT") == 221


@pytest.mark.parametrize("answer,code", [
    (REJECT, 550), (OWN, 550), (TEMPFAIL, 451), ((ord("4"), b""), 421)],
    ids=["reject", "own", "tempfail", "shutdown"])
@pytest.mark.parametrize("letter", ["C", "H"])
def test_refused_at_helo(site, played, letter, answer, code):
    milter = played({letter: [answer]}, ", contact=helo")
    talk = Talk(site)
    assert talk.greeting[0] == 220
    assert talk.say("EHLO a.example") == code
    if code == 421:
        assert talk.ended()
        return
    assert talk.say("MAIL FROM:<a@example.org>") == 503
    assert talk.say("HELO b.example") == code
    assert talk.say("QUIT") == 221
    assert milter.letters().rstrip("Q") == "OCH"[:2 + (letter == "H")]


def test_refused_at_a_later_helo(site, played):
    milter = played()
    talk = Talk(site)
    assert send(site, talk=talk) == [250, 250, 250]
    milter.answers["H"] = [REJECT]
    assert talk.say("EHLO other.example") == 550
    assert talk.say("MAIL FROM:<a@example.org>") == 503
    assert len(site.messages("demo")) == 1


def test_who_is_refused_need_not_log_in(site, played):
    """A password is not looked at."""
    milter = played(options=", contact=helo")
    talk = Talk(site, "submissions")
    talk.ehlo()
    milter.answers["H"] = [REJECT]
    assert talk.say("EHLO b.example") == 550
    assert talk.login() in (503, 550)
    assert " login " not in site.log, "neither good nor denied"


def test_accepted_at_connect(site, played):
    """It wants no more of this connection."""
    milter = played({"C": [ACCEPT]}, ", contact=connect")
    talk = Talk(site)
    assert send(site, talk=talk) == [250, 250, 250]
    assert milter.letters() == "OC"


# ---- failures before there is any mail

@pytest.mark.parametrize("contact", ["connect", "helo"])
def test_failure_is_decided_at_mail(site, contact):
    """A client that sends nothing is not refused for want of a milter, and
    waits for it once."""
    site.conf(milters="{ inet:127.0.0.1:%d, contact=%s }" % (
        servers.free_port(), contact))
    talk = Talk(site)
    assert talk.greeting[0] == 220
    talk.ehlo()
    assert talk.say("EHLO b.example") == 250
    assert talk.say("MAIL FROM:<a@example.org>") == 451
    servers.wait_for("both in the log", lambda: site.log.count(
        "it cannot be connected to") == 2)
    site.conf(milter_default_action="accept")
    assert send(site) == [250, 250, 250]


def test_one_that_hangs_is_waited_for_once(site, played):
    played({"C": None}, ", contact=connect, command_timeout=5s")
    begun = time.monotonic()
    talk = Talk(site)
    assert talk.greeting[0] == 220
    assert 4.9 < time.monotonic() - begun < 30
    begun = time.monotonic()
    talk.ehlo()
    assert time.monotonic() - begun < 4.9
    assert talk.say("MAIL FROM:<a@example.org>") == 451


def test_one_that_comes_back(site, played):
    milter = played({"C": b""}, ", contact=connect")
    talk = Talk(site)
    assert talk.greeting[0] == 220
    milter.answers = {}
    assert send(site, talk=talk) == [250, 250, 250]
    assert milter.letters() == "OCOCHMRTLLLLNBE"


# ---- the client's name

@pytest.fixture
def dns(site):
    server = NameServer()
    site.conf(dns_servers=server.address, check_loopback="yes",
              check_reverse_dns="log", dns_timeout="30s", dns_cache_time="0")
    yield server
    server.close()


@pytest.mark.parametrize("contact", ["mail", "connect"])
@pytest.mark.parametrize("ptr,address,name,resolve", [
    ("mail.example.org", "127.0.0.1", b"mail.example.org", b"OK"),
    ("mail.example.org", "127.0.0.9", None, b"FAIL"),
    (None, None, None, b"FAIL")], ids=["right", "forged", "none"])
def test_name(site, dns, played, contact, ptr, address, name, resolve):
    dns.records.clear()
    if ptr:
        dns.record(RDNS, "PTR", ptr)
        dns.record(ptr, "A", address)
    milter = played(options=", contact=" + contact)
    assert send(site) == [250, 250, 250]
    assert milter.said("C")[0].split(b"\0")[0] == (name or b"[127.0.0.1]")
    macros = milter.macros["C"][0]
    shown = name or b"unknown"
    assert macros[b"{client_name}"] == macros[b"{client_ptr}"] == shown
    assert macros[b"{client_resolve}"] == resolve
    assert macros[b"_"] == shown + b" [127.0.0.1]"


def test_name_without_an_answer(site, dns, played):
    dns.faults["*"] = "silent"
    site.conf(dns_timeout="1s")
    milter = played()
    assert send(site) == [250, 250, 250]
    assert milter.said("C")[0].startswith(b"[127.0.0.1]\0")
    assert milter.macros["C"][0][b"{client_resolve}"] == b"TEMP"


def test_name_that_an_earlier_connection_found(site, dns, played):
    site.conf(dns_cache_time="1h")
    dns.records.clear()
    dns.record(RDNS, "PTR", "mail.example.org")
    dns.record("mail.example.org", "A", "127.0.0.1")
    milter = played()
    assert send(site) == [250, 250, 250]
    dns.records.clear()
    assert send(site) == [250, 250, 250]
    assert [said.split(b"\0")[0] for said in milter.said("C")] == [
        b"mail.example.org"] * 2


def test_macros_of_each_stage(site, played):
    """As Postfix has them, when a milter does not say."""
    milter = played()
    assert send(site) == [250, 250, 250]
    names = {letter: set(macros[0]) for letter, macros in
             milter.macros.items()}
    assert names["C"] >= {b"j", b"v", b"_", b"{daemon_name}", b"{daemon_addr}",
                          b"{daemon_port}", b"{client_addr}", b"{client_port}",
                          b"{client_name}", b"{client_ptr}"}
    assert milter.macros["C"][0][b"v"].startswith(b"njiwa ")
    assert names["M"] == {b"i", b"{mail_addr}", b"{mail_host}",
                          b"{mail_mailer}"}
    assert names["R"] == {b"i", b"{rcpt_addr}", b"{rcpt_host}",
                          b"{rcpt_mailer}"}
    assert b"i" in names["T"] and names["E"] == names["N"] == {b"i"}


# ---- answers that nobody asked for

@pytest.mark.parametrize("letter,at", [
    ("C", 0), ("H", 0), ("M", 1), ("R", 2), ("T", 2), ("L", 2), ("N", 2),
    ("B", 2), ("E", 2)])
def test_two_answers(site, played, letter, at):
    """The second would be taken for the next one: the milter has failed."""
    twice = packet(*CONTINUE) + packet(*CONTINUE)
    played({letter: [twice], "E": [REJECT] if letter != "E" else [twice]})
    codes = send(site)
    assert codes == [250] * at + [451], codes
    site.wait_log("it answers what nobody asked")
    assert site.messages("demo") == []
    played({letter: [twice]}, ", default_action=accept")
    assert send(site) == [250, 250, 250]
    played({letter: [twice]}, ", default_action=reject")
    assert send(site)[-1] == 550


def test_a_second_answer_that_comes_later(site, played):
    """It is there before the next question."""
    milter = played()
    talk = Talk(site)
    talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    milter.socks[-1].sendall(packet(*ACCEPT))
    time.sleep(0.1)
    assert talk.say("DATA") == 451
    assert talk.say("RSET") == 250
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.message() == 250
    assert len(milter.socks) == 2


def test_a_second_answer_behind_accept(site, played):
    """Who has taken the message unseen and then goes on speaking was not asked
    what it answered: here the second answer comes between two questions."""
    milter = played({"M": [ACCEPT]})
    talk = Talk(site)
    talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    milter.socks[-1].sendall(packet(*REJECT))
    time.sleep(0.2)
    assert talk.message() == 451
    assert site.messages("demo") == []


def test_an_answer_it_had_promised_not_to_give(site, played):
    """NR_HDR, and answers all the same."""
    played({"L": lambda octets: [packet(*CONTINUE) * 4]
            if octets.startswith(b"From") else []}, steps=0x80)
    assert send(site) == [250, 250, 451]
    site.wait_log("it answers what nobody asked")


def test_an_answer_behind_changes(site, played):
    """Nothing of what it wanted changed is."""
    played({"E": [header("h", b"X-A", b"b"), ACCEPT, REJECT]},
           ", default_action=accept")
    assert send(site) == [250, 250, 250]
    assert b"X-A: b" not in site.contents("demo")[0]


def test_an_answer_after_its_time(site, played):
    """It is nobody's: the next message has a new connection."""
    milter = played(options=", content_timeout=2s")
    milter.answers["E"] = lambda octets: time.sleep(5) or [REJECT]
    talk = Talk(site)
    assert send(site, talk=talk) == [250, 250, 451]
    site.wait_log("it took too long")
    milter.answers["E"] = [ACCEPT]
    time.sleep(3.5)
    assert send(site, talk=talk) == [250, 250, 250]
    assert len(milter.socks) == 2


def test_it_hangs_up_after_its_last_word(site, played):
    """That is its right."""
    milter = played()

    def last(octets):
        milter.socks[-1].sendall(packet(*ACCEPT))
        milter.socks[-1].shutdown(socket.SHUT_RDWR)
        return []

    milter.answers["E"] = last
    talk = Talk(site)
    assert send(site, talk=talk) == [250, 250, 250]
    assert send(site, talk=talk) == [250, 250, 250]
    assert len(milter.socks) == 2


# ---- LMTP

def test_lmtp(site, played):
    """Where filters_lmtp says so."""
    milter = played()

    def lmtp():
        talk = Talk(site, "lmtp")
        assert talk.say("LHLO c.example") == 250
        talk.greeted = True
        return talk

    assert send(site, talk=lmtp()) == [250, 250, 250]
    assert milter.heard == []
    site.conf(filters_lmtp="milters")
    milter.answers = {
        "R": lambda octets: [REJECT if b"other" in octets else CONTINUE],
        "E": [header("h", b"X-Seen", b"yes"), ACCEPT]}
    assert send(site, talk=lmtp(), recipients=(
        "other@test.dev", "demo@test.dev")) == [250, 550, 250, 250]
    assert milter.letters().startswith("OCHMRR")
    assert b"\nX-Seen: yes\n" in b"".join(site.contents("demo"))
    milter.answers["E"] = [OWN]
    talk = lmtp()
    assert send(site, talk=talk, recipients=(
        "small@test.dev", "demo@test.dev")) == [250, 250, 250, 550]
    assert talk.reply()[0] == 550
    assert talk.say("NOOP") == 250
    assert site.messages("small") == []
