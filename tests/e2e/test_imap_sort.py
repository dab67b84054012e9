"""SORT and THREAD, by the RFC's rules, and beside what Dovecot answers on the
same messages."""
import difflib
import email.utils
import os
import random
import re

import pytest

from dovecot_under_test import dovecot
from imap_client import Client
from test_corpus import corpus
from test_imap_structure import put


def message(subject=None, date=None, ident=None, refs=None, reply=None,
            **fields):
    lines = []
    for name, value in (("Subject", subject), ("Date", date),
                        ("Message-ID", ident), ("References", refs),
                        ("In-Reply-To", reply), *fields.items()):
        if value is not None:
            lines.append("%s: %s\n" % (name, value))
    return ("".join(lines) + "\nbody\n").encode()


def day(number, hour=12):
    return "%d Mar 2021 %02d:00:00 +0000" % (number, hour)


SORTED = [
    message("b", day(3), From="zoe@example.org", To="x@a", Cc="m@c"),
    message("Re: a", day(1), From="Ann <bob@example.org>", To="y@a"),
    message("=?utf-8?q?=C3=A4?=", day(2),
            From='"=?utf-8?q?=C3=84nne?=" <al@b>'),
    message("[list] A", "1 Mar 2021 12:30:00 +0100",
            From="Staff: carl@x, dora@x;"),
    message(None, None, From=""),
    message("_", day(1), From="al@a"),
]


def selected(site, messages):
    put(site, messages)
    client = Client(site)
    client.cmd("SELECT INBOX")
    return client


@pytest.fixture
def client(lite):
    return selected(lite, SORTED)


def numbers(client, text):
    answer = client.cmd(text)
    assert answer.status == "OK", (text, answer.tagged)
    return [int(n) for n in answer.find("* SORT").split()[2:]]


ORDERS = {
    "SUBJECT": [5, 2, 4, 3, 1, 6],
    "REVERSE SUBJECT": [6, 1, 3, 2, 4, 5],
    "DATE": [4, 2, 6, 3, 1, 5],  # 5 has its internal date, which is now
    "REVERSE DATE": [5, 1, 3, 2, 6, 4],
    "SUBJECT DATE": [5, 4, 2, 3, 1, 6],
    "SUBJECT REVERSE DATE": [5, 2, 4, 3, 1, 6],
    "REVERSE SUBJECT SUBJECT": [6, 1, 3, 2, 4, 5],
    "FROM": [5, 3, 6, 2, 4, 1],
    "DISPLAYFROM": [5, 6, 2, 3, 4, 1],
    "TO": [3, 4, 5, 6, 1, 2],
    "DISPLAYTO TO": [3, 4, 5, 6, 1, 2],
    "CC": [2, 3, 4, 5, 6, 1],
    "ARRIVAL": [1, 2, 3, 4, 5, 6],
    "REVERSE ARRIVAL": [1, 2, 3, 4, 5, 6],
}


def test_orders(lite, client):
    for seq in range(1, 7):  # all of one second
        path = lite.maildir() + "/cur"
        for name in os.listdir(path):
            os.utime(os.path.join(path, name), (1700000000, 1700000000))
    for criteria, wanted in ORDERS.items():
        got = numbers(client, "SORT (%s) UTF-8 ALL" % criteria)
        assert got == wanted, criteria
    sizes = [len(text) + text.count(b"\n") for text in SORTED]
    assert numbers(client, "SORT (SIZE) UTF-8 ALL") == sorted(
        range(1, 7), key=lambda n: (sizes[n - 1], n))


def test_arrival(lite, client):
    path = lite.maildir() + "/cur"
    for number, name in enumerate(sorted(os.listdir(path))):
        when = 1700000000 - number * 60
        os.utime(os.path.join(path, name), (when, when))
    assert numbers(client, "SORT (ARRIVAL) UTF-8 ALL") == [6, 5, 4, 3, 2, 1]
    assert numbers(client, "SORT (REVERSE ARRIVAL) UTF-8 ALL") == [
        1, 2, 3, 4, 5, 6]


def test_keys_and_charsets(client):
    assert numbers(client, "SORT (SUBJECT) US-ASCII 2:4 SUBJECT a") == [
        2, 4, 3]
    assert numbers(client, "SORT (REVERSE DATE) UTF-8 SUBJECT zzz") == []
    answer = client.cmd("SORT (SUBJECT) ISO-8859-1 SUBJECT {}", b"\xe4")
    assert answer.find("* SORT 3")
    answer = client.cmd("SORT (SUBJECT) X-KLINGON ALL")
    assert answer.status == "NO" and answer.code.startswith("BADCHARSET (")
    answer = client.cmd("THREAD REFS X-KLINGON ALL")
    assert answer.status == "NO" and answer.code.startswith("BADCHARSET (")


WRONG = [
    "SORT (SUBJECT) UTF-8", "SORT () UTF-8 ALL", "SORT SUBJECT UTF-8 ALL",
    "SORT (REVERSE) UTF-8 ALL", "SORT (REVERSE REVERSE DATE) UTF-8 ALL",
    "SORT (SUBJECT", "SORT (NAME) UTF-8 ALL", "SORT (DATE)  UTF-8 ALL",
    "SORT RETURN (FOO) (DATE) UTF-8 ALL", "SORT RETURN (DATE) UTF-8 ALL",
    "SORT RETURN (PARTIAL) (DATE) UTF-8 ALL",
    "SORT RETURN (PARTIAL 0:1) (DATE) UTF-8 ALL",
    "SORT RETURN (PARTIAL 1) (DATE) UTF-8 ALL",
    "SORT RETURN (ALL PARTIAL 1:2) (DATE) UTF-8 ALL",
    "SORT (DATE) UTF-8 FOO", "THREAD REFS UTF-8", "THREAD REFS ALL",
    "THREAD FOO UTF-8 ALL", "THREAD () UTF-8 ALL", "UID THREAD REFS",
    "SEARCH RETURN (PARTIAL 1:2 ALL) ALL",
]


def test_wrong(client):
    for text in WRONG:
        assert client.cmd(text).status == "BAD", text
        client.cmd("NOOP")  # or these are too many mistakes in a row


# ---- what is wanted of the result (RFC 5267)

def extended(client, text):
    answer = client.cmd(text)
    line = answer.find("* ESEARCH")
    if line:
        tag = answer.tagged.split(b" ")[0]
        head = b'* ESEARCH (TAG "%s")' % tag
        assert line.startswith(head), line
        line = line[len(head):].decode().strip()
    return answer.status, line


def test_return(client):
    for wanted, answer in (
            ("", "ALL 4,2,6,3,1,5"), ("ALL", "ALL 4,2,6,3,1,5"),
            ("MIN", "MIN 4"), ("MAX", "MAX 5"),
            ("MIN MAX COUNT", "MIN 4 MAX 5 COUNT 6"),
            ("PARTIAL 2:4", "PARTIAL (2:4 2,6,3)"),
            ("PARTIAL 4:2 COUNT", "PARTIAL (2:4 2,6,3) COUNT 6"),
            ("PARTIAL 6:9", "PARTIAL (6:9 5)"),
            ("PARTIAL 7:9", "PARTIAL (7:9 NIL)")):
        assert extended(client, "SORT RETURN (%s) (DATE) UTF-8 ALL" %
                        wanted) == ("OK", answer), wanted
    assert extended(client, "SORT RETURN (ALL) (REVERSE TO) UTF-8 ALL") == (
        "OK", "ALL 2,1,3:6")
    assert extended(client, "SORT RETURN (ALL MIN COUNT) (TO) UTF-8 NOT ALL"
                    ) == ("OK", "COUNT 0")


def test_uids_and_saved(lite, client):
    client.cmd("STORE 2 +FLAGS (\\Deleted)")
    client.cmd("EXPUNGE")
    assert numbers(client, "UID SORT (DATE) UTF-8 ALL") == [4, 6, 3, 1, 5]
    assert numbers(client, "SORT (DATE) UTF-8 ALL") == [3, 5, 2, 1, 4]
    assert extended(client, "UID SORT RETURN (ALL) (DATE) UTF-8 ALL") == (
        "OK", "UID ALL 4,6,3,1,5")
    assert extended(client, "SORT RETURN (SAVE) (DATE) UTF-8 1:3") == (
        "OK", None)
    assert extended(client, "UID SEARCH RETURN (ALL) $") == (
        "OK", "UID ALL 1,3:4")
    assert extended(client, "SORT RETURN (SAVE MAX) (DATE) UTF-8 1:3") == (
        "OK", "MAX 1")
    assert extended(client, "UID SEARCH RETURN (ALL) $") == ("OK", "UID ALL 1")
    assert extended(client, "SORT RETURN (SAVE MIN MAX) (DATE) UTF-8 1:3")[
        1] == "MIN 3 MAX 1"
    assert extended(client, "UID SEARCH RETURN (ALL) $") == (
        "OK", "UID ALL 1,4")
    assert client.cmd("SORT RETURN (SAVE) (FOO) UTF-8 ALL").status == "BAD"
    assert extended(client, "SEARCH RETURN (COUNT) $") == ("OK", "COUNT 2")
    client.cmd("SORT RETURN (SAVE) (DATE) X-KLINGON ALL")
    assert extended(client, "SEARCH RETURN (COUNT) $") == ("OK", "COUNT 0")


# ---- threads

def threads(client, algorithm, keys="ALL", uid=""):
    answer = client.cmd("%sTHREAD %s UTF-8 %s" % (uid, algorithm, keys))
    assert answer.status == "OK", answer.tagged
    return answer.find("* THREAD")[len(b"* THREAD"):].decode().strip()


THREADED = [
    message("one", day(1), "<1@x>"),
    message("Re: one", day(2), "<2@x>", "<1@x>"),
    message("two", day(3), "<3@x>"),
    message("Re: one", day(5), "<4@x>", "<1@x>"),
    message("changed", day(6), "<5@x>", "<1@x> <2@x>"),
    message("two", day(4), "<6@x>"),
    message("late", day(7), "<7@x>", None, "<gone@x>"),
    message("later", day(8), "<8@x>", "<older@x> <gone@x>"),
]


def test_threads(lite):
    client = selected(lite, THREADED)
    assert threads(client, "REFERENCES") == "(1 (2 5)(4))((3)(6))((7)(8))"
    assert threads(client, "REFS") == "(3)(6)(1 (2 5)(4))((7)(8))"
    assert threads(client, "ORDEREDSUBJECT") == (
        "(1 (2)(4))(3 6)(5)(7)(8)")
    assert threads(client, "refs", "NOT ALL") == ""
    assert threads(client, "REFERENCES", "2:5") == "((2 5)(4))(3)"
    client.cmd("STORE 1 +FLAGS (\\Deleted)")
    client.cmd("EXPUNGE")
    assert threads(client, "REFS", uid="UID ") == "(3)(6)((2 5)(4))((7)(8))"


def test_imaplib(lite):
    put(lite, THREADED)
    client = lite.imap()
    client.select("INBOX")
    assert {"SORT", "SORT=DISPLAY", "ESORT", "THREAD=ORDEREDSUBJECT",
            "THREAD=REFERENCES", "THREAD=REFS"} <= set(
                client.capability()[1][0].decode().split())
    assert client.sort("REVERSE DATE", "UTF-8", "ALL", "SUBJECT o") == (
        "OK", [b"4 6 3 2 1"])
    assert client.thread("REFS", "UTF-8", "1:5") == (
        "OK", [b"(3)(1 (2 5)(4))"])
    assert client.uid("SORT", "(SUBJECT)", "US-ASCII", "2:3") == (
        "OK", [b"2 3"])
    client.logout()


def test_what_is_gone(lite):
    client = selected(lite, THREADED)
    other = Client(lite)
    other.cmd("SELECT INBOX")
    other.cmd("STORE 1,3 +FLAGS (\\Deleted)")
    other.cmd("EXPUNGE")
    assert numbers(client, "SORT (REVERSE DATE) UTF-8 ALL") == [
        8, 7, 5, 4, 6, 2]
    assert threads(client, "REFS") == "(6)((2 5)(4))((7)(8))"
    client.cmd("NOOP")
    assert numbers(client, "SORT (REVERSE DATE) UTF-8 ALL") == [
        6, 5, 3, 2, 4, 1]


def test_long_headers(lite):
    """A header beyond what is read at once, and beyond what is read at all."""
    texts = []
    for number, size in ((1, 9000), (2, 70000), (3, 2000000)):
        texts.append(b"X-Long: x\n" + b" yyyyyyyy\n" * (size // 10) +
                     b"Subject: %d\nMessage-ID: <%d@x>\n"
                     b"References: <%d@x>\n\nbody\n" % (
                         9 - number, number, number - 1))
    client = selected(lite, texts)
    assert numbers(client, "SORT (SUBJECT) UTF-8 ALL") == [3, 2, 1]
    assert threads(client, "REFERENCES") == "(1 2 3)"


def test_unreadable(lite):
    """It is in the answer, for a client may know of no other list."""
    client = selected(lite, THREADED)
    path = lite.maildir() + "/cur"
    os.chmod(os.path.join(path, sorted(os.listdir(path))[0]), 0)
    assert numbers(client, "SORT (SUBJECT) UTF-8 2:3 SUBJECT o") == [2, 3]
    assert numbers(client, "SORT (REVERSE SUBJECT) UTF-8 1:3") == [3, 2, 1]
    assert threads(client, "REFERENCES", "1:3") == "(2)(3)(1)"


def test_too_much_text(lite):
    """A quarter of the session's memory."""
    lite.conf(session_memory="16M")
    name = "%04d" + 996 * "x"
    count = 4 * 1024 * 1024 // (1000 + 64)
    client = selected(lite, [message(name % n) for n in range(count)])
    assert len(numbers(client, "SORT (SUBJECT) UTF-8 ALL")) == count
    client.append(message(name % 9999))
    answer = client.cmd("SORT (SUBJECT) UTF-8 ALL")
    assert answer.status == "NO" and answer.code == "LIMIT"
    assert len(numbers(client, "SORT (DATE) UTF-8 ALL")) == count + 1
    answer = client.cmd("SORT RETURN (COUNT) (SUBJECT) UTF-8 2:*")
    assert answer.find("COUNT %d" % count)


# ---- beside Dovecot

def is_compared(name, octets):
    date = re.search(rb"(?mi)^date: *(.*)", octets)
    return (b"\0" not in octets and not name.endswith(OTHERWISE) and date and
            email.utils.parsedate(date.group(1).decode("latin-1")))


# Where we differ on purpose: a year of three digits; an address that has a
# backslash before an at sign; and "<>", of which Dovecot makes a name.
OTHERWISE = ("smtp32_01.txt", "simple_35.txt", "simple_24.txt",
             "simple_31.txt", "msg_43.txt", "bounce_01.txt")
ANSWER = re.compile(
    rb"(?m)^\* (?:SORT|THREAD|ESEARCH \(TAG \"\w+\"\))([^\r]*)")


def moved(ours, theirs, names):
    """The messages that are in other places."""
    ours, theirs = ours.decode().split(), theirs.decode().split()
    found = set()
    for how, i, j, k, l in difflib.SequenceMatcher(
            None, ours, theirs, False).get_opcodes():
        if how != "equal":
            found.update(ours[i:j] + theirs[k:l])
    return sorted((word, [names[int(n) - 1]
                          for n in re.findall(r"\d+", word)])
                  for word in found)


def test_as_dovecot(lite):
    """On mail that others wrote."""
    compared = [(name, octets) for name, octets in corpus()
                if is_compared(name, octets)]
    assert len(compared) > 100
    names = [name for name, _ in compared]
    client = selected(lite, [octets for _, octets in compared])
    commands = ["SORT (%s) UTF-8 ALL" % criteria for criteria in ORDERS]
    commands += ["SORT (SIZE) UTF-8 ALL",
                 "SORT RETURN (MIN MAX COUNT ALL) (SUBJECT) UTF-8 ALL",
                 "SORT RETURN (PARTIAL 10:20) (SUBJECT) UTF-8 ALL"]
    commands += ["THREAD %s UTF-8 ALL" % name
                 for name in ("ORDEREDSUBJECT", "REFERENCES", "REFS")]
    theirs = ANSWER.findall(dovecot(lite, "SELECT INBOX", *commands))
    assert len(theirs) == len(commands)
    bad = []
    for command, wanted in zip(commands, theirs):
        ours = ANSWER.match(client.cmd(command).untagged[0]).group(1)
        if ours != wanted:
            bad.append((command, moved(ours, wanted, names)))
    assert not bad, "\n".join(map(repr, bad))


def made_up(seed, count):
    """Messages that answer each other, some of which are not there; subjects
    are few, dates are in any order."""
    chance = random.Random(seed)
    texts, chains = [], {}
    for number in range(count):
        known = sorted(chains)
        chain, ident = [], "<%d.%d@x>" % (seed, number)
        if known and chance.random() < 0.7:
            parent = chance.choice(known)
            chain = chains[parent] + [parent]
        chains[ident] = chain
        subject = "%s%s" % (
            chance.choice(["", "Re: ", "[l] ", "Fwd: re: "]),
            chance.choice(["one", "Two", "three (fwd)", "", number]))
        if chance.random() < 0.3:
            continue  # it is not there
        refs, reply = " ".join(chain[-chance.randint(1, 9):]) or None, None
        if chain and chance.random() < 0.3:
            refs, reply = None, chain[-1]
        # no two of one second: whose thread is first then nobody says
        when = "%d Mar 2021 %02d:%02d:%02d +0000" % (
            chance.randint(1, 28), chance.randint(0, 23), number // 60,
            number % 60)
        texts.append(message(subject, when, ident, refs, reply))
    chance.shuffle(texts)
    return texts


@pytest.mark.parametrize("seed", range(4))
def test_threads_as_dovecot(lite, seed):
    client = selected(lite, made_up(seed, 300))
    commands = ["THREAD %s UTF-8 %s" % (name, keys)
                for name in ("ORDEREDSUBJECT", "REFERENCES", "REFS")
                for keys in ("ALL", "SUBJECT one")]
    theirs = ANSWER.findall(dovecot(lite, "SELECT INBOX", *commands))
    assert len(theirs) == len(commands)
    for command, wanted in zip(commands, theirs):
        ours = ANSWER.match(client.cmd(command).untagged[0]).group(1)
        assert ours == wanted, command
