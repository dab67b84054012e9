"""A Maildir that Courier-IMAP has served: its uidvalidity, uids, keywords,
subscriptions and POP3 ids are kept, in each folder, and Dovecot reads what
became of them; also when that is cut short."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from dovecot_under_test import dovecot
from imap_client import Client
from pop3_client import talk
from site_under_test import MAIL_UID

MESSAGES = {"1700000001.M1P1.old": "S", "1700000002.M2P1.old": "",
            "1700000003.M3P1.old": "RS", "1700000004.M4P1.old": None}
LIMIT = 6 << 20  # octets of a list that is taken over
UIDS = """1 531002641 12
3 1700000001.M1P1.old
7 1700000002.M2P1.old
11 1700000003.M3P1.old
"""
POP3 = """/3 6 1531002999
1700000001.M1P1.old 12 1:1531002999:0
1700000002.M2P1.old 12 3:1531002999:0
"""
# What it has written together, and where it changed one message since; and
# before it has done so.
LISTED = {":list": "$Forwarded\nwork\n\n1700000001.M1P1.old:1\n"
                   "1700000003.M3P1.old:0 1\n",
          ".5984638.1700000003.M3P1.old": "later\n"}
UNLISTED = {"1700000001.M1P1.old": "work\n", "1700000003.M3P1.old": "later\n"}


def left_by_courier(folder, keywords, **others):
    """What Courier leaves in a folder that it has served."""
    files = {"courierimapkeywords/" + name: text
             for name, text in keywords.items()}
    files.update(others, courierimapuiddb=UIDS)
    for name, flags in MESSAGES.items():
        files["new/" + name if flags is None else
              "cur/%s:2,%s" % (name, flags)] = "Subject: x\n\nbody\n"
    for name, text in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    for top, folders, names in os.walk(folder):
        for name in folders + names:
            os.chown(os.path.join(top, name), MAIL_UID, MAIL_UID)


def seen(client, mailbox):
    """UIDVALIDITY, UIDNEXT, and of each uid the flags."""
    got = client.cmd("SELECT " + mailbox)
    numbers = [int(re.search(rb"%s (\d+)" % word, got.find(word.decode()))[1])
               for word in (b"UIDVALIDITY", b"UIDNEXT")]
    flags = {}
    for line in client.cmd("UID FETCH 1:* (FLAGS)").all(" FETCH "):
        found = re.search(rb"UID (\d+)", line)
        flags[int(found[1])] = set(
            re.search(rb"FLAGS \(([^)]*)\)", line)[1].split()) - {b"\\Recent"}
    return numbers, flags


def subscribed(client):
    return [line.split()[-1].decode()
            for line in client.cmd('LSUB "" *').all("LSUB")]


WANTED = ([531002641, 13], {
    3: {b"\\Seen", b"work"}, 7: set(),
    11: {b"\\Answered", b"\\Seen", b"later"}, 12: set()})


def test_taken_over(lite):
    client = Client(lite)
    client.cmd("CREATE Work")
    client.cmd("CREATE Fresh")
    client.cmd("LOGOUT")
    maildir = lite.maildir()
    for folder in ("", "/.Work"):
        path = maildir + folder + "/dovecot-uidlist"
        if os.path.exists(path):
            os.unlink(path)
    left_by_courier(maildir, LISTED, courierpop3dsizelist=POP3,
                    courierimapsubscribed="INBOX.Work\nINBOX.gone\n")
    left_by_courier(maildir + "/.Work", UNLISTED)
    pop3 = talk(lite).login()
    assert pop3.say("UIDL").startswith(b"+OK")
    assert [line.split()[1] for line in pop3.lines()] == [
        b"UID1-1531002999", b"UID3-1531002999", b"0000000b1fa67511",
        b"0000000c1fa67511"]
    client = Client(lite)
    assert seen(client, "INBOX") == WANTED
    assert seen(client, "Work") == WANTED
    assert seen(client, "Fresh")[1] == {}
    assert subscribed(client) == ["Work", "gone"]
    client.cmd("SUBSCRIBE Fresh")
    assert subscribed(client) == ["Fresh", "Work", "gone"]
    client.cmd("LOGOUT")
    text = dovecot(lite, "SELECT INBOX", "UID FETCH 1:* (FLAGS)")
    assert b"UIDVALIDITY 531002641" in text and b"UIDNEXT 13" in text
    for uid, flags in WANTED[1].items():
        line = re.search(rb"\* \d+ FETCH \(UID %d FLAGS \(([^)]*)\)" % uid,
                         text)
        assert set(line[1].split()) - {b"\\Recent"} == flags, text


def large(head, line, octets):
    """As many lines as there is room for."""
    lines = [head]
    for number in range(1, octets // len(line % ((0, ) * line.count("%")))):
        lines.append(line % ((number, ) * line.count("%")))
    return "".join(lines)[:octets]


@pytest.mark.parametrize("more,validity", [(0, 531002641), (1, None)])
def test_limit(plain_build, lite, more, validity):
    """Lists as large as they may be fit into a session's memory; one that is
    larger by an octet counts as none, and mail is read all the same."""
    lite.conf(session_memory="64M")
    name = "17%08d.M1P1.a.host.example.org,S=1234"
    left_by_courier(lite.maildir(), LISTED, courierpop3dsizelist=large(
        "/3 900000 9\n", name + ":2,S 1234 %d:9:0\n", LIMIT))
    path = lite.maildir() + "/courierimapuiddb"
    with open(path, "w", encoding="ascii") as file:
        file.write(large("1 531002641 900000\n", "%d " + name + "\n",
                         LIMIT).ljust(LIMIT + more, "x"))
    client = Client(lite)
    (found, _), flags = seen(client, "INBOX")
    assert len(flags) == len(MESSAGES)
    assert found == validity if validity else found > 1700000000


# Calls that change what is on the disk.
WRITING = ("write", "fsync", "renameat", "renameat2", "unlinkat", "linkat")


def show(maildir, inject=None):
    """What the store says of INBOX; killed or failed it says nothing."""
    command = [os.environ["NJIWA_BUILD"] + "/tests/tools/store_tool", maildir,
               "show", "INBOX"]
    if inject:
        command = ["strace", "-qq", "-o", "/dev/null", "-e",
                   "inject=" + inject] + command
    done = subprocess.run(command, timeout=60, check=inject is None,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout.decode()


def facts(said):
    """But for what is recent, which was told to the one that was killed."""
    return re.sub(r" recent \d+|!", "", said).split()


@pytest.mark.parametrize("harm", ["signal=KILL", "error=ENOSPC"])
def test_cut_short(strace, scratch, tmp_path, harm):
    """Killed before a call that changes the disk, or with a full one: the next
    look finds everything that Courier said."""
    before = tmp_path / "before"
    left_by_courier(before, LISTED, courierpop3dsizelist=POP3)
    (before / "tmp").mkdir()
    whole = tmp_path / "whole"
    shutil.copytree(before, whole)
    wanted = show(whole)
    assert wanted.startswith("validity 531002641 next 13 count 4")
    assert "later" in (whole / "dovecot-keywords").read_text()
    assert facts(show(whole, "write:%s:when=1000" % harm)) == facts(wanted)
    cut = 0
    for name in WRITING:
        for nth in range(1, 8):
            maildir = pathlib.Path(tmp_path, "%s.%d" % (name, nth))
            shutil.copytree(before, maildir)
            said = show(maildir, "%s:%s:when=%d" % (name, harm, nth))
            if said == wanted:
                break
            cut += 1
            for lock in maildir.glob("*.lock"):
                lock.unlink()  # its holder is dead
            assert facts(show(maildir)) == facts(wanted)
    assert cut > 5
