"""Two sessions of one mailbox (RFC 2180): one takes away, deletes or renames
what the other one reads, changes or copies; in turn, and at the same time.
More of it is in test_imap_shared.py."""
import concurrent.futures
import os
import random
import re
import threading
import time

import pytest

from dovecot_under_test import dovecot
import servers
from imap_client import Client
from site_under_test import MAIL_UID
from test_bad_kills import processes_of

BACK_ENDS = ["sqlite"]
SIMPLE = b"Subject: x\r\n\r\nbody\r\n"
SEVERAL = 30
GONE = (EOFError, ConnectionError)  # the server has closed


@pytest.fixture
def two(site):
    """Two that have selected a mailbox of four messages; there is another."""
    clients = Client(site), Client(site)
    for name in ("a", "b"):
        clients[0].cmd("CREATE " + name)
    for _ in range(4):
        clients[0].append(SIMPLE, "a")
    for client in clients:
        client.cmd("SELECT a")
    return clients


def count(client, name):
    told = client.cmd("STATUS %s (MESSAGES)" % name).find("STATUS")
    return int(re.search(rb"MESSAGES (\d+)", told).group(1))


def expunge(client, uids):
    client.cmd("UID STORE %s +FLAGS.SILENT (\\Deleted)" % uids)
    assert client.cmd("UID EXPUNGE " + uids).status == "OK"


def is_told(client):
    """That its mailbox is not there any more, whichever way; or that its
    messages are gone.  Never of another mailbox's."""
    try:
        client.send(b"n NOOP\r\n")
        while True:
            line = client.response()
            if b"BYE" in line or b"EXPUNGE" in line or b"CLOSED" in line:
                return True
            if line.startswith(b"n "):
                return not line.startswith(b"n OK")
    except GONE:
        return True


def say_and_leave(client, *commands):
    """Whatever is answered, and if the connection is gone already."""
    try:
        for command in commands + (b"LOGOUT",):
            client.send(b"x " + command + b"\r\n")
        client.at_end()
    except GONE:
        pass


# ---- one expunges (sections 4.1 to 4.4)

@pytest.mark.parametrize("command", [
    "FETCH 2 BODY.PEEK[]", "FETCH 1:4 (UID ENVELOPE BODYSTRUCTURE)",
    "STORE 2 +FLAGS (\\Seen)", "STORE 1:4 FLAGS (\\Seen)", "COPY 1:3 b",
    "MOVE 2 b"])
def test_by_number(two, command):
    """Nothing is done to another message than the one that was meant."""
    a, b = two
    expunge(a, "2")
    got = b.cmd(command)
    assert got.status == "NO" and got.code == "EXPUNGEISSUED"
    if command.startswith(("FETCH", "STORE")):
        assert got.all(" EXPUNGE") == []
    b.cmd("NOOP")
    assert b.cmd("FETCH 1:* UID").untagged == [
        b"* 1 FETCH (UID 1)", b"* 2 FETCH (UID 3)", b"* 3 FETCH (UID 4)"]
    assert count(a, "b") == 0


def test_some_are_moved(two):
    """What is there goes; who named numbers hears that one was not."""
    a, b = two
    expunge(a, "2")
    got = b.cmd("MOVE 1:3 b")
    assert got.status == "NO" and got.code == "EXPUNGEISSUED"
    assert re.search(rb"\[COPYUID \d+ 1,3 1,3\]", got.find("COPYUID"))
    assert sorted(got.all(" EXPUNGE")) == [
        b"* 1 EXPUNGE", b"* 2 EXPUNGE", b"* 3 EXPUNGE"]
    assert count(a, "a") == 1 and count(a, "b") == 2
    a.append(SIMPLE, "a")
    b.cmd("NOOP")
    expunge(a, "4")
    got = b.cmd("UID MOVE 4:5 b")
    assert got.status == "OK"
    assert re.search(rb"\[COPYUID \d+ 5 \d+\]", got.find("COPYUID"))


@pytest.mark.parametrize("command", [
    "UID FETCH 2 BODY.PEEK[]", "UID STORE 2 +FLAGS (\\Seen)",
    "UID COPY 2 b", "UID MOVE 2 b", "UID EXPUNGE 2"])
def test_by_uid(two, command):
    """One that is gone is named in vain, and that is no mistake, unless all
    that there was to be copied is gone."""
    a, b = two
    expunge(a, "2")
    got = b.cmd(command)
    assert got.status == "OK" or got.code == "EXPUNGEISSUED"
    assert got.all("FETCH") == []
    assert count(a, "b") == 0
    assert count(a, "a") == 3
    assert b.cmd("NOOP").status == "OK"


# ---- one moves what the other one moves

@pytest.mark.parametrize("verb", ["MOVE", "COPY"])
def test_moved_by_both(site, verb):
    """Each message is in the other mailbox: once when both move it, twice when
    both copy it."""
    clients = Client(site), Client(site)
    clients[0].cmd("CREATE a")
    clients[0].cmd("CREATE b")
    for _ in range(SEVERAL):
        clients[0].append(SIMPLE, "a")
    for client in clients:
        client.cmd("SELECT a")
    gate = threading.Barrier(2)

    def run(client, uids):
        gate.wait()
        for uid in uids:
            got = client.cmd("UID %s %d b" % (verb, uid))
            assert got.status == "OK" or got.code == "EXPUNGEISSUED"

    uids = range(1, SEVERAL + 1)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(run, client, uids) for client in clients]:
            done.result()
    checker = Client(site)
    assert count(checker, "a") == (0 if verb == "MOVE" else SEVERAL)
    assert count(checker, "b") == (1 if verb == "MOVE" else 2) * SEVERAL


MANY = 300


def subjects(site, folder):
    return sorted(int(octets.split(b"Subject: ")[1].split(b"\n")[0])
                  for octets in site.contents(folder=folder))


def put_many(site):
    clients = Client(site), Client(site)
    for name in ("a", "b", "c"):
        clients[0].cmd("CREATE " + name)
    cur = site.maildir(folder="a") + "/cur"
    owner = os.stat(cur)
    for number in range(MANY):
        path = "%s/1.M%dP1.x:2,S" % (cur, number)
        with open(path, "wb") as file:
            file.write(b"Subject: %d\n\nx\n" % number)
        os.chown(path, owner.st_uid, owner.st_gid)
    return clients


def test_moved_at_once_by_both(site):
    """All of them with one command each: every message is moved by one."""
    clients = put_many(site)
    for client in clients:
        assert b"%d EXISTS" % MANY in client.cmd("SELECT a").find("EXISTS")
    for client, name in zip(clients, (b"b", b"c")):
        client.send(b"x UID MOVE 1:* %s\r\n" % name)
    for client in clients:
        got = client.finish(b"x")
        assert got.status == "OK" or got.code == "EXPUNGEISSUED"
        assert len(got.all(" EXPUNGE")) == MANY
    assert not subjects(site, "a")
    moved = [subjects(site, "b"), subjects(site, "c")]
    assert sorted(moved[0] + moved[1]) == list(range(MANY))
    checker = Client(site)
    assert [count(checker, "b"), count(checker, "c")] == [
        len(part) for part in moved]


def test_moved_beside_dovecot(site):
    """It copies and then expunges: what both move at once may be there twice,
    but nothing is lost; uids are the same for both, whoever gave them."""
    put_many(site)
    client = Client(site)
    client.cmd("SELECT a")
    answers = []
    other = threading.Thread(target=lambda: answers.append(
        dovecot(site, "SELECT a", "MOVE 1:* c")))
    other.start()
    got = client.cmd("UID MOVE 1:* b")
    assert got.status == "OK" or got.code == "EXPUNGEISSUED"
    other.join(60)
    assert b"t0 OK" in answers[0]
    moved = [subjects(site, "b"), subjects(site, "c")]
    assert not subjects(site, "a")
    assert set(moved[0] + moved[1]) == set(range(MANY))
    seen = dovecot(site, "SELECT b", "FETCH 1:* UID", "SELECT c",
                   "FETCH 1:* UID")
    for name, part in zip((b"b", b"c"), moved):
        client.cmd(b"SELECT " + name)
        ours = [line for line in client.cmd("FETCH 1:* UID").untagged
                if b"FETCH" in line]
        assert len(ours) == len(part)
        assert not ours or b"\r\n".join(ours) in seen


def test_killed_while_they_move(site):
    """kill -9 of both in the middle, again and again: each message is in one
    of the folders, and those who come next go on."""
    put_many(site)
    chance = random.Random(6851)
    for _ in range(8):
        clients = Client(site), Client(site)
        for client in clients:
            client.cmd("SELECT a")
        for client, name in zip(clients, (b"b", b"c")):
            client.send(b"x UID MOVE 1:* %s\r\n" % name)
        time.sleep(chance.random() * 0.02)
        servers.kill(*processes_of(site, "njiwa-imapd", MAIL_UID))
        everything = [subjects(site, name) for name in "abc"]
        assert sorted(sum(everything, [])) == list(range(MANY))
        for client in clients:
            client.sock.close()
    last = Client(site)
    for name, part in zip("abc", everything):
        got = last.cmd("SELECT " + name)
        assert b"* %d EXISTS" % len(part) in got.untagged
        uids = [line.split()[-1] for line in
                last.cmd("FETCH 1:* UID").untagged if b"FETCH" in line]
        assert len(set(uids)) == len(part)


def test_expunged_while_it_is_read(site):
    """Bodies are whole, or not there; numbers mean what was told."""
    a, b = Client(site), Client(site)
    for n in range(SEVERAL):
        a.append(b"Subject: %d\r\n\r\n%s\r\n" % (n + 1, b"x" * 5000))
    for client in (a, b):
        client.cmd("SELECT INBOX")
    other = threading.Thread(target=lambda: [
        expunge(a, str(uid)) for uid in range(1, SEVERAL, 2)])
    other.start()
    for _ in range(20):
        got = b.cmd("FETCH 1:* (UID BODY.PEEK[])")
        assert got.all(" EXPUNGE") == []
        for line in got.all("BODY[]"):
            uid = re.search(rb"UID (\d+)", line).group(1)
            assert b"Subject: %s\r\n" % uid in line
            assert len(re.search(rb"x{100,}", line).group(0)) == 5000
        assert got.status == "OK" or got.code == "EXPUNGEISSUED"
        b.cmd("NOOP")
    other.join(60)
    assert not other.is_alive()
    b.cmd("NOOP")
    assert [int(line.split()[-1][:-1]) for line in
            b.cmd("FETCH 1:* UID").untagged] == list(range(2, SEVERAL + 1, 2))


# ---- one deletes the mailbox (section 3)

@pytest.mark.parametrize("command", [
    "FETCH 1:4 FLAGS", "FETCH 1 BODY.PEEK[]", "STORE 1 +FLAGS (\\Seen)",
    "COPY 1 b", "MOVE 1 b", "EXPUNGE", "SEARCH ALL", "CHECK"])
def test_deleted(two, command):
    a, b = two
    assert a.cmd("UNSELECT").status == "OK"
    assert a.cmd("DELETE a").status == "OK"
    b.send(b"x " + command.encode() + b"\r\n")
    try:
        while not b.response().startswith(b"x "):
            pass
    except GONE:
        return
    assert is_told(b)
    assert a.cmd('LIST "" a').untagged == []  # nothing of it came back
    assert count(a, "b") in (0, 1)


def test_deleted_while_it_idles(two):
    a, b = two
    b.send(b"i IDLE\r\n")
    assert b.response().startswith(b"+ ")
    a.cmd("UNSELECT")
    assert a.cmd("DELETE a").status == "OK"
    b.send(b"DONE\r\n")
    assert is_told(b)


def make_another(client):
    """A mailbox of the name that the other one has selected."""
    client.cmd("CREATE a")
    client.append(b"Subject: new\r\n\r\nnew\r\n", "a")


def reach_for_the_first(client):
    """Who has the old one selected does not come upon the new one's message,
    nor delete it."""
    client.send(b"x FETCH 1 BODY.PEEK[]\r\n")
    try:
        assert client.finish(b"x").find("Subject: new") is None
    except GONE:
        pass
    say_and_leave(client, b"STORE 1 +FLAGS.SILENT (\\Deleted)", b"EXPUNGE")


def test_deleted_and_made_again(two):
    """Nobody takes the new one's messages for the old one's."""
    a, b = two
    a.cmd("UNSELECT")
    a.cmd("DELETE a")
    make_another(a)
    reach_for_the_first(b)
    assert count(a, "a") == 1


def test_append_to_what_is_deleted(two):
    """TRYCREATE, before a literal is sent or after."""
    a, b = two
    b.send(b"x APPEND a {%d}\r\n" % len(SIMPLE))
    assert b.response().startswith(b"+ ")
    a.cmd("UNSELECT")
    assert a.cmd("DELETE a").status == "OK"
    b.send(SIMPLE + b"\r\n")
    got = b.finish(b"x")
    assert got.status == "NO" and got.code == "TRYCREATE"
    assert a.cmd('LIST "" a').untagged == []


# ---- one renames it

@pytest.mark.parametrize("command", [
    "FETCH 1:4 FLAGS", "FETCH 1 BODY.PEEK[]", "STORE 1 +FLAGS (\\Seen)",
    "COPY 1 b", "SEARCH ALL"])
def test_renamed(two, command):
    """The other one goes on with the same messages."""
    a, b = two
    a.cmd("UNSELECT")
    assert a.cmd("RENAME a z").status == "OK"
    got = b.cmd(command)
    assert got.status == "OK" and got.all(" EXPUNGE") == []
    assert b.cmd("NOOP").status == "OK"
    assert count(a, "z") == 4
    assert a.cmd('LIST "" a').untagged == []


def test_renamed_and_another_one_has_its_name(two):
    a, b = two
    a.cmd("UNSELECT")
    a.cmd("RENAME a z")
    make_another(a)
    reach_for_the_first(b)
    assert count(a, "a") == 1
    assert count(a, "z") in (3, 4)
