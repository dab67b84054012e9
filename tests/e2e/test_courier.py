"""A Maildir that Courier-IMAP has served: its uidvalidity, uids, keywords and
POP3 ids are kept, in each folder, and Dovecot reads what became of them."""
import os
import re

from imap_client import Client
from pop3_client import talk
from site_under_test import MAIL_UID
from test_imap_structure import dovecot

MESSAGES = {"1700000001.M1P1.old": "S", "1700000002.M2P1.old": "",
            "1700000003.M3P1.old": "RS", "1700000004.M4P1.old": None}
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
    left_by_courier(maildir, LISTED, courierpop3dsizelist=POP3)
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
    client.cmd("LOGOUT")
    text = dovecot(lite, "SELECT INBOX", "UID FETCH 1:* (FLAGS)")
    assert b"UIDVALIDITY 531002641" in text and b"UIDNEXT 13" in text
    for uid, flags in WANTED[1].items():
        line = re.search(rb"\* \d+ FETCH \(UID %d FLAGS \(([^)]*)\)" % uid,
                         text)
        assert set(line[1].split()) - {b"\\Recent"} == flags, text
