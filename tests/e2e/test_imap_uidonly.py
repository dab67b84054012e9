"""UIDONLY, PARTIAL, INPROGRESS, SAVEDATE, OBJECTID: RFC 9586, 9394, 9585, 8514
and 8474."""
import os
import re
import signal
import socket
import time

import pytest

import servers
from imap_client import Client
from imap_model import numbers
from init_under_test import state_of

BACK_ENDS = ["sqlite"]
SIMPLE = b"Subject: x\r\n\r\nbody\r\n"


@pytest.fixture
def client(site):
    """A mailbox of ten messages, uids 3 to 12."""
    client = Client(site)
    for _ in range(12):
        client.append(SIMPLE)
    client.cmd("SELECT INBOX")
    client.cmd("STORE 1:2 +FLAGS.SILENT (\\Deleted)")
    client.cmd("EXPUNGE")
    return client


@pytest.fixture
def uidonly(site, client):
    other = Client(site)
    assert other.cmd("ENABLE UIDONLY").untagged == [b"* ENABLED UIDONLY"]
    return other


def capabilities(client):
    return client.cmd("CAPABILITY").untagged[0].decode().split()


def test_announced(client):
    for name in ("UIDONLY", "PARTIAL", "INPROGRESS", "SAVEDATE", "OBJECTID"):
        assert name in capabilities(client)


# ---- UIDONLY ----

@pytest.mark.parametrize("command", [
    "FETCH 1 FLAGS", "STORE 1 +FLAGS (\\Seen)", "SEARCH ALL", "COPY 1 INBOX",
    "MOVE 1 INBOX", "SORT (DATE) UTF-8 ALL", "THREAD REFS UTF-8 ALL",
    "UID SEARCH 1:3", "UID SEARCH NOT (OR SEEN 2)",
    "UID SORT (DATE) UTF-8 1:*", "UID THREAD REFS UTF-8 *"])
def test_numbers_are_refused(uidonly, command):
    uidonly.cmd("SELECT INBOX")
    got = uidonly.cmd(command)
    assert got.status == "BAD" and got.code == "UIDREQUIRED"
    assert uidonly.cmd("UID SEARCH UID 3:4 NOT $").untagged == [
        b"* SEARCH 3 4"]


def test_replace_needs_a_uid(uidonly):
    uidonly.cmd("SELECT INBOX")
    got = uidonly.cmd("REPLACE 1 INBOX {}", SIMPLE)
    assert got.status == "BAD" and got.code == "UIDREQUIRED"
    assert uidonly.cmd("UID SEARCH UID 3").untagged == [b"* SEARCH 3"]


def test_uidfetch(uidonly):
    uidonly.cmd("SELECT INBOX")
    got = uidonly.cmd("UID FETCH 4:5 FLAGS").untagged
    assert got == [b"* 4 UIDFETCH (FLAGS ())", b"* 5 UIDFETCH (FLAGS ())"]
    assert uidonly.cmd("UID FETCH 4 (UID)").untagged == [
        b"* 4 UIDFETCH (UID 4)"]
    got = uidonly.cmd("UID FETCH 4 BODY[HEADER]")
    assert got.untagged[0].startswith(
        b"* 4 UIDFETCH (FLAGS (\\Seen) BODY[HEADER] {")
    assert uidonly.cmd("UID STORE 5 +FLAGS (\\Flagged)").untagged == [
        b"* 5 UIDFETCH (FLAGS (\\Flagged))"]


def test_select_has_no_number(uidonly, site):
    assert Client(site).cmd("EXAMINE INBOX").find("[UNSEEN 1]")
    got = uidonly.cmd("SELECT INBOX")
    assert got.find("* 10 EXISTS") and not got.find("UNSEEN")


def test_changes_of_others(uidonly, client):
    uidonly.cmd("SELECT INBOX")
    client.cmd("STORE 1,3:4 +FLAGS (\\Deleted)")
    assert uidonly.cmd("NOOP").untagged == [
        b"* %d UIDFETCH (FLAGS (\\Deleted))" % uid for uid in (3, 5, 6)]
    client.cmd("EXPUNGE")
    assert uidonly.cmd("UID FETCH 4 FLAGS").untagged == [
        b"* 4 UIDFETCH (FLAGS ())", b"* VANISHED 3,5:6"]
    uidonly.send(b"i IDLE\r\n")
    uidonly.wait("+ idling")
    client.cmd("STORE 1 +FLAGS.SILENT (\\Deleted)")
    client.cmd("EXPUNGE")
    assert uidonly.wait("VANISHED")[0] == b"* VANISHED 4"
    uidonly.send(b"DONE\r\n")
    assert uidonly.finish(b"i").status == "OK"


def test_own_expunge(uidonly):
    uidonly.cmd("SELECT INBOX")
    uidonly.cmd("UID STORE 3,4,12 +FLAGS.SILENT (\\Deleted)")
    got = uidonly.cmd("EXPUNGE")
    assert got.untagged == [b"* VANISHED 3:4,12"] and got.code is None
    uidonly.cmd("CREATE box")
    got = uidonly.cmd("UID MOVE 5:6 box")
    assert got.untagged[1:] == [b"* VANISHED 5:6"]


# ---- PARTIAL ----

SEARCHES = [
    ("RETURN (PARTIAL 1:3)", "PARTIAL (1:3 3:5)"),
    ("RETURN (PARTIAL 3:1)", "PARTIAL (1:3 3:5)"),
    ("RETURN (PARTIAL 9:20)", "PARTIAL (9:20 11:12)"),
    ("RETURN (PARTIAL 11:20)", "PARTIAL (11:20 NIL)"),
    ("RETURN (PARTIAL -1:-2)", "PARTIAL (-1:-2 11:12)"),
    ("RETURN (PARTIAL -9:-30)", "PARTIAL (-9:-30 3:4)"),
    ("RETURN (PARTIAL -11:-30)", "PARTIAL (-11:-30 NIL)"),
    ("RETURN (COUNT PARTIAL 2:2 MIN MAX)",
     "MIN 3 MAX 12 PARTIAL (2:2 4) COUNT 10"),
]


@pytest.mark.parametrize("options,told", SEARCHES)
def test_pages_of_search(client, options, told):
    got = client.cmd("UID SEARCH %s UNSEEN" % options)
    assert re.sub(r'.*\) UID ', "", got.untagged[0].decode(), 1) == told


def test_pages_by_number(client):
    got = client.cmd("SEARCH RETURN (PARTIAL -1:-3) ALL").untagged
    assert got[0].endswith(b") PARTIAL (-1:-3 8:10)")


def test_pages_of_sort(client):
    got = client.cmd("UID SORT RETURN (PARTIAL -1:-3) (REVERSE ARRIVAL) "
                     "UTF-8 ALL").untagged
    assert len(got) == 1
    page = re.search(rb"PARTIAL \(-1:-3 ([\d,:]+)\)", got[0]).group(1)
    told = [uid for part in page.decode().split(",") for uid in numbers(part)]
    whole = client.cmd("UID SORT (REVERSE ARRIVAL) UTF-8 ALL").untagged[0]
    assert told == [int(uid) for uid in whole.split()[-3:]]


SAVES = [
    ("SAVE PARTIAL 2:3", "4:5"), ("SAVE PARTIAL 2:3 MIN", "3:5"),
    ("SAVE PARTIAL 2:3 MAX", "4:5,12"),
    ("SAVE PARTIAL 2:3 MIN MAX", "3:5,12"),
    ("SAVE PARTIAL 2:3 COUNT", "3:12"), ("SAVE PARTIAL 20:30", ""),
    ("SAVE PARTIAL -1:-2", "11:12"), ("SAVE MIN MAX", "3,12"),
    ("SAVE MAX", "12"),
]


@pytest.mark.parametrize("options,saved", SAVES)
@pytest.mark.parametrize("search", ["SEARCH RETURN (%s) ALL",
                                    "SORT RETURN (%s) (ARRIVAL) UTF-8 ALL"])
def test_what_pages_save(client, search, options, saved):
    """RFC 9394 section 3.2.  The sort keeps the order of ties."""
    assert client.cmd(search % options).status == "OK"
    got = client.cmd("UID SEARCH RETURN (ALL) UID $").untagged[0]
    assert got.decode().partition(" ALL ")[2] == saved


PAGES = [
    ("3:12", "1:2", [3, 4]), ("1:*", "2:1", [3, 4]), ("1:*", "-1:-2", [11, 12]),
    ("5,7,9", "2:3", [7, 9]), ("5,7,9", "4:5", []), ("5,7,9", "-3:-9", [5]),
]


@pytest.mark.parametrize("uids,page,told", PAGES)
def test_pages_of_fetch(client, uids, page, told):
    got = client.cmd("UID FETCH %s (UID) (PARTIAL %s)" % (uids, page))
    assert got.status == "OK"
    assert [int(line.split()[-1].strip(b")")) for line in got.untagged] == told


def test_pages_are_of_uid_fetch(client):
    assert client.cmd("FETCH 1:3 (FLAGS) (PARTIAL 1:2)").status == "BAD"


# ---- INPROGRESS ----

LONG = b"Subject: x\r\n\r\n" + b"abcdefg " * 9 * 20000 + b"\r\n"
INTERVAL = 10  # s, PROGRESS_INTERVAL


def stopped_on_its_way(client, pid, command):
    """Has it begun to read messages, and not ended?"""
    client.send(b"s " + command.encode() + b"\r\n")
    while not client.is_readable(0):
        with open("/proc/%d/maps" % pid) as maps:
            if ".long/cur/" not in maps.read():
                continue
        os.kill(pid, signal.SIGSTOP)
        servers.wait_for("its stop", lambda: state_of(pid) == "T")
        if not client.is_readable(0):
            return True
        os.kill(pid, signal.SIGCONT)
    return False


@pytest.mark.parametrize("command,told", [
    ("SEARCH BODY zebra", b"* SEARCH"),
    ("SORT (SUBJECT) UTF-8 BODY zebra", b"* SORT"),
    ("THREAD REFS UTF-8 BODY zebra", b"* THREAD")])
def test_progress(site, client, command, told):
    """A session that is held up for so long tells how far it is when it can
    go on."""
    client.cmd("CREATE long")
    for _ in range(30):
        assert client.append(LONG, "long").status == "OK"
    client.cmd("SELECT long")
    pid, = [pid for pid, line in site.processes().items() if "imapd" in line]
    while not stopped_on_its_way(client, pid, command):
        client.finish(b"s")
    time.sleep(INTERVAL + 0.5)
    os.kill(pid, signal.SIGCONT)
    got = client.finish(b"s")
    assert got.status == "OK" and got.untagged[-1] == told
    found = re.search(rb'\[INPROGRESS \("s" (\d+) 30\)\]', got.untagged[0])
    assert found and int(found.group(1)) < 30
    assert len(got.untagged) == 2


def test_progress_of_what_is_changed(site, client):
    """COPY and MOVE that somebody else holds up, here with a folder's lock."""
    client.cmd("CREATE box")
    lock = site.maildir(folder="box") + "/dovecot-uidlist.lock"
    other = Client(site)
    other.cmd("SELECT INBOX")
    with open(lock, "w", encoding="ascii") as file:
        file.write("%d:%s" % (os.getpid(), socket.gethostname()))
    client.send(b"c COPY 1:3 box\r\n")
    other.send(b"m MOVE 4:7 box\r\n")
    time.sleep(INTERVAL + 3)
    os.unlink(lock)
    got = client.finish(b"c"), other.finish(b"m")
    assert b'[INPROGRESS ("c" 0 3)]' in got[0].untagged[0]
    assert b'[INPROGRESS ("m" 0 4)]' in got[1].untagged[0]
    assert [answer.status for answer in got] == ["OK", "OK"]


# ---- SAVEDATE ----

DATE = r'SAVEDATE "([ \d]\d-\w{3}-\d{4} [\d:]{8} [+-]\d{4})"'


def test_savedate(client):
    client.append(SIMPLE, before='"01-Feb-2003 04:05:06 +0000" ')
    client.cmd("NOOP")
    got = client.cmd("FETCH 11 (SAVEDATE INTERNALDATE)").untagged[0].decode()
    assert "2003" in re.search('INTERNALDATE "([^"]*)"', got).group(1)
    assert time.strftime("%Y") in re.search(DATE, got).group(1)
    today = time.strftime("%d-%b-%Y")
    for key, found in (("SAVEDATESUPPORTED", 11), ("SAVEDON " + today, 11),
                       ("SAVEDSINCE " + today, 11),
                       ("SAVEDBEFORE " + today, 0),
                       ("SAVEDSINCE 1-Jan-2000 SINCE 1-Jan-2004", 10),
                       ("NOT SAVEDBEFORE 1-Jan-2004", 11)):
        got = client.cmd("SEARCH RETURN (COUNT) " + key).untagged[0]
        assert got.endswith(b" COUNT %d" % found), key


def test_savedate_of_a_copy(client):
    client.cmd("CREATE box")
    time.sleep(1.1)
    client.cmd("COPY 1 box")
    first = re.search(DATE, client.cmd("FETCH 1 SAVEDATE")
                      .untagged[0].decode()).group(1)
    client.cmd("SELECT box")
    second = re.search(DATE, client.cmd("FETCH 1 SAVEDATE")
                       .untagged[0].decode()).group(1)
    assert first != second
    client.cmd("SELECT INBOX")
    client.cmd("MOVE 1 box")
    client.cmd("SELECT box")
    assert client.cmd("FETCH 2 SAVEDATE").find(first) is None


# ---- OBJECTID ----

def test_mailboxid(site, client):
    got = client.cmd("CREATE box")
    found = re.fullmatch(r"MAILBOXID \(([A-Za-z0-9_-]{1,255})\)", got.code)
    name = found.group(1).encode()
    wanted = b"[MAILBOXID (%s)]" % name
    assert wanted in client.cmd("SELECT box").find("MAILBOXID")
    assert client.cmd("STATUS box (MAILBOXID MESSAGES)").untagged == [
        b"* STATUS box (MESSAGES 0 MAILBOXID (%s))" % name]
    assert client.cmd("LIST \"\" box RETURN (STATUS (MAILBOXID))").find(
        "MAILBOXID (%s)" % name.decode())
    other = client.cmd("CREATE other").code
    assert name.decode() not in other
    client.cmd("UNSELECT")
    assert client.cmd("RENAME box else").status == "OK"
    assert wanted in Client(site).cmd("EXAMINE else").find("MAILBOXID")


def emailids(client):
    out = []
    for line in client.cmd("FETCH 1:* EMAILID").untagged:
        out.append(re.search(rb"EMAILID \(([A-Za-z0-9_-]{1,255})\)",
                             line).group(1).decode())
    return out


def test_emailid(site, client):
    ids = emailids(client)
    assert len(set(ids)) == 10
    client.cmd("STORE 3 +FLAGS (\\Seen kw)")
    other = Client(site)
    other.cmd("SELECT INBOX")
    assert emailids(other) == ids
    assert other.cmd("SEARCH EMAILID " + ids[2]).untagged == [b"* SEARCH 3"]
    assert other.cmd("SEARCH EMAILID nothing").untagged == [b"* SEARCH"]
    assert other.cmd("FETCH 3 THREADID").untagged == [
        b"* 3 FETCH (THREADID NIL)"]
    assert other.cmd("SEARCH THREADID T1").untagged == [b"* SEARCH"]
    assert len(other.cmd("SEARCH NOT THREADID T1").untagged[0].split()) == 12


def test_emailid_elsewhere(client):
    """A copy has the id of its original, and so has what is moved, there and
    back."""
    ids = emailids(client)
    client.cmd("CREATE box")
    client.cmd("COPY 2:3 box")
    client.cmd("MOVE 4:5 box")
    client.cmd("SELECT box")
    assert emailids(client) == ids[1:5]
    assert client.cmd("SEARCH EMAILID " + ids[3]).untagged == [b"* SEARCH 3"]
    client.cmd("STORE 3 +FLAGS (\\Flagged kw)")
    client.cmd("MOVE 3 INBOX")
    assert emailids(client) == ids[1:3] + ids[4:5]
    client.cmd("SELECT INBOX")
    assert emailids(client) == ids[:3] + ids[5:] + ids[3:4]
