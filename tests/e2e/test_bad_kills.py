"""kill -9 where it hurts: whatever dies, a message that was accepted is there
once, and one that was not is there once or not at all, never half."""
import collections
import os
import random
import socket
import threading
import time

import pytest

import servers
from imap_client import Client
from init_under_test import children_of, cpu_seconds
from site_under_test import MAIL_UID
from smtp_talk import Talk
from test_smtp_spam import Deaf

FRONT_UID = 65534
SENDERS = 20
SECONDS = 3


def processes_of(site, program, uid):
    """The pids of a program's processes that run as uid."""
    found = []
    for pid, line in site.processes().items():
        try:
            if program in line and os.stat("/proc/%d" % pid).st_uid == uid:
                found.append(pid)
        except FileNotFoundError:
            pass
    return found


def all_gone(site):
    servers.wait_for("end of all connections", lambda: not [
        line for line in site.processes().values() if "smtpd" in line])


def nothing_half(site, users=("demo", "other")):
    for user in users:
        for folder, _, files in os.walk(site.maildir(user)):
            assert os.path.basename(folder) != "tmp" or not files


@pytest.mark.parametrize("who, uid", [
    ("front", FRONT_UID), ("keeper", MAIL_UID)])
def test_killed_between_data_and_commit(lite, who, uid):
    """The whole message is here and is being looked at by spamd."""
    spamd = Deaf()
    try:
        lite.conf(spamd=spamd.address, spamd_timeout="2s")
        client = Talk(lite)
        client.ehlo()
        assert client.envelope("demo@test.dev", "other@test.dev") == [250] * 2
        assert client.say("DATA") == 354
        client.send(b"Subject: x\r\n\r\nbody\r\n.\r\n")
        servers.wait_for("the question to spamd", lambda: spamd.taken)
        pids = processes_of(lite, "smtpd", uid)
        assert pids, who
        servers.kill(*pids)
        all_gone(lite)
        assert client.reply()[0] in (0, 421, 451), "not without a commit"
        assert not lite.messages("demo") and not lite.messages("other")
        nothing_half(lite)
    finally:
        spamd.close()


def test_keeper_killed_in_the_middle_of_a_message(lite):
    client = Talk(lite)
    client.ehlo()
    assert client.envelope("demo@test.dev") == [250]
    assert client.say("DATA") == 354
    client.send(b"Subject: x\r\n\r\n" + (b"x" * 98 + b"\r\n") * 5000)
    time.sleep(0.1)
    servers.kill(*processes_of(lite, "smtpd", MAIL_UID))
    try:
        client.send(b".\r\n")
        assert client.reply()[0] in (0, 421, 451)
    except OSError:
        pass
    client.sock.close()
    all_gone(lite)
    nothing_half(lite)
    assert not lite.messages("demo")


class Senders:
    """Threads that send one message a connection, until told to stop."""

    def __init__(self, site):
        self.site, self.over = site, False
        self.accepted, self.tried = set(), set()
        self.threads = [threading.Thread(target=self.send, args=(i,))
                        for i in range(SENDERS)]
        for thread in self.threads:
            thread.start()

    def send(self, number):
        count = 0
        while not self.over:
            count += 1
            mark = "mark-%d-%d." % (number, count)
            self.tried.add(mark)
            try:
                if self.one(mark) == 250:
                    self.accepted.add(mark)
            except (OSError, AssertionError, ValueError):
                pass  # the connection died; its reply will never be known

    def one(self, mark):
        octets = ("EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<demo@test.dev>\r\n"
                  "RCPT TO:<other@test.dev>\r\nDATA\r\n")
        with socket.create_connection(
                ("127.0.0.1", self.site.port("mx")), 60) as sock:
            sock.sendall(octets.encode())
            file = sock.makefile("rb")
            for line in file:
                if line.startswith(b"354"):
                    break
            body = "Subject: %s\r\n\r\n" % mark + "line\r\n" * 500
            sock.sendall((body + "end of %s\r\n.\r\n" % mark).encode())
            return int(file.readline()[:3] or b"0")

    def stop(self):
        self.over = True
        for thread in self.threads:
            thread.join(servers.PATIENCE)
            assert not thread.is_alive()


def marks(site, user):
    """How often each mark is there; every message is whole."""
    found = collections.Counter()
    for octets in site.contents(user):
        mark = octets.split(b"Subject: ")[1].split(b"\n")[0].decode()
        assert octets.endswith(b"end of %s\n" % mark.encode())
        found[mark] += 1
    return found


def is_at_rest(pids):
    """Do they use no time at all for a while?"""
    before = [cpu_seconds(pid) for pid in pids]
    time.sleep(0.3)
    return [cpu_seconds(pid) for pid in pids] == before


@pytest.mark.parametrize("who, uid", [
    ("front", FRONT_UID), ("keeper", MAIL_UID)])
def test_killed_at_random(make_site, who, uid):
    """Twenty at a time, to two mailboxes each."""
    site = make_site("sqlite")
    site.conf(log_level="warning")
    accounts = site.accountd()
    chance = random.Random(4711)
    senders = Senders(site)
    killed, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end or killed < 20 or len(senders.accepted) < 20:
        assert time.monotonic() < end + servers.PATIENCE, (who, killed)
        pids = processes_of(site, "smtpd", uid)
        if pids:
            servers.kill(chance.choice(pids))
            killed += 1
        time.sleep(chance.random() * 0.03)
    senders.stop()
    all_gone(site)
    for user in ("demo", "other"):
        found = marks(site, user)
        assert set(found.values()) <= {1}, "twice"
        assert not senders.accepted - set(found), "accepted and lost"
        assert set(found) <= senders.tried
    nothing_half(site)
    servers.wait_for("rest of the account service", lambda: is_at_rest(
        [accounts.pid] + children_of(accounts.pid)))
    client = Client(site)
    count = len(site.messages("demo"))
    assert client.cmd("SELECT INBOX").find("%d EXISTS" % count)
    assert client.append(b"Subject: x\r\n\r\nx\r\n").status == "OK"
