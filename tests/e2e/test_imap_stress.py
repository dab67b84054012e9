"""Thirty sessions of one user at random, with deliveries, with sessions that
are killed, and with Dovecot among them.  NJIWA_STRESS is the seconds of each
(20 without it: a smaller crowd)."""
import os
import random
import re
import signal
import threading
import time

import pytest

import imap_client
import imap_resync
import imap_stress
from dovecot_under_test import Dovecot

SECONDS = int(os.environ.get("NJIWA_STRESS", "0"))
SESSIONS = 30 if SECONDS else 10
COMPLAINTS = re.compile("Error|Panic|Fatal|reappeared|dotlock")



class Crowd:
    """The sessions of one test and what goes on beside them."""

    def __init__(self, site, seconds):
        self.site, self.ledger = site, imap_stress.Ledger()
        self.until = time.monotonic() + seconds
        self.workers, self.others = [], []
        self.error = None

    def connect(self):
        return imap_client.Client(self.site)

    def dovecot(self):
        """A way to connect to one."""
        server = Dovecot(self.site.folder + "/dovecot",
                         os.path.dirname(self.site.maildir()))

        return lambda: imap_stress.dovecot_client(
            server.pipe(self.site.daemons))

    def acquaint_dovecot(self):
        """Of a mailbox that none of its sessions has opened, several at once
        tell a UIDVALIDITY of 0, also when nobody else is there."""
        client = self.dovecot()()
        for box in imap_stress.BOXES:
            assert client.cmd("SELECT " + box).status == "OK"
        client.close()

    def add(self, connect, count, killed=False, kind=imap_stress.Worker):
        for _ in range(count):
            self.workers.append(kind(
                self.ledger, connect, len(self.workers), self.until, killed))

    def beside(self, work):
        def run():
            try:
                while time.monotonic() < self.until and \
                        not self.ledger.failed:
                    work()
            except Exception as error:  # shown by the test
                self.error, self.ledger.failed = error, True
        self.others.append(threading.Thread(target=run, daemon=True))

    def deliver(self):
        name = self.ledger.new_name("d")
        text = imap_stress.text_of(name)
        self.site.deliver("demo", text)
        with self.ledger.lock:
            self.ledger.delivered.add(name)
        time.sleep(0.2)

    def kill(self):
        """kill -9 of a process of some session."""
        time.sleep(0.3)
        pids = [pid for pid, line in self.site.processes().items()
                if "njiwa-imapd" in line]
        if pids:
            try:
                os.kill(random.choice(pids), signal.SIGKILL)
            except ProcessLookupError:
                pass

    def run(self):
        for thread in self.workers + self.others:
            thread.start()
        for thread in self.workers + self.others:
            thread.join(self.until - time.monotonic() + 120)
            assert not thread.is_alive(), "a session hangs"
        errors = [w.error for w in self.workers if w.error]
        for error in errors + [self.error]:
            if error:
                print(self.site.log[-4000:])
                raise error

    def close(self, dovecot=False):
        """What is there in the end, and that others see the same."""
        client = self.connect()
        for box in imap_stress.BOXES:
            found = imap_stress.listing(client, box)
            self.ledger.closes(box, {uid: name for uid, (name, _)
                                     in found.items()})
            if dovecot:
                assert imap_stress.listing(self.dovecot()(), box) == found
        self.ledger.counts()
        client.close()
        steps = sum(self.ledger.steps.values())
        print(steps, "steps", dict(self.ledger.refused))
        assert steps > SESSIONS * 10


@pytest.fixture
def crowd(make_site):
    site = make_site("sqlite")
    site.init(services=("imap", "mx"), max_connections_per_ip=1000,
              rate_connections=0, account_idle="0", stem_connections=100000)
    client = imap_client.Client(site)
    for box in imap_stress.BOXES[1:]:
        assert client.cmd("CREATE " + box).status == "OK"
    client.close()
    return Crowd(site, SECONDS or 20)


def test_at_random(crowd):
    crowd.add(crowd.connect, SESSIONS // 2)
    crowd.add(crowd.connect, SESSIONS // 2, kind=imap_resync.Resyncer)
    crowd.beside(crowd.deliver)
    crowd.run()
    crowd.close()


def test_killed(crowd):
    crowd.add(crowd.connect, SESSIONS // 2, killed=True)
    crowd.add(crowd.connect, SESSIONS // 2, killed=True,
              kind=imap_resync.Resyncer)
    crowd.beside(crowd.deliver)
    crowd.beside(crowd.kill)
    crowd.run()
    crowd.close()


def test_with_dovecot(crowd):
    crowd.acquaint_dovecot()
    crowd.add(crowd.connect, SESSIONS - 7)
    crowd.add(crowd.connect, 4, kind=imap_resync.Resyncer)
    crowd.add(crowd.dovecot(), 3)
    crowd.beside(crowd.deliver)
    crowd.run()
    crowd.close(dovecot=True)
    with open(crowd.site.folder + "/dovecot/log", encoding="utf-8") as log:
        said = [line for line in log if COMPLAINTS.search(line)]
    assert not said
