"""CONDSTORE (RFC 7162 section 3.1): modification sequences, who is told of
them and when, what may be asked and changed by them."""
import os
import re
import threading

import pytest

from imap_client import Client
from modseqs import SIMPLE, fill, highest, modseq, modseqs
from site_under_test import MAIL_UID

BACK_ENDS = ["sqlite"]


@pytest.fixture
def client(site):
    """Has selected a mailbox of four messages and said nothing of CONDSTORE."""
    client = Client(site)
    fill(client, 4)
    client.cmd("SELECT INBOX")
    return client


@pytest.fixture
def other(site, client):
    other = Client(site)
    other.cmd("SELECT INBOX")
    return other


def test_announced(client):
    words = client.cmd("CAPABILITY").untagged[0].split()
    assert b"CONDSTORE" in words and b"QRESYNC" in words


@pytest.mark.parametrize("command", ["SELECT INBOX", "EXAMINE INBOX",
                                     "SELECT INBOX (CONDSTORE)"])
def test_select_tells_the_highest(client, command):
    got = client.cmd(command)
    assert got.status == "OK" and highest(got) > 0


@pytest.mark.parametrize("command", [
    "SELECT INBOX ()", "SELECT INBOX (FOO)", "SELECT INBOX CONDSTORE",
    "SELECT INBOX (CONDSTORE) x", "SELECT INBOX (QRESYNC (1 1))",
    "EXAMINE INBOX (CONDSTORE CONDSTORE)"])
def test_wrong_parameters(client, command):
    assert client.cmd(command).status == "BAD"
    # a command that is none has not left the mailbox
    assert client.cmd("CHECK").status == "OK"


ENABLING = ["STATUS INBOX (HIGHESTMODSEQ)", "FETCH 1 MODSEQ",
            "FETCH 1 (FLAGS) (CHANGEDSINCE 1)", "SEARCH MODSEQ 1",
            "UID SEARCH NOT MODSEQ 1", "SORT (DATE) UTF-8 MODSEQ 1",
            "THREAD REFS UTF-8 MODSEQ 1",
            "STORE 1 (UNCHANGEDSINCE 9999999) +FLAGS.SILENT (x)"]


@pytest.mark.parametrize("command", ENABLING)
def test_what_enables(client, command):
    assert b"MODSEQ" not in client.cmd("STORE 2 +FLAGS (a)").untagged[-1]
    got = client.cmd(command)
    assert got.status == "OK" and highest(got) > 0
    assert not client.cmd(command).find("[HIGHESTMODSEQ")  # told once
    got = client.cmd("STORE 2 +FLAGS (b)")
    assert re.fullmatch(rb"\* 2 FETCH \(FLAGS \([^)]*\) MODSEQ \(\d+\)\)",
                        got.untagged[-1])


@pytest.mark.parametrize("command", ["SELECT INBOX (CONDSTORE)",
                                     "EXAMINE INBOX (CONDSTORE)"])
def test_selecting_enables(client, other, command):
    client.cmd(command)
    other.cmd("STORE 3 +FLAGS (b)")
    got = client.cmd("NOOP").untagged[-1]
    assert re.fullmatch(rb"\* 3 FETCH \(UID 3 FLAGS \(b\) MODSEQ \(\d+\)\)",
                        got)


def test_enable(site):
    client = Client(site)
    assert client.cmd("ENABLE CONDSTORE").untagged == [b"* ENABLED CONDSTORE"]
    fill(client, 1)
    client.cmd("SELECT INBOX")
    got = client.cmd("FETCH 1 FLAGS").untagged
    assert re.fullmatch(rb"\* 1 FETCH \(FLAGS \(.*\) MODSEQ \(\d+\)\)", got[0])
    # FLAGS that are told with something else have it too, and nothing else
    got = client.cmd("FETCH 1 BODY[HEADER]").untagged[0]
    assert re.match(rb"\* 1 FETCH \(FLAGS \(.*\) MODSEQ \(\d+\) BODY", got)
    assert client.cmd("FETCH 1 UID").untagged == [b"* 1 FETCH (UID 1)"]


def test_each_change_is_higher(client):
    seen = [highest(client.cmd("SELECT INBOX (CONDSTORE)"))]
    for flag in "abc":
        got = client.cmd("STORE 2 +FLAGS (%s)" % flag)
        seen.append(int(re.search(rb"MODSEQ \((\d+)\)",
                                  got.untagged[-1]).group(1)))
    assert seen == sorted(set(seen))
    assert modseq(client, 2) == seen[-1] > modseq(client, 1)
    # what changes nothing is no change
    client.cmd("STORE 2 +FLAGS (c)")
    assert modseq(client, 2) == seen[-1]
    assert highest(client.cmd("SELECT INBOX")) == seen[-1]
    client.append(SIMPLE)
    assert highest(client.cmd("SELECT INBOX")) > seen[-1]
    assert modseq(client, 5) > seen[-1]


def test_silent(client):
    assert not client.cmd("STORE 1 +FLAGS.SILENT (a)").find("FETCH")
    client.cmd("FETCH 1 MODSEQ")
    got = client.cmd("STORE 1 +FLAGS.SILENT (b)").untagged
    assert re.fullmatch(rb"\* 1 FETCH \(MODSEQ \(\d+\)\)", got[-1])
    got = client.cmd("UID STORE 1 +FLAGS.SILENT (c)").untagged
    assert re.fullmatch(rb"\* 1 FETCH \(UID 1 MODSEQ \(\d+\)\)", got[-1])


def test_changed_since(client):
    start = highest(client.cmd("SELECT INBOX (CONDSTORE)"))
    assert client.cmd("FETCH 1:* (FLAGS) (CHANGEDSINCE %d)" % start
                      ).untagged == []
    client.cmd("STORE 2,4 +FLAGS.SILENT (x)")
    got = client.cmd("FETCH 1:* (UID) (CHANGEDSINCE %d)" % start).untagged
    assert [re.fullmatch(rb"\* (\d) FETCH \(UID \d MODSEQ \(\d+\)\)",
                         line).group(1) for line in got] == [b"2", b"4"]
    got = client.cmd("UID FETCH 3:4 (FLAGS) (CHANGEDSINCE %d)" % start)
    assert [line.split()[1] for line in got.untagged] == [b"4"]
    got = client.cmd("FETCH 1:* (FLAGS) (CHANGEDSINCE 0)").untagged
    assert len(got) == 4
    got = client.cmd("UID FETCH 1:* (UID) (PARTIAL -1:-1 CHANGEDSINCE %d)"
                     % start).untagged
    assert [line.split()[1] for line in got] == [b"4"]


@pytest.mark.parametrize("command", [
    "FETCH 1 (FLAGS) (CHANGEDSINCE 9223372036854775808)",
    "UID FETCH 1 (FLAGS) (CHANGEDSINCE 1 VANISHED)",  # without QRESYNC
    "FETCH 1 (FLAGS) (VANISHED)", "FETCH 1 (FLAGS) (FOO 1)",
    "STORE 1 (UNCHANGEDSINCE) +FLAGS (x)",
    "STORE 1 (UNCHANGEDSINCE x) +FLAGS (x)",
    "STORE 1 (UNCHANGEDSINCE 1 2) +FLAGS (x)",
    "STORE 1 (FOO 1) +FLAGS (x)", "STORE 1 () +FLAGS (x)",
    "STORE 1 (UNCHANGEDSINCE 1)+FLAGS (x)",
    "SEARCH MODSEQ", 'SEARCH MODSEQ "/flags/x" none 1'])
def test_wrong(client, command):
    assert client.cmd(command).status == "BAD"


def test_unchanged_since(client, other):
    start = highest(client.cmd("SELECT INBOX (CONDSTORE)"))
    other.cmd("STORE 2:3 +FLAGS (\\Flagged)")
    got = client.cmd("STORE 1:4 (UNCHANGEDSINCE %d) +FLAGS.SILENT (\\Seen)"
                     % start)
    assert got.status == "OK" and got.code == "MODIFIED 2:3"
    done = [line.split()[1] for line in got.untagged
            if re.fullmatch(rb"\* \d FETCH \(MODSEQ \(\d+\)\)", line)]
    assert done == [b"1", b"4"]
    # and the changes that were in the way
    assert len([line for line in got.untagged if b"\\Flagged" in line]) == 2
    assert client.cmd("SEARCH SEEN").untagged == [b"* SEARCH 1 4"]
    got = client.cmd("UID STORE 2:4 (UNCHANGEDSINCE %d) -FLAGS (\\Seen)"
                     % start)
    assert got.code == "MODIFIED 2:4"
    # what it was told before is told again, so that it need not ask
    assert [re.fullmatch(rb"\* (\d) FETCH \(UID \d FLAGS \([^)]*\) "
                         rb"MODSEQ \(\d+\)\)", line).group(1)
            for line in got.untagged] == [b"2", b"3", b"4"]
    now = modseq(client, 2)
    got = client.cmd("STORE 2 (UNCHANGEDSINCE %d) +FLAGS (\\Seen)" % now)
    assert got.status == "OK" and got.code is None
    assert modseq(client, 2) > now


def test_unchanged_since_nothing(client):
    """0 is before everything (section 3.1.3, example 8)."""
    got = client.cmd("STORE 1:4 (UNCHANGEDSINCE 0) +FLAGS (\\Seen)")
    assert got.status == "OK" and got.code == "MODIFIED 1:4"
    assert client.cmd("SEARCH SEEN").untagged == [b"* SEARCH"]


def test_unchanged_since_of_what_is_gone(client, other):
    start = highest(client.cmd("SELECT INBOX (CONDSTORE)"))
    other.cmd("STORE 2 +FLAGS (\\Deleted)")
    other.cmd("EXPUNGE")
    got = client.cmd("STORE 1:3 (UNCHANGEDSINCE %d) +FLAGS.SILENT (\\Seen)"
                     % start)
    assert got.status == "NO" and got.code == "MODIFIED 2"
    assert not got.find("EXPUNGE")
    client.cmd("NOOP")
    assert client.cmd("UID SEARCH SEEN").untagged == [b"* SEARCH 1 3"]


def test_race_for_a_condition(site, client):
    """Of those who change the same state one wins, the others hear of it."""
    start = highest(client.cmd("SELECT INBOX (CONDSTORE)"))
    sessions = [Client(site) for _ in range(4)]
    answers = []
    for one in sessions:
        one.cmd("SELECT INBOX (CONDSTORE)")

    def store(number):
        answers.append(sessions[number].cmd(
            "STORE 1 (UNCHANGEDSINCE %d) +FLAGS (mine%d)" % (start, number)))

    threads = [threading.Thread(target=store, args=[i]) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    codes = [answer.code for answer in answers]
    assert sorted(codes, key=str) == ["MODIFIED 1"] * 3 + [None]
    client.cmd("NOOP")
    assert client.cmd("FETCH 1 FLAGS").untagged[-1].count(b"mine") == 1


SEARCHES = [
    ("SEARCH MODSEQ {b}", "* SEARCH 2 4 (MODSEQ {top})"),
    ("UID SEARCH MODSEQ {b}", "* SEARCH 2 4 (MODSEQ {top})"),
    ("SEARCH MODSEQ {top}", "* SEARCH 4 (MODSEQ {top})"),
    ("SEARCH NOT MODSEQ {b} UID 3", "* SEARCH 3 (MODSEQ {c})"),
    ('SEARCH MODSEQ "/flags/\\\\Seen" all {b}', "* SEARCH 2 4 (MODSEQ {top})"),
    ("SEARCH MODSEQ 9223372036854775807", "* SEARCH"),
    ("SEARCH RETURN (ALL) MODSEQ {b}", "ALL 2,4 MODSEQ {top}"),
    ("SEARCH RETURN (MIN) MODSEQ {b}", "MIN 2 MODSEQ {b}"),
    ("SEARCH RETURN (MAX) MODSEQ {b}", "MAX 4 MODSEQ {top}"),
    ("SEARCH RETURN (MIN MAX) MODSEQ {b}", "MIN 2 MAX 4 MODSEQ {top}"),
    ("SEARCH RETURN (MIN COUNT) MODSEQ {b}", "MIN 2 COUNT 2 MODSEQ {top}"),
    ("SEARCH RETURN (COUNT) MODSEQ {b}", "COUNT 2 MODSEQ {top}"),
    ("SEARCH RETURN (PARTIAL 1:1) MODSEQ {b}", "PARTIAL (1:1 2) MODSEQ {b}"),
    ("SEARCH RETURN (PARTIAL 5:9) MODSEQ {b}", "PARTIAL (5:9 NIL)"),
    ("SEARCH RETURN (COUNT) MODSEQ 9223372036854775807", "COUNT 0"),
    ("SEARCH RETURN (ALL) ALL", "ALL 1:4"),
    ("SORT (REVERSE ARRIVAL) UTF-8 MODSEQ {b}", None),
    ("SORT RETURN (COUNT) (ARRIVAL) UTF-8 MODSEQ {b}",
     "COUNT 2 MODSEQ {top}"),
    ("SORT RETURN (MIN) (ARRIVAL) UTF-8 MODSEQ {b}", "MIN 2 MODSEQ {b}"),
    ("SORT RETURN (PARTIAL -1:-1) (ARRIVAL) UTF-8 MODSEQ {b}",
     "PARTIAL (-1:-1 4) MODSEQ {top}"),
    ("SORT (ARRIVAL) UTF-8 MODSEQ 9223372036854775807", "* SORT"),
    ("THREAD REFS UTF-8 MODSEQ {b}", None),
]


@pytest.mark.parametrize("command,told", SEARCHES)
def test_search(client, command, told):
    client.cmd("SELECT INBOX (CONDSTORE)")
    client.cmd("STORE 2 +FLAGS.SILENT (x)")
    client.cmd("STORE 4 +FLAGS.SILENT (x)")
    names = {"b": modseq(client, 2), "c": modseq(client, 3),
             "top": modseq(client, 4)}
    got = client.cmd(command.format(**names))
    assert got.status == "OK" and len(got.untagged) == 1
    line = got.untagged[0].decode()
    if told is None and command.startswith("SORT"):
        assert re.fullmatch(r"\* SORT (2 4|4 2) \(MODSEQ %d\)" % names["top"],
                            line)
    elif told is None:
        assert "MODSEQ" not in line and line.startswith("* THREAD (")
    else:
        assert line.partition(") ")[2] == told.format(**names) or \
            line == told.format(**names)


def test_status(client, other):
    start = highest(client.cmd("SELECT INBOX (CONDSTORE)"))
    other.cmd("STORE 1 +FLAGS (x)")
    got = client.cmd("STATUS INBOX (HIGHESTMODSEQ MESSAGES)")
    found = re.search(rb"HIGHESTMODSEQ (\d+)", got.find("STATUS"))
    assert int(found.group(1)) > start
    client.cmd("CREATE box")
    got = client.cmd('LIST "" box RETURN (STATUS (HIGHESTMODSEQ))')
    assert re.search(rb"\(HIGHESTMODSEQ \d+\)", got.find("STATUS"))
    # EXPUNGE alone does not speak of it: that is QRESYNC's
    client.cmd("STORE 1 +FLAGS.SILENT (\\Deleted)")
    assert client.cmd("EXPUNGE").code is None


def test_delivery_and_copy(site, client):
    client.cmd("CREATE box")
    client.cmd("COPY 1:2 box")
    start = highest(client.cmd("SELECT box (CONDSTORE)"))
    assert all(0 < one <= start for one in modseqs(client))
    client.append(SIMPLE, "box")
    client.cmd("NOOP")
    assert modseq(client, 3) > start
    client.cmd("MOVE 3 INBOX")
    assert highest(client.cmd("SELECT box")) > start


def test_flags_that_others_set_wait_for_nobody(client, other):
    """A change that is found while a command runs has a new number too."""
    start = highest(client.cmd("SELECT INBOX (CONDSTORE)"))
    other.cmd("STORE 1:4 +FLAGS (x)")
    got = client.cmd("STORE 3 +FLAGS (y)")
    assert got.status == "OK"
    client.cmd("NOOP")
    other.cmd("NOOP")
    assert all(one > start for one in modseqs(client))
    assert modseqs(client) == modseqs(other)


# ---- without an index there are none ----

@pytest.fixture
def without(site):
    site.conf(index="no")
    client = Client(site)
    fill(client, 4)
    return client


REFUSED = ["FETCH 1 MODSEQ", "FETCH 1 (FLAGS) (CHANGEDSINCE 1)",
           "UID FETCH 1 (FLAGS) (CHANGEDSINCE 1 VANISHED)",
           "SEARCH MODSEQ 1", "SORT (DATE) UTF-8 MODSEQ 1",
           "THREAD REFS UTF-8 MODSEQ 1",
           "STORE 1 (UNCHANGEDSINCE 1) +FLAGS (x)"]


def test_nomodseq(without):
    """RFC 7162 section 3.1.2.2"""
    without.cmd("ENABLE QRESYNC")
    for command in ("SELECT INBOX", "EXAMINE INBOX (CONDSTORE)",
                    "SELECT INBOX (QRESYNC (1 1 1:4))"):
        got = without.cmd(command)
        assert got.status == "OK" and got.find("[NOMODSEQ]")
        assert not got.find("HIGHESTMODSEQ") and not got.find("VANISHED")
    for command in REFUSED:
        assert without.cmd(command).status == "BAD", command
    assert without.cmd("STATUS INBOX (HIGHESTMODSEQ)").untagged[-1] == \
        b"* STATUS INBOX (HIGHESTMODSEQ 0)"
    # all else is as ever
    got = without.cmd("STORE 2 +FLAGS (\\Deleted)").untagged
    assert got[-1].startswith(b"* 2 FETCH (FLAGS (\\Deleted")
    got = without.cmd("EXPUNGE")
    assert got.untagged == [b"* VANISHED 2"] and got.code is None
    assert without.cmd("SEARCH RETURN (ALL) ALL").untagged[0].endswith(
        b" ALL 1:3")


def test_store_of_many(site):
    """More than are noted at a time: each is told once, with its modseq, and
    a second session sees them all; one that changed meanwhile is spared."""
    Client(site).cmd("LOGOUT")  # makes the folders
    for number in range(1203):
        name = "%s/cur/%d.M1P1.host:2," % (site.maildir(), 1600000000 + number)
        with open(name, "wb") as out:
            out.write(SIMPLE)
        os.chown(name, MAIL_UID, MAIL_UID)
    client = Client(site)
    client.cmd("SELECT INBOX (CONDSTORE)")
    before = highest(client.cmd("SELECT INBOX (CONDSTORE)"))
    assert client.cmd("STORE 601 +FLAGS.SILENT (\\Seen)").status == "OK"
    got = client.cmd("STORE 1:* (UNCHANGEDSINCE %d) +FLAGS (\\Flagged)"
                     % before)
    assert got.code == "MODIFIED 601"
    told = [int(line.split()[1]) for line in got.all("\\Flagged")]
    assert told == [n for n in range(1, 1204) if n != 601]
    assert all(int(re.search(rb"MODSEQ \((\d+)\)", line).group(1)) > before
               for line in got.all("\\Flagged"))
    other = Client(site)
    other.cmd("SELECT INBOX")
    assert other.cmd("SEARCH RETURN (COUNT) FLAGGED").find("COUNT 1202")
    assert other.cmd("SEARCH RETURN (COUNT) MODSEQ %d" % (before + 1)).find(
        "COUNT 1203")
