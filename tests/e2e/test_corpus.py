"""Real mail that nobody here wrote: each message goes in by SMTP and comes back
by POP3 and IMAP, octet for octet but for the trace headers on top, a stranger's
X-Spam-* fields, which are renamed so that nobody can forge ours, and the empty
line before a line that can be no part of a header, where the sender has none.

Files with LF line ends are sent with CRLF, as any client does.  What SMTP
cannot carry as it is (a bare CR or LF: RFC 5321 section 2.3.8; a NUL) is sent
all the same and must be refused in the documented words, nothing delivered."""
import functools
import glob
import os
import re

import pytest

from conftest import lacking

# Debian package: where its messages are, and how many there are at least.
SOURCES = {
    "libpython3.11-testsuite": (
        "/usr/lib/python3.11/test/test_email/data/*.txt", 40),
    "spamassassin": ("/usr/share/doc/spamassassin/examples/sample-*.txt", 2),
    "python3-flufl.bounce": (
        "/usr/lib/python3/dist-packages/flufl/bounce/tests/data/*.txt", 80),
    "golang-github-jhillyerd-enmime-dev": (
        "/usr/share/gocode/src/github.com/jhillyerd/enmime/testdata/*/*.raw",
        70),
}
PER_CONNECTION = 20
# What reception puts on top, and nothing else.
TRACE = re.compile(
    rb"(?:(?:Return-Path|Delivered-To|Received):[^\r\n]*\r\n"
    rb"(?:[ \t][^\r\n]*\r\n)*)+", re.I)
NUMBER = re.compile(rb"Return-Path: <number(\d+)@example.org>")
BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


def as_sent(octets):
    """The message with CRLF line ends.  One that mixes line ends is sent as it
    is; what is bare in it then is bare."""
    if b"\r\n" not in octets:
        octets = octets.replace(b"\n", b"\r\n")
    if octets.endswith(b"\n") or not octets:
        return octets
    return octets + b"\r\n"


def refusal(message):
    """The documented reply to a message that cannot be carried, or None."""
    if b"\0" in message:
        return 550, "NUL in the message"
    if BARE.search(message):
        return 550, "Bare CR or LF in the message"
    return None


# A field, or a mailbox's separator, with its later lines: what a header has.
FIELDS = re.compile(
    rb"(?:From [^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*)?"
    rb"(?:[!-9;-~]+[ \t]*:[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*)*")


def as_kept(message):
    head = FIELDS.match(message).group()
    rest = message[len(head):]
    if rest and not rest.startswith(b"\r\n"):
        rest = b"\r\n" + rest
    head = re.sub(rb"\AFrom ", b"X-Mailbox-Line: From ", head)
    return re.sub(rb"(?mi)^X-Spam-", b"X-Old-Spam-", head) + rest


@functools.lru_cache(maxsize=None)
def corpus():
    """(name, message) of all; skips where no package is installed at all."""
    found = []
    for package, (pattern, least) in SOURCES.items():
        paths = sorted(glob.glob(pattern))
        if not paths:
            lacking(package)
        assert len(paths) >= least, "%s has lost its messages" % package
        for path in paths:
            with open(path, "rb") as file:
                octets = file.read()
            if octets:
                found.append((package + "/" + os.path.basename(path),
                              as_sent(octets)))
    return tuple(found)


def send_all(site, messages, starttls):
    """name: (code, text) of the reply to each message."""
    replies, client = {}, None
    for number, (name, message) in enumerate(messages):
        if number % PER_CONNECTION == 0:
            if client:
                client.quit()
            client = site.smtp(starttls=starttls)
            client.ehlo_or_helo_if_needed()
        client.mail("number%d@example.org" % number, ["BODY=8BITMIME"])
        client.rcpt("demo@test.dev")
        code, text = client.data(message)
        replies[name] = code, text.decode()
    client.quit()
    return replies


def by_imap(site, service):
    client = site.imap(service=service)
    client.select("INBOX")
    _, found = client.fetch("1:*", "(RFC822.SIZE BODY.PEEK[])")
    client.logout()
    parts = [part for part in found if isinstance(part, tuple)]
    for head, octets in parts:
        size = int(re.search(rb"RFC822.SIZE (\d+)", head).group(1))
        assert size == len(octets)
    return [octets for _, octets in parts]


def by_pop3(site, service):
    client = site.pop3(service=service)
    count, total = client.stat()
    found = [b"".join(line + b"\r\n" for line in client.retr(n)[1])
             for n in range(1, count + 1)]
    assert total == sum(map(len, found))
    client.quit()
    return found


def check_same(how, carried, found):
    """Each found message is one that was carried, told by its return path."""
    assert len(found) == len(carried), how
    for octets in found:
        number = int(NUMBER.match(octets).group(1))
        name, message = carried.pop(number)
        kept = as_kept(message)
        assert octets.endswith(kept), "%s changed %s" % (how, name)
        trace = octets[:len(octets) - len(kept)]
        assert TRACE.fullmatch(trace), "%s: top of %s: %r" % (how, name, trace)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_comes_back_as_it_went_in(site, tls):
    site.conf(smtp_max_messages=PER_CONNECTION)
    messages = corpus()
    replies = send_all(site, messages, tls)
    carried = {}
    for number, (name, message) in enumerate(messages):
        code, text = replies[name]
        expected = refusal(message)
        if expected:
            assert code == expected[0] and expected[1] in text, name
        else:
            assert code == 250, "%s: %d %s" % (name, code, text)
            carried[number] = name, message
    assert len(carried) > 200
    assert len(site.messages()) == len(carried)
    check_same("IMAP", dict(carried), by_imap(site, "imaps" if tls else "imap"))
    check_same("POP3", dict(carried), by_pop3(site, "pop3s" if tls else "pop3"))


# What a message becomes that SMTP cannot carry: maimed in the middle.
MAIMED = {"NUL": b"\0", "bare CR": b"\r", "bare LF": b"\n"}


@pytest.mark.parametrize("octet", MAIMED.values(), ids=MAIMED)
def test_what_cannot_be_carried_is_refused(site, octet):
    site.conf(smtp_max_errors=1000)
    maimed = []
    for name, message in corpus()[::12]:
        # In the middle of a line, so that it stays what it is.
        at = message.index(b"\r\n", len(message) // 2 - 1)
        maimed.append((name, message[:at - 1] + octet + message[at - 1:]))
    replies = send_all(site, maimed, False)
    for name, message in maimed:
        code, text = refusal(message)
        assert replies[name][0] == code and text in replies[name][1], name
    assert site.messages() == []
