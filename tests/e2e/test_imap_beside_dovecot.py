"""njiwa and Debian's Dovecot in one folder that is too large to be read in one
go: what one of them renames while the other reads is not lost to it."""
import os
import threading
import time

import imap_client
import imap_stress
from dovecot_under_test import Dovecot
from site_under_test import MAIL_UID

MESSAGES = 1500
SECONDS = 4


def fill(maildir):
    for number in range(MESSAGES):
        path = "%s/cur/%d.M1P1.here:2," % (maildir, 1700000000 + number)
        with open(path, "w", encoding="ascii") as file:
            file.write("Subject: %d\n\nbody\n" % number)
        os.chown(path, MAIL_UID, MAIL_UID)


class Changer(threading.Thread):
    """A session that has all flags changed without a pause worth the name."""

    def __init__(self, client, until):
        super().__init__(daemon=True)
        self.client, self.until = client, until
        self.changes = 0
        assert client.cmd("SELECT INBOX").status == "OK"

    def run(self):
        while time.monotonic() < self.until:
            answer = self.client.cmd("STORE 1:* %sFLAGS.SILENT (\\Flagged)" %
                                     "+-"[self.changes % 2])
            if answer.status != "OK":
                return
            self.changes += 1
            time.sleep(0.02)  # a lock that is never free is had by nobody


def watch(client, until):
    """What a session hears of messages that go and come until then."""
    assert client.cmd("SELECT INBOX").status == "OK"
    heard, looks = [], 0
    while time.monotonic() < until:
        heard += [line for line in client.cmd("NOOP").untagged
                  if line.endswith((b"EXPUNGE", b"EXISTS"))]
        looks += 1
    return heard, looks


def ours(site):
    return imap_client.Client(site)


def theirs(site):
    return imap_stress.dovecot_client(
        Dovecot(site.folder + "/dovecot",
                os.path.dirname(site.maildir())).pipe(site.daemons))


def beside(site, changing, watching):
    site.init(services=("imap",))
    ours(site).close()  # its folders
    fill(site.maildir())
    until = time.monotonic() + SECONDS
    changer = Changer(changing(site), until)
    changer.start()
    heard, looks = watch(watching(site), until)
    changer.join(60)
    assert not heard
    assert changer.changes > 5 and looks > 5
    with open(site.folder + "/dovecot/log", encoding="ascii") as log:
        assert not [line for line in log if "reappeared" in line]


def test_flags_that_we_change(lite):
    beside(lite, ours, theirs)


def test_flags_that_it_changes(lite):
    beside(lite, theirs, ours)
