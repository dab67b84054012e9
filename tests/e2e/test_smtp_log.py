"""The log's lines about conversations: one for each transaction, however it
ends, and one for each sender, recipient or client that is refused."""
import re

import pytest

import servers
from site_under_test import full
from smtp_talk import DATA, Talk
from submission_talk import logged_in

FIELD = re.compile(r'([a-z]+)=("(?:[^"\\]|\\.)*"|\S*)')
BACK_ENDS = ["sqlite"]


def event(site, text):
    """The fields of the only line that has the text, and its trace id."""
    site.wait_log(" " + text + " ")
    line, = [line for line in site.log.splitlines() if " %s " % text in line]
    fields = dict((name, value.strip('"')) for name, value in FIELD.findall(
        line))
    fields["trace"] = line.split()[1]
    return fields


def begun(site, *recipients):
    talk = Talk(site)
    talk.ehlo()
    assert set(talk.envelope(*(recipients or ("demo@test.dev",)))) == {250}
    return talk


def has(fields, **wanted):
    assert {name: fields.get(name) for name in wanted} == wanted, fields


def test_accepted(site):
    talk = Talk(site)
    talk.ehlo()
    talk.starttls()
    talk.ehlo()
    assert talk.envelope("demo@test.dev", "other@test.dev") == [250, 250]
    assert talk.message() == 250
    trace = talk.last[1].split()[-1]
    found = event(site, "message accepted")
    has(found, **{"from": "s@example.org", "to": "demo@test.dev,other@test.dev",
                  "nrcpt": "2", "size": str(len(DATA)), "code": "250",
                  "where": "INBOX", "helo": "client.example", "why": None,
                  "peer": "127.0.0.1", "user": None, "trace": trace})
    assert found["tls"].startswith("TLS")
    assert [part.partition(":")[0] for part in found["stages"].split()] == [
        "connect", "rcpt", "data", "filter", "commit"]
    assert sum(int(part.partition(":")[2]) for part in
               found["stages"].split()[1:]) <= int(found["ms"])
    talk.say("QUIT")
    assert talk.ended()
    assert "given up" not in site.log and "sent away" not in site.log


def test_of_a_user(site):
    talk = logged_in(site)
    assert talk.say("MAIL FROM:<other@test.dev>") == 553
    has(event(site, "sender refused"), code="553", user=full("demo"),
        why="5.7.1 <other@test.dev>: not an address of yours",
        **{"from": "other@test.dev"})


@pytest.mark.parametrize("line,code,why", [
    ("MAIL FROM:<x", "501", "5.1.7 Bad sender address syntax"),
    ("MAIL FROM:<a@b.c> SIZE=99999999999", "552", "5.3.4 Message too big"),
    ("MAIL FROM:<a@b.c> X=y", "555", "5.5.4 Parameter not known: X")])
def test_sender_refused(site, line, code, why):
    talk = Talk(site)
    talk.ehlo()
    assert talk.say(line) == int(code)
    has(event(site, "sender refused"), code=code, why=why,
        helo="client.example", peer="127.0.0.1")


@pytest.mark.parametrize("line,to,code,why", [
    ("<nobody@test.dev>", "nobody@test.dev", "550",
     "5.1.1 <nobody@test.dev>: no such mailbox here"),
    ("<demo@test.dev> NOTIFY=x", "demo@test.dev", "501",
     "5.5.4 Parameter with a bad value: NOTIFY"),
    ("<demo", "", "501", "5.1.3 Bad recipient address syntax")])
def test_recipient_refused(site, line, to, code, why):
    talk = Talk(site)
    talk.ehlo()
    assert talk.say("MAIL FROM:<s@example.org>") == 250
    assert talk.say("RCPT TO:" + line) == int(code)
    has(event(site, "recipient refused"), to=to, code=code, why=why)
    talk.say("QUIT")
    assert talk.ended()
    assert "given up" not in site.log, "nobody was to get anything"


@pytest.mark.parametrize("text,code,why", [
    (b"a\nb\r\n", 550, "5.5.2 Bare CR or LF in the message"),
    (b"a\0b\r\n", 550, "5.6.0 NUL in the message"),
    (b"x" * 70000 + b"\r\n", 552, "5.3.4 Message too big")])
def test_message_refused(site, text, code, why):
    site.conf(smtp_max_message_size="64k")
    talk = begun(site)
    assert talk.message(text) == code
    has(event(site, "message refused"), code=str(code), why=why, where=None,
        size=str(len(text) + text.count(b"a\n")))


def test_refused_for_the_quota(site):
    """With the site's own words, as the sender hears it."""
    site.sql("INSERT INTO quota (username, bytes, messages) "
             "VALUES ('small@test.dev', 1048576, 1)")
    talk = Talk(site)
    talk.ehlo()
    assert talk.envelope("small@test.dev") == [552]
    assert event(site, "recipient refused")["why"].startswith(
        "5.2.2 Sorry, the mailbox of small@test.dev has exceeded")


def test_refused_before_the_data(site):
    """Nobody said anything of the message yet."""
    site.conf(greylist="on", check_loopback="yes")
    talk = Talk(site)
    talk.ehlo()
    assert talk.envelope("demo@test.dev", sender="") == [250]
    assert talk.say("DATA") == 451
    found = event(site, "message refused")
    has(found, code="451", size="0")
    assert re.fullmatch(r"4\.7\.1 Not seen before: please come back in \d+ "
                        "seconds", found["why"])
    assert found["stages"].split()[-1].startswith("rcpt:")


def test_chunk_refused(site):
    site.conf(smtp_max_message_size="64k")
    talk = begun(site)
    talk.send(b"BDAT 65537\r\n" + b"x" * 65537)
    assert talk.reply()[0] == 552
    has(event(site, "message refused"), code="552", size="65537")
    assert "given up" not in site.log


# ---- transactions without an end

@pytest.mark.parametrize("said,after,size", [
    (b"", "RCPT", None), (b"DATA\r\nSubject: x\r\n\r\n", "DATA", "14"),
    (b"BDAT 99\r\nSubject: x\r\n\r\n", "BDAT", "14"),
    (b"BDAT 6\r\nA: b\r\nBDAT 9 LAST\r\nC", "BDAT", "7")])
def test_client_leaves(site, said, after, size):
    talk = begun(site, "demo@test.dev", "other@test.dev")
    talk.send(said)
    talk.sock.close()
    found = event(site, "message given up")
    has(found, after=after, why="the client left", nrcpt="2", code=None,
        helo="client.example", peer="127.0.0.1", size=size,
        to="demo@test.dev,other@test.dev", **{"from": "s@example.org"})
    assert found["stages"].split()[-1].startswith(
        "data:" if size else "rcpt:")


@pytest.mark.parametrize("line", ["RSET", "QUIT", "EHLO again.example"])
def test_client_thinks_better_of_it(site, line):
    """Also who only asks whether an address exists."""
    talk = begun(site)
    assert talk.say(line) in (250, 221)
    has(event(site, "message given up"), after=line[:4], why=None, code=None,
        size=None)
    if line != "QUIT":
        talk.say("QUIT")
    assert talk.ended()
    site.logged("given up", 1)


@pytest.mark.parametrize("said,codes,after", [
    (b"", [421], "RCPT"), (b"DATA\r\nSubject: x\r\n", [354, 421], "DATA")])
def test_client_takes_too_long(site, said, codes, after):
    site.conf(smtp_command_timeout="3s", smtp_data_timeout="3s",
              smtp_data_min_rate=100000)
    talk = begun(site)
    talk.send(said)
    assert [talk.reply()[0] for _ in codes] == codes
    has(event(site, "message given up"), after=after, code="421",
        why="4.4.2 Timed out, closing the connection")
    assert "sent away" not in site.log, "one line is enough"


# ---- clients that are sent away

def test_client_that_errs(site):
    site.conf(smtp_max_errors=3)
    talk = Talk(site)
    talk.ehlo()
    assert [talk.say("NOISE") for _ in range(4)] == [500, 500, 500, 421]
    has(event(site, "client sent away"), after="EHLO", code="421",
        why="4.7.0 Too many errors, closing", helo="client.example",
        peer="127.0.0.1")


def test_client_that_says_nothing(site):
    site.conf(smtp_command_timeout="1s")
    talk = Talk(site)
    assert talk.reply()[0] == 421
    has(event(site, "client sent away"), after=None, code="421", helo="",
        why="4.4.2 Timed out, closing the connection")


@pytest.mark.parametrize("service", ["submissions", "imaps", "pop3s"])
def test_client_that_does_not_speak_tls(site, service):
    with site.connect(service, tls=False) as sock:
        sock.sendall(b"EHLO client.example\r\n")
        found = event(site, "no TLS")
    has(found, service=service, client="127.0.0.1")
    assert found["why"].startswith("TLS handshake: ")


def test_client_that_leaves_before_tls(site):
    talk = Talk(site)
    talk.ehlo()
    assert talk.say("STARTTLS") == 220
    talk.sock.close()
    has(event(site, "no TLS"), service="mx", client="127.0.0.1")


def test_who_has_done_nothing_wrong_has_no_line(site):
    site.conf(log_level="info")
    talk = Talk(site)
    talk.ehlo()
    talk.say("QUIT")
    assert talk.ended()
    Talk(site).sock.close()
    servers.wait_for("the end of both", lambda: not site.running())
    assert "njiwa-smtpd" not in site.log
