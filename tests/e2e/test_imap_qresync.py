"""QRESYNC (RFC 7162 section 3.2): VANISHED, coming back to a mailbox, and what
two sessions do to each other."""
import glob
import os
import re
import shutil

import pytest

from imap_client import Client
from modseqs import SIMPLE, fill, highest, modseq, modseqs, vanished

BACK_ENDS = ["sqlite"]


@pytest.fixture
def other(site):
    """Has selected a mailbox of ten messages."""
    other = Client(site)
    fill(other, 10)
    other.cmd("SELECT INBOX")
    return other


def following(site, select="SELECT INBOX"):
    """A client with QRESYNC, its SELECT's answer, and the point from which it
    can come back."""
    client = Client(site)
    assert client.cmd("ENABLE QRESYNC").untagged == [b"* ENABLED QRESYNC"]
    got = client.cmd(select)
    uidvalidity = re.search(rb"UIDVALIDITY (\d+)",
                            got.find("UIDVALIDITY")).group(1).decode()
    return client, got, "%s %d" % (uidvalidity, highest(got))


@pytest.fixture
def client(site, other):
    return following(site)[0]


def remove(client, uids):
    assert client.cmd("UID STORE %s +FLAGS.SILENT (\\Deleted)" % uids
                      ).status == "OK"
    assert client.cmd("UID EXPUNGE " + uids).status == "OK"


# ---- VANISHED in place of EXPUNGE ----

@pytest.mark.parametrize("command", ["NOOP", "CHECK", "UID FETCH 1 FLAGS",
                                     "UID SEARCH ALL", "UID STORE 1 +FLAGS x",
                                     "COPY 1 INBOX", "STATUS INBOX (UIDNEXT)"])
def test_vanished(client, other, command):
    remove(other, "2:4,10")
    got = client.cmd(command)
    assert vanished(got) == {2, 3, 4, 10} and not got.find("EXPUNGE")


@pytest.mark.parametrize("command", ["FETCH 1 FLAGS", "STORE 1 +FLAGS (x)",
                                     "SEARCH ALL"])
def test_not_while_numbers_count(client, other, command):
    remove(other, "2")
    assert not client.cmd(command).find("VANISHED")
    assert vanished(client.cmd("NOOP")) == {2}


def test_vanished_while_idle(client, other):
    client.send(b"i IDLE\r\n")
    client.wait("+ idling")
    remove(other, "3:4")
    seen = set()
    while seen != {3, 4}:
        line = client.wait("VANISHED")[0]
        seen |= {int(uid) for uid in re.findall(rb"\d+", line)} | (
            {3, 4} if b"3:4" in line else set())
    client.send(b"DONE\r\n")
    assert client.finish(b"i").status == "OK"


@pytest.mark.parametrize("command", ["EXPUNGE", "UID EXPUNGE 3:4",
                                     "MOVE 3:4 box", "UID MOVE 3:4 box"])
def test_own_expunge(client, command):
    client.cmd("CREATE box")
    client.cmd("STORE 3:4 +FLAGS.SILENT (\\Deleted)")
    got = client.cmd(command)
    assert got.status == "OK" and vanished(got) == {3, 4}
    code = re.fullmatch(r"HIGHESTMODSEQ (\d+)", got.code)
    assert int(code.group(1)) == highest(client.cmd("SELECT INBOX"))


def test_expunge_of_nothing(client):
    got = client.cmd("EXPUNGE")
    assert got.status == "OK" and got.code is None


def test_close(client, site):
    client.cmd("STORE 3:4 +FLAGS.SILENT (\\Deleted)")
    got = client.cmd("CLOSE")
    assert got.untagged == []
    code = re.fullmatch(r"HIGHESTMODSEQ (\d+)", got.code)
    assert int(code.group(1)) == highest(client.cmd("SELECT INBOX"))
    assert client.cmd("CLOSE").code is None


def test_close_tells_of_others_first(client, other):
    client.cmd("STORE 3 +FLAGS.SILENT (\\Deleted)")
    client.cmd("NOOP")
    other.cmd("STORE 7 +FLAGS (\\Flagged)")
    got = client.cmd("CLOSE")
    assert got.find("\\Flagged") and got.code.startswith("HIGHESTMODSEQ")
    assert client.cmd("SELECT INBOX").find("9 EXISTS")


def test_close_hides_nothing(client, other):
    """What another one has removed cannot be told any more: then there is no
    number that says that it was."""
    client.cmd("STORE 3 +FLAGS.SILENT (\\Deleted)")
    remove(other, "7")
    got = client.cmd("CLOSE")
    assert got.status == "OK" and got.code is None
    assert not got.find("VANISHED")


def test_flags_of_others(client, other):
    other.cmd("STORE 2 +FLAGS (\\Flagged)")
    got = client.cmd("NOOP").untagged
    assert re.fullmatch(
        rb"\* 2 FETCH \(UID 2 FLAGS \(\\Flagged\) MODSEQ \(\d+\)\)", got[0])


def test_own_flags_have_uids(client):
    got = client.cmd("STORE 2 +FLAGS (\\Flagged)").untagged
    assert re.match(rb"\* 2 FETCH \(UID 2 FLAGS \(.*\) MODSEQ ", got[0])
    got = client.cmd("STORE 2 +FLAGS.SILENT (x)").untagged
    assert re.fullmatch(rb"\* 2 FETCH \(UID 2 MODSEQ \(\d+\)\)", got[-1])
    got = client.cmd("UID FETCH 2 RFC822.SIZE").untagged
    assert re.search(rb"UID 2 MODSEQ \(\d+\) RFC822.SIZE", got[0])
    got = client.cmd("FETCH 2 FLAGS").untagged
    assert re.search(rb"UID 2 FLAGS \(.*\) MODSEQ", got[0])


def test_with_uidonly(site, other):
    client = Client(site)
    client.cmd("ENABLE QRESYNC UIDONLY")
    point = highest(client.cmd("SELECT INBOX"))
    got = client.cmd("SELECT INBOX (QRESYNC (1 %d 1:10 (1 1)))" % point)
    assert got.status == "BAD" and got.code == "UIDREQUIRED"
    got = client.cmd("UID STORE 3 +FLAGS (x)").untagged
    assert re.fullmatch(rb"\* 3 UIDFETCH \(FLAGS \(x\) MODSEQ \(\d+\)\)",
                        got[-1])
    remove(other, "4")
    assert vanished(client.cmd("NOOP")) == {4}


# ---- UID FETCH (CHANGEDSINCE VANISHED) ----

@pytest.mark.parametrize("uids,gone", [
    ("1:*", {2, 3, 9, 10}), ("1:10", {2, 3, 9, 10}), ("3:9", {3, 9}),
    ("10", {10}), ("9:*", {9, 10}), ("4:8", set()), ("1,5", set())])
def test_vanished_of_fetch(client, other, uids, gone):
    """Also behind the last message that is left."""
    start = highest(client.cmd("SELECT INBOX"))
    remove(other, "2:3,9:10")
    other.cmd("UID STORE 5 +FLAGS (x)")
    client.cmd("NOOP")
    got = client.cmd("UID FETCH %s (FLAGS) (CHANGEDSINCE %d VANISHED)"
                     % (uids, start))
    assert vanished(got, True) == gone and not vanished(got)
    changed = got.all("FETCH")
    assert bool(changed) == (uids not in ("10", "9:*"))
    if gone:  # comes before what has changed
        assert got.untagged[0].startswith(b"* VANISHED (EARLIER) ")


def test_vanished_of_what_was_found(client, other):
    start = highest(client.cmd("SELECT INBOX"))
    client.cmd("UID SEARCH RETURN (SAVE) UID 3:6")
    remove(other, "4,8")
    client.cmd("NOOP")
    got = client.cmd("UID FETCH $ (FLAGS) (CHANGEDSINCE %d VANISHED)" % start)
    assert vanished(got, True) == {4}


@pytest.mark.parametrize("command", [
    "FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)",
    "UID FETCH 1:* (FLAGS) (VANISHED)"])
def test_wrong_fetch(client, command):
    assert client.cmd(command).status == "BAD"


# ---- coming back ----

def test_back_after_nothing(site, other):
    point = following(site)[2]
    _, got, again = following(site, "SELECT INBOX (QRESYNC (%s))" % point)
    assert not got.find("VANISHED") and not got.find("FETCH")
    assert point == again


def test_back_after_changes(site, other):
    point = following(site)[2]
    remove(other, "2,5:6")
    other.cmd("UID STORE 7 +FLAGS (\\Answered)")
    other.append(SIMPLE)
    _, got, _ = following(site, "SELECT INBOX (QRESYNC (%s))" % point)
    assert vanished(got, True) == {2, 5, 6} and not vanished(got)
    assert [re.search(rb"UID (\d+) FLAGS \((.*?)\) MODSEQ \(\d+\)",
                      line).group(1) for line in got.all(" FETCH ")
            ] == [b"7", b"11"]
    # the mailbox is told of before
    assert got.untagged.index(got.find("EXISTS")) < \
        got.untagged.index(got.find("VANISHED"))
    assert got.code == "READ-WRITE"


def test_back_with_what_is_known(site, other):
    point = following(site)[2]
    remove(other, "2,5:6")
    other.cmd("UID STORE 7:8 +FLAGS (\\Answered)")
    other.append(SIMPLE)
    _, got, _ = following(
        site, "EXAMINE INBOX (QRESYNC (%s 1:5,7))" % point)
    assert vanished(got, True) == {2, 5}
    assert len(got.all(" FETCH ")) == 1 and got.find("UID 7 FLAGS")


@pytest.mark.parametrize("pairs,gone", [
    ("(1,4,9 1,4,9)", {5, 6}), ("(1:4 1:4)", {5, 6}), ("(1,5 1,5)", {5, 6}),
    ("(9:10 9:10)", {5, 6}), ("(1:7,8 1:7,8)", {5, 6}), ("(20 20)", {5, 6})])
def test_back_with_pairs(site, other, pairs, gone):
    """They may only spare what need not be told."""
    point = following(site)[2]
    remove(other, "5:6")
    _, got, _ = following(
        site, "SELECT INBOX (QRESYNC (%s 1:10 %s))" % (point, pairs))
    assert vanished(got, True) == gone


def test_pairs_spare_what_is_known(site, other):
    """A client that was told of it already has the rest at other numbers."""
    client, _, point = following(site)
    remove(other, "2")
    client.cmd("NOOP")
    remove(other, "9")
    _, got, _ = following(
        site, "SELECT INBOX (QRESYNC (%s 1:10 (1:7 1,3:8)))" % point)
    assert vanished(got, True) == {9}


def test_other_uidvalidity(site, other):
    point = following(site)[2].split()
    remove(other, "2")
    _, got, _ = following(site, "SELECT INBOX (QRESYNC (%d %s))"
                          % (int(point[0]) + 1, point[1]))
    assert got.status == "OK"
    assert not got.find("VANISHED") and not got.find("FETCH")


def test_closed_comes_first(client):
    got = client.cmd("SELECT INBOX")
    assert got.untagged[0].startswith(b"* OK [CLOSED] ")


def test_enabled_is_kept(client, other):
    client.cmd("UNSELECT")
    client.cmd("EXAMINE INBOX")
    remove(other, "2")
    assert vanished(client.cmd("NOOP")) == {2}


# ---- the index is lost, and others change the Maildir ----

def lose_index(site):
    """Takes away all that is kept of the mailboxes beside Dovecot's files."""
    found = [path for path in
             glob.glob(site.maildir() + "/**/*njiwa*index*", recursive=True)]
    assert found
    for path in found:
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)


def test_index_lost(site, other):
    client, got, point = following(site)
    before = highest(got)
    remove(other, "2,10")
    other.cmd("UID STORE 7 +FLAGS (x)")
    then = highest(Client(site).cmd("SELECT INBOX"))
    other.cmd("LOGOUT")
    client.cmd("LOGOUT")
    lose_index(site)
    _, got, _ = following(site, "SELECT INBOX (QRESYNC (%s))" % point)
    assert highest(got) >= then > before
    # more may be told than need be, but not less, and nothing of who is there
    assert {2, 10} <= vanished(got, True)
    assert not vanished(got, True) & {1, 3, 4, 5, 6, 7, 8, 9}
    assert got.find("UID 7 FLAGS (x)")


def test_another_program_changes_flags(site, other):
    client, _, point = following(site)
    assert modseq(client, 3) > 0
    before = modseqs(client)
    cur = site.maildir() + "/cur/"
    name = sorted(os.listdir(cur))[2]
    base, _, flags = name.partition(":2,")
    os.rename(cur + name, cur + base + ":2,F" + flags)
    got = client.cmd("NOOP").find("\\Flagged")
    number = int(got.split()[1])
    after = modseqs(client)
    assert after[number - 1] > max(before)
    _, got, _ = following(site, "SELECT INBOX (QRESYNC (%s))" % point)
    assert [line for line in got.all(" FETCH ") if b"Flagged" in line]
    assert len(got.all(" FETCH ")) == 1


def test_another_program_removes(site, other):
    client, _, point = following(site)
    cur = site.maildir() + "/cur/"
    gone = sorted(os.listdir(cur))[4]
    os.unlink(cur + gone)
    seen = vanished(client.cmd("NOOP"))
    assert len(seen) == 1
    _, got, _ = following(site, "SELECT INBOX (QRESYNC (%s))" % point)
    assert vanished(got, True) == seen


def test_each_comes_back_to_the_same(site, other):
    """A model of a client that comes back again and again, while others add,
    remove and flag: what it knows is what there is."""
    client, got, point = following(site)
    known = {}
    for line in client.cmd("UID FETCH 1:* (FLAGS)").untagged:
        found = re.search(rb"UID (\d+) FLAGS \((.*?)\)", line)
        known[int(found.group(1))] = found.group(2)
    for turn in range(12):
        uids = sorted(known)
        other.cmd("NOOP")
        if turn % 3 == 0:
            remove(other, "%d,%d" % (uids[turn % len(uids)], uids[-1]))
        other.cmd("UID STORE %d +FLAGS (k%d)" % (uids[1], turn % 5))
        other.append(SIMPLE)
        if turn % 4 == 1:
            client.cmd("LOGOUT")
        client, got, point = following(
            site, "SELECT INBOX (QRESYNC (%s))" % point)
        for uid in vanished(got, True):
            known.pop(uid, None)
        for line in got.all(" FETCH "):
            found = re.search(rb"UID (\d+) FLAGS \((.*?)\)", line)
            known[int(found.group(1))] = found.group(2)
        there = {}
        for line in client.cmd("UID FETCH 1:* (FLAGS)").untagged:
            found = re.search(rb"UID (\d+) FLAGS \((.*?)\)", line)
            there[int(found.group(1))] = found.group(2)
        strip = {uid: flags.replace(b"\\Recent", b"").strip()
                 for uid, flags in there.items()}
        assert {uid: flags.replace(b"\\Recent", b"").strip()
                for uid, flags in known.items()} == strip, turn
