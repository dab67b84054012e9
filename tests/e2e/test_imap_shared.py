"""Several connections on one mailbox, IDLE, limits of line and time."""
import glob
import os
import socket
import time

import pytest

import servers
from imap_client import Client
from init_under_test import cpu_seconds, sleeps

BACK_ENDS = ["sqlite"]
SIMPLE = b"Subject: x\r\n\r\nbody\r\n"


@pytest.fixture
def two(site):
    """Two connections that have selected a mailbox of four messages."""
    clients = Client(site), Client(site)
    for _ in range(4):
        clients[0].append(SIMPLE)
    for client in clients:
        client.cmd("SELECT INBOX")
    return clients


def test_new_messages_are_told(two):
    a, b = two
    a.append(SIMPLE)
    assert b"* 5 EXISTS" in b.cmd("NOOP").untagged
    assert b.cmd("NOOP").untagged == []


def test_flags_of_others_are_told(two):
    a, b = two
    a.cmd("STORE 2 +FLAGS (\\Flagged kw)")
    got = b.cmd("NOOP")
    assert b"* 2 FETCH (UID 2 FLAGS (\\Flagged kw))" in got.untagged
    assert b.cmd("NOOP").untagged == []


@pytest.mark.parametrize("command", [
    "FETCH 1:4 FLAGS", "STORE 1:4 +FLAGS (\\Seen)", "SEARCH ALL"])
def test_no_expunge_while_numbers_count(two, command):
    a, b = two
    a.cmd("STORE 2 +FLAGS.SILENT (\\Deleted)")
    a.cmd("EXPUNGE")
    assert b.cmd(command).all("EXPUNGE") == []
    # the number of the one that is gone still counts
    assert b.cmd("FETCH 4 UID").untagged == [b"* 4 FETCH (UID 4)"]
    got = b.cmd("FETCH 1:4 BODY.PEEK[]")
    assert got.code == "EXPUNGEISSUED" and got.all("EXPUNGE") == []
    assert len(got.all("FETCH")) == 3
    assert b"* 2 EXPUNGE" in b.cmd("NOOP").untagged
    assert b.cmd("FETCH 3 UID").untagged == [b"* 3 FETCH (UID 4)"]


@pytest.mark.parametrize("command", [
    "UID FETCH 1:4 FLAGS", "UID STORE 1 +FLAGS (\\Seen)", "UID SEARCH ALL",
    "CHECK", "STATUS INBOX (MESSAGES)"])
def test_expunge_where_allowed(two, command):
    a, b = two
    a.cmd("STORE 1,3 +FLAGS.SILENT (\\Deleted)")
    a.cmd("EXPUNGE")
    assert b.cmd(command).all("EXPUNGE") == [b"* 3 EXPUNGE", b"* 1 EXPUNGE"]
    assert b.cmd("NOOP").untagged == []


@pytest.mark.parametrize("command", ["EXPUNGE", "CLOSE", "UID EXPUNGE 1:*"])
def test_what_another_one_wants_back_stays(site, two, command):
    a, b = two
    assert a.cmd("STORE 1:2 +FLAGS (\\Deleted)").status == "OK"
    b.cmd("NOOP")
    # a knows nothing of this, and must not act on what it knows
    assert b.cmd("STORE 1 -FLAGS (\\Deleted)").status == "OK"
    got = a.cmd(command)
    assert got.status == "OK" and b"* 1 EXPUNGE" not in got.untagged
    assert len(site.messages()) == 3
    a.cmd("SELECT INBOX")
    assert a.cmd("FETCH 1:2 (UID FLAGS)").untagged == [
        b"* 1 FETCH (UID 1 FLAGS ())", b"* 2 FETCH (UID 3 FLAGS ())"]


def test_store_of_what_seems_to_be_so(two):
    a, b = two
    a.cmd("STORE 1 +FLAGS (\\Flagged)")
    b.cmd("NOOP")
    b.cmd("STORE 1 -FLAGS (\\Flagged)")
    assert a.cmd("STORE 1 +FLAGS (\\Flagged)").status == "OK"
    assert b.cmd("NOOP").untagged == [
        b"* 1 FETCH (UID 1 FLAGS (\\Flagged))"]


def test_moved_to_where_it_is(two):
    """It has a new uid there, and all see it at once."""
    a, b = two
    for uid in range(5, 10):
        got = a.cmd("MOVE 1 INBOX")
        assert got.untagged[1:3] == [b"* 1 EXPUNGE", b"* 4 EXISTS"], uid
        assert a.cmd("FETCH 4 UID").untagged == [b"* 4 FETCH (UID %d)" % uid]
        got = b.cmd("NOOP")
        assert got.untagged[:2] == [b"* 1 EXPUNGE", b"* 4 EXISTS"], uid


def test_store_on_what_is_gone(two):
    a, b = two
    a.cmd("STORE 2 +FLAGS.SILENT (\\Deleted)")
    a.cmd("EXPUNGE")
    got = b.cmd("STORE 2 +FLAGS (\\Seen)")
    assert got.status == "NO" and got.code == "EXPUNGEISSUED"
    a.cmd("STORE 2 +FLAGS.SILENT (\\Deleted)")
    a.cmd("EXPUNGE")
    b.cmd("CREATE a")
    assert b.cmd("FETCH 1:* UID").status == "OK"


def test_mailbox_that_another_deleted(site, two):
    """It is nobody's fault that it is gone, and no bug."""
    client, other = two
    for text in ("FETCH 1 BODY[]", "FETCH 1 PREVIEW",
                 "STORE 1 +FLAGS (\\Seen)", "COPY 1 INBOX", "MOVE 1 INBOX"):
        other.cmd("CREATE f")
        other.append(b"Subject: x\r\n\r\nhi\r\n", "f")
        again = client.cmd("SELECT f")
        assert again.status == "OK"
        other.cmd("DELETE f")
        answer = client.cmd(text)
        assert answer.status == "NO", text
        assert answer.code == "NONEXISTENT", (text, answer.code)
        assert answer.find("BYE"), "it cannot be followed any more"
        client = Client(site)


def test_copy_of_what_is_gone_copies_nothing(two):
    a, b = two
    a.cmd("CREATE a")
    b.cmd("FETCH 1 FLAGS")
    a.cmd("STORE 3 +FLAGS.SILENT (\\Deleted)")
    a.cmd("EXPUNGE")
    got = b.cmd("COPY 1:4 a")
    assert got.status == "NO" and got.code == "EXPUNGEISSUED"
    assert b"MESSAGES 0" in b.cmd("STATUS a (MESSAGES)").untagged[0]


def deliver(site, name):
    """A message put into new/ by somebody else."""
    path = site.maildir() + "/tmp/" + name
    with open(path, "wb") as out:
        out.write(SIMPLE.replace(b"\r\n", b"\n"))
    os.chown(path, 8, 8)
    os.rename(path, site.maildir() + "/new/" + name)


def test_idle_sees_a_delivery(site, two):
    """It hears of it, and does not look every now and then."""
    a, b = two
    b.send(b"i IDLE\r\n")
    assert b.response().startswith(b"+ ")
    pids = [pid for pid, line in site.processes().items() if "imapd" in line]
    assert len(pids) == 2
    for pid in pids:
        servers.wait_for("rest", lambda: sleeps(pid))
    for count in (5, 6, 7):
        deliver(site, "%d.M%dP1.host" % (time.time(), count))
        assert b.wait("EXISTS")[0] == b"* %d EXISTS" % count
    a.cmd("STORE 2 +FLAGS (\\Flagged)")
    b.wait("FETCH")
    a.cmd("STORE 1 +FLAGS.SILENT (\\Deleted)")
    a.cmd("EXPUNGE")
    assert b.wait("EXPUNGE")[0] == b"* 1 EXPUNGE"
    b.send(b"DONE\r\n")
    assert b.finish(b"i").status == "OK"


def test_inactivity_is_not_idle(site):
    site.conf(imap_idle_keepalive="10s", imap_idle_timeout="10s")
    silent, client = Client(site), Client(site)
    client.send(b"i IDLE\r\n")
    assert client.wait("OK Still here")
    assert b"* BYE Disconnected for inactivity" in silent.at_end()
    assert client.wait("OK Still here")
    client.send(b"done\r\n")
    assert client.finish(b"i").status == "OK"


def test_idle_ends(site):
    client = Client(site)
    client.send(b"i IDLE\r\nDONE\r\n")  # at once
    assert client.response().startswith(b"+ ")
    assert client.finish(b"i").status == "OK"
    client.send(b"j IDLE\r\nNOOP\r\n")
    assert client.response().startswith(b"+ ")
    assert client.finish(b"j").status == "BAD"
    client.send(b"k IDLE\r\n")
    client.sock.shutdown(socket.SHUT_WR)
    client.at_end()


def test_login_timeout_is_for_all_of_it(site):
    site.conf(login_timeout="1s")
    client = Client(site, user=None)
    start = time.monotonic()
    try:
        for octet in b"a NOOP\r\n" * 100:  # a slow drip
            client.send(bytes([octet]))
            time.sleep(0.05)
    except OSError:
        pass
    assert time.monotonic() - start < 20


def test_long_lines(site):
    client = Client(site)
    assert client.cmd("NOOP").status == "OK"
    client.send(b"a FETCH " + b"1," * 40000 + b"1 FLAGS\r\nb NOOP\r\n")
    got = client.finish(b"a")
    assert got.status == "BAD" and got.code == "TOOBIG"
    assert client.finish(b"b").status == "OK"
    # no command hides in the literal of a line that is refused
    client.send(b"c X " + b"y" * 70000 + b" {14+}\r\nd CREATE evil\r\n"
                b"\r\ne NOOP\r\n")
    assert client.finish(b"c").status == "BAD"
    assert client.finish(b"e").status == "OK"
    assert client.cmd('LIST "" evil').untagged == []


def test_huge_literals(site):
    client = Client(site)
    client.send(b"a SELECT {100000}\r\n")
    assert client.finish(b"a").code == "TOOBIG"
    client.send(b"b SELECT {100000+}\r\n" + b"x" * 100000 + b"\r\nc NOOP\r\n")
    assert client.finish(b"b").code == "TOOBIG"
    assert client.finish(b"c").status == "OK"
    client.send(b"d SELECT {99999999999999999999}\r\n")
    assert client.finish(b"d").code == "TOOBIG"
    client.send(b"e SELECT {4000000000+}\r\n")
    assert b"* BYE" in client.at_end()
    client = Client(site, user=None)
    client.send(b"f LOGIN {1000000+}\r\n")
    assert b"* BYE" in client.at_end()


def test_bad_octets(site):
    client = Client(site)
    for line in (b"a NOOP\0\r\n", b"a NO\rOP\r\n"):
        client.send(line)
        assert client.finish(b"a").status == "BAD"
    client.send(b"b SELECT \x80\r\n")
    assert client.finish(b"b").status == "BAD"
    client.send(b"c NOOP\n")  # a bare LF ends a line for us
    assert client.finish(b"c").status == "OK"


def test_pipeline(site):
    client = Client(site)
    client.send(b"".join(b"p%d NOOP\r\n" % i for i in range(500)))
    for i in range(500):
        assert client.finish(b"p%d" % i).status == "OK"


def test_bodies_come_back_as_they_were(site):
    client = Client(site)
    client.cmd("SELECT INBOX")
    line = b"0123456789" * 7 + b"\r\n"
    bodies = [b"x\r\n", b"no end", b"\r\n", b"\r\n\r\n",
              line * 1000, bytes(range(1, 10)) + b"\xff" * 100 + b"\r\n",
              b"A: b\r\n\r\n" + b"z" * 100000, b"A: b\r\n" * 3000 + b"\r\n"]
    for number, body in enumerate(bodies, 1):
        assert client.append(body).status == "OK"
        got = client.cmd("FETCH %d (RFC822.SIZE BODY.PEEK[])" % number)
        assert got.literal() == body
        assert b"RFC822.SIZE %d " % len(body) in got.untagged[0]
        whole = b"".join(
            client.cmd("FETCH %d BODY.PEEK[]<%d.1500>" % (
                number, offset)).literal()
            for offset in range(0, min(len(body), 15000), 1500))
        assert whole == body[:15000]


def test_large_message_in_pieces(site):
    """Each piece is found where the last one ended, in the right message."""
    client = Client(site)
    client.cmd("CREATE other")
    line = b"0123456789" * 3 + b"\r\n"
    bodies = {name: b"A: b\r\n\r\n" + name[:1].encode() + line * 500000
              for name in ("INBOX", "other")}  # 16 MB each
    pid = next(pid for pid, command in site.processes().items()
               if "imapd" in command)
    for name, body in bodies.items():
        assert client.append(body, name).status == "OK"
        client.cmd("SELECT " + name)  # both have the UID 1
        start = cpu_seconds(pid)
        assert client.cmd("FETCH 1 BODY.PEEK[]").literal() == body
        whole = cpu_seconds(pid) - start
        pieces = b"".join(
            client.cmd("UID FETCH 1 BODY.PEEK[]<%d.65536>" % at).literal()
            for at in range(0, len(body), 65536))
        assert pieces == body
        assert cpu_seconds(pid) - start - whole < 10 * whole + 0.5


def test_mailbox_that_is_removed(site):
    client = Client(site)
    client.cmd("CREATE a")
    client.cmd("SELECT a")
    for path in glob.glob(site.maildir(folder="a") + "/*"):
        if os.path.isdir(path):
            os.rmdir(path)
        else:
            os.unlink(path)
    os.rmdir(site.maildir(folder="a"))
    got = client.cmd("NOOP")
    assert got.status in ("OK", "NO")
    client.send(b"z LOGOUT\r\n")
    client.at_end()


def test_lock_of_somebody_alive(site):
    """It is waited for, and then the mailbox is busy and the server sound."""
    client = Client(site)
    client.append(SIMPLE)
    with open(site.maildir() + "/dovecot-uidlist.lock", "w") as lock:
        lock.write("%d:%s" % (os.getpid(), socket.gethostname()))
    os.unlink(site.maildir() + "/dovecot-uidlist")
    client.sock.settimeout(60)
    assert b" NO [INUSE] " in client.cmd("SELECT INBOX").tagged
    os.unlink(site.maildir() + "/dovecot-uidlist.lock")
    assert client.cmd("SELECT INBOX").status == "OK"
