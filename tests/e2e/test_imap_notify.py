"""NOTIFY (RFC 5465): what changes in other mailboxes is told at once, whoever
changes it, in IDLE and without."""
import glob
import os
import select
import time

import pytest

import servers
from conftest import need
from imap_client import Client
from init_under_test import sleeps
from inotify_limit import inotify_instances
from site_under_test import MAIL_UID
from test_bad_kills import processes_of

SIMPLE = b"Subject: x\r\n\r\nhello\r\n"
ALL = "(MessageNew MessageExpunge FlagChange)"


@pytest.fixture
def other(lite):
    client = Client(lite)
    for name in ("a", "a/b", "c"):
        client.cmd("CREATE " + name)
    return client


@pytest.fixture
def client(lite, other):
    return Client(lite)


def ask(client, text):
    answer = client.cmd("NOTIFY " + text)
    assert answer.status == "OK", (text, answer.tagged)
    return [line.decode() for line in answer.untagged]


def silent(client, seconds=1.2):
    """Nothing is told for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if client.buffer or select.select([client.sock], [], [], 0.1)[0]:
            return client.response()
    return None


def hears(client, text):
    line, _ = client.wait(text)
    return line.decode()


# ---- what may be asked for

GOOD = [
    "NONE", "SET (selected %s)" % ALL, "SET (selected-delayed %s)" % ALL,
    "SET (selected NONE)", "set status (inboxes NONE)",
    "SET (personal (MailboxName SubscriptionChange))",
    "SET (subscribed (MessageNew MessageExpunge))",
    "SET (subtree a %s)" % ALL, "SET (subtree (a c) (MailboxName))",
    "SET (mailboxes INBOX %s) (personal NONE)" % ALL,
    "SET (mailboxes (nowhere a) (MailboxMetadataChange))",
    "SET (personal (ServerMetadataChange))",
    "SET (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (To \"From\")])"
    " MessageExpunge))",
]

BAD = [
    "", "SET", "FOO", "NONE x", "SET ()", "SET (selected)", "SET selected",
    "SET (foo %s)" % ALL, "SET (selected ())",
    "SET (selected (MessageNew))", "SET (selected (MessageExpunge))",
    "SET (personal (FlagChange))",
    "SET (selected (MailboxName))",
    "SET (personal (MessageNew (FLAGS) MessageExpunge))",
    "SET (selected (MessageNew (FOO) MessageExpunge))",
    "SET (selected (MessageNew () MessageExpunge))",
    "SET (selected (MessageNew (FLAGS MessageExpunge))",
    "SET (selected (MessageNew (BODY.PEEK[HEADER.FIELDS ({1+}\r\nA)]) "
    "MessageExpunge))",
    "SET (selected %s) (selected-delayed %s)" % (ALL, ALL),
    "SET (subtree %s)" % ALL, "SET (mailboxes () %s)" % ALL,
    "SET  (selected %s)" % ALL, "SET (selected %s" % ALL,
    "SET (selected %s)x" % ALL, "SET FOO (selected %s)" % ALL,
    "SET (selected %s) " % ALL,
]


def test_syntax(client):
    assert b"NOTIFY" in client.cmd("CAPABILITY").untagged[0].split()
    for text in GOOD:
        ask(client, text)
    ask(client, "NONE")
    for text in BAD:
        answer = client.cmd("NOTIFY " + text)
        assert answer.status == "BAD", text
        client.cmd("NOOP")


def test_badevent(client):
    for text in ("SET (selected (MessageNew MessageExpunge AnnotationChange))",
                 "SET (personal (Foo))"):
        answer = client.cmd("NOTIFY " + text)
        assert answer.status == "NO"
        assert answer.code == (
            "BADEVENT (MessageNew MessageExpunge FlagChange MailboxName "
            "SubscriptionChange MailboxMetadataChange ServerMetadataChange)")
    assert client.cmd("NOTIFY SET (mailboxes a.b %s)" % ALL).status in (
        "OK", "NO")


def test_ceilings(client):
    group = " (inboxes NONE)"
    ask(client, "SET" + group * 32)
    assert client.cmd("NOTIFY SET" + group * 33).status == "BAD"
    names = " ".join("n%d" % n for n in range(200))
    ask(client, "SET (mailboxes (%s) NONE)" % names)
    assert client.cmd("NOTIFY SET (mailboxes (%s more) NONE)" % names
                      ).status == "BAD"


# ---- messages elsewhere

def test_status_first(client, other):
    other.append(SIMPLE, "a")
    client.cmd("SELECT INBOX")
    got = ask(client, "SET STATUS (selected %s) (subtree a (MessageNew "
              "MessageExpunge)) (mailboxes c %s)" % (ALL, ALL))
    assert [line.split(" (")[0] for line in got] == [
        "* STATUS a", "* STATUS a/b", "* STATUS c"]
    assert got[0].startswith("* STATUS a (MESSAGES 1 UIDNEXT 2 UIDVALIDITY ")
    assert "UNSEEN 0" in got[2] and "UNSEEN" not in got[0]


@pytest.mark.parametrize("idle", [False, True])
def test_other_mailboxes(client, other, idle):
    """New, seen and gone, by another session."""
    client.cmd("SELECT INBOX")
    ask(client, "SET STATUS (selected NONE) (personal %s)" % ALL)
    if idle:
        client.send(b"i IDLE\r\n")
        client.wait("+ ")
    other.append(SIMPLE, "a/b")
    assert "(MESSAGES 1 UIDNEXT 2 " in hears(client, "STATUS a/b")
    other.cmd("SELECT a/b")
    assert silent(client, 0.3) is None
    other.cmd("STORE 1 +FLAGS (\\Seen)")
    assert "UNSEEN 0" in hears(client, "STATUS a/b")
    other.cmd("STORE 1 +FLAGS (\\Deleted)")
    hears(client, "STATUS a/b")
    other.cmd("EXPUNGE")
    assert "(MESSAGES 0 UIDNEXT 2 " in hears(client, "STATUS a/b")
    assert silent(client) is None
    if idle:
        client.send(b"DONE\r\n")
        assert client.response().startswith(b"i OK")
    other.append(SIMPLE, "c")
    hears(client, "STATUS c")
    assert client.cmd("NOOP").status == "OK"


def test_only_what_was_asked_for(client, other):
    client.cmd("SELECT c")
    ask(client, "SET STATUS (mailboxes a (MessageNew MessageExpunge)) "
        "(subtree a NONE)")
    other.append(SIMPLE, "a/b")
    other.append(SIMPLE, "INBOX")
    other.append(SIMPLE, "c")
    assert silent(client) is None
    other.append(SIMPLE, "a")
    hears(client, "STATUS a ")
    other.cmd("SELECT a")
    other.cmd("STORE 1 +FLAGS (\\Flagged)")
    assert silent(client) is None, "FlagChange was not asked for"
    ask(client, "NONE")
    other.append(SIMPLE, "a")
    assert silent(client) is None


def test_foreign_programs(lite, client, other):
    """A message that somebody puts there, in the kernel's view or not."""
    client.cmd("SELECT c")
    ask(client, "SET (personal %s)" % ALL)
    path = lite.maildir() + "/.a/new/"
    with open(lite.maildir() + "/.a/tmp/1.x.y", "wb") as file:
        file.write(b"Subject: x\n\nx\n")
    os.chown(file.name, 8, 8)
    os.rename(file.name, path + "1.x.y")
    hears(client, "STATUS a (MESSAGES 1 ")
    for name in glob.glob(path + "*"):
        os.unlink(name)
    hears(client, "STATUS a (MESSAGES 0 ")


def test_without_inotify(lite, other):
    """When the kernel has none left it is dnotify that tells, of several
    folders; nothing is looked for while nothing happens."""
    known = processes_of(lite, "njiwa-imapd", MAIL_UID)
    client = Client(lite)
    pid, = set(processes_of(lite, "njiwa-imapd", MAIL_UID)) - set(known)
    with inotify_instances(0):
        ask(client, "SET (selected NONE) (personal %s)" % ALL)
        other.append(SIMPLE, "a")
        hears(client, "STATUS a (MESSAGES 1 ")
        other.append(SIMPLE, "a")
        hears(client, "STATUS a (MESSAGES 2 ")
        other.append(SIMPLE, "c")
        hears(client, "STATUS c (MESSAGES 1 ")
        other.cmd("CREATE d")
        other.append(SIMPLE, "d")
        hears(client, "STATUS d (MESSAGES 1 ")
        # when the memory is given back, as always
        servers.wait_for("rest", lambda: sleeps(pid))
        other.append(SIMPLE, "d")
        hears(client, "STATUS d (MESSAGES 2 ")
        lite.wait_log("no inotify instances are left")


# ---- the selected mailbox

def test_selected(client, other):
    """Told while no command runs; EXPUNGE too, unless it is to wait."""
    other.append(SIMPLE)
    other.cmd("SELECT INBOX")
    client.cmd("SELECT INBOX")
    ask(client, "SET (selected %s)" % ALL)
    other.append(SIMPLE)
    hears(client, "2 EXISTS")
    other.cmd("STORE 1 +FLAGS (\\Deleted)")
    hears(client, "* 1 FETCH (")
    other.cmd("EXPUNGE")
    hears(client, "* 1 EXPUNGE")
    ask(client, "SET (selected-delayed %s)" % ALL)
    other.cmd("STORE 1 +FLAGS (\\Deleted)")
    hears(client, "* 1 FETCH (")
    other.cmd("EXPUNGE")
    assert silent(client) is None
    assert client.cmd("NOOP").find("1 EXPUNGE")


def test_selected_without_flags(client, other):
    other.append(SIMPLE)
    other.cmd("SELECT INBOX")
    client.cmd("SELECT INBOX")
    ask(client, "SET (selected (MessageNew MessageExpunge))")
    other.cmd("STORE 1 +FLAGS (\\Flagged)")
    assert silent(client) is None
    other.append(SIMPLE)
    hears(client, "2 EXISTS")
    ask(client, "SET (inboxes %s)" % ALL)
    other.append(SIMPLE)
    assert silent(client) is None, "nothing is told of the selected one"
    assert not client.cmd("FETCH 1 FLAGS").find("EXISTS")
    assert client.cmd("NOOP").find("3 EXISTS"), "but to who asks"


def test_fetch_of_what_is_new(client, other):
    client.cmd("SELECT INBOX")
    ask(client, "SET (selected (MessageNew (FLAGS BODY.PEEK[HEADER.FIELDS "
        "(Subject)]) MessageExpunge))")
    other.append(SIMPLE)
    hears(client, "1 EXISTS")
    line = hears(client, "* 1 FETCH (")
    assert "UID 1" in line and "FLAGS (" in line
    assert line.endswith("{14}\r\nSubject: x\r\n\r\n)")
    for _ in range(3):
        other.append(SIMPLE)
    hears(client, "* 4 FETCH (")
    other.append(SIMPLE)
    # also what comes with a command's reply
    assert client.cmd("NOOP").status == "OK"


def test_selected_changes(client, other):
    """The mailbox that is left is one of the others again."""
    ask(client, "SET (selected %s) (personal %s)" % (ALL, ALL))
    client.cmd("SELECT a")
    other.append(SIMPLE, "a")
    hears(client, "1 EXISTS")
    client.cmd("SELECT c")
    other.append(SIMPLE, "a")
    hears(client, "STATUS a (MESSAGES 2 ")
    other.append(SIMPLE, "c")
    hears(client, "1 EXISTS")
    client.cmd("UNSELECT")
    other.append(SIMPLE, "c")
    hears(client, "STATUS c (MESSAGES 2 ")


def test_what_comes_before_it_can_be_heard(plain_build, lite, other):
    """Between the reply to SELECT and the new watch, which takes its time."""
    need("strace")
    lite.launchers["imap"] = lite.launcher(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e",
         "trace=inotify_init1", "-e",
         "inject=inotify_init1:delay_enter=500000"] + lite.command("imap"),
        lite.env, lite.log_file)
    client = Client(lite)
    ask(client, "SET (selected %s) (personal %s)" % (ALL, ALL))
    client.cmd("SELECT a")
    other.append(SIMPLE, "a")
    hears(client, "1 EXISTS")
    client.cmd("SELECT c")
    other.append(SIMPLE, "a")
    hears(client, "STATUS a (MESSAGES 2 ")


# ---- groups

def test_all_groups_apply(client, other):
    """RFC 5465 section 6."""
    ask(client, "SET (mailboxes a (MessageNew MessageExpunge)) "
        "(inboxes NONE) (personal (SubscriptionChange))")
    other.append(SIMPLE, "a")
    hears(client, "STATUS a (MESSAGES 1 ")
    other.cmd("SUBSCRIBE a")
    hears(client, "LIST (\\HasChildren \\Subscribed)")
    other.append(SIMPLE, "c")
    assert silent(client) is None


def test_what_has_gathered_is_told(client, other):
    """NOTIFY SET is a NOOP too, whatever it asks for (section 3.1)."""
    client.cmd("SELECT INBOX")
    other.append(SIMPLE)
    assert ask(client, "SET (inboxes (MailboxName))")[0] == "* 1 EXISTS"
    other.cmd("SELECT INBOX")
    other.cmd("STORE 1 +FLAGS (\\Flagged)")
    assert "\\Flagged" in ask(
        client, "SET (selected (MessageNew MessageExpunge))")[0]
    other.append(SIMPLE)
    hears(client, "2 EXISTS")


def test_modseq_for_who_wants_it(lite, other):
    """Where CONDSTORE is enabled each STATUS has it, else none that was not
    asked for flags (sections 5.1 to 5.3)."""
    plain, wants = Client(lite), Client(lite)
    wants.cmd("ENABLE CONDSTORE")
    for client in plain, wants:
        ask(client, "SET (personal (MessageNew MessageExpunge))")
    other.append(SIMPLE, "a")
    assert "HIGHESTMODSEQ" not in hears(plain, "STATUS a")
    assert "HIGHESTMODSEQ" in hears(wants, "STATUS a")


def test_metadata(client, other):
    other.cmd('SETMETADATA a (/private/x "1" /private/y "1")')
    ask(client, "SET (personal (MailboxMetadataChange "
        "ServerMetadataChange))")
    other.cmd('SETMETADATA a (/private/x "2" /shared/z "1")')
    assert hears(client, "METADATA") == "* METADATA a /private/x /shared/z"
    other.cmd("SETMETADATA a (/private/y NIL)")
    assert hears(client, "METADATA") == "* METADATA a /private/y"
    other.cmd('SETMETADATA "" (/private/v "1")')
    assert hears(client, "METADATA") == '* METADATA "" /private/v'
    other.cmd('SETMETADATA c (/private/v "1")')
    assert hears(client, "METADATA") == "* METADATA c /private/v"
    ask(client, "SET (personal (MailboxName))")
    other.cmd('SETMETADATA "" (/private/v "2")')
    assert silent(client) is None


# ---- too much

def make_folders(site, first, end):
    for n in range(first, end):
        for sub in ("", "/cur", "/new", "/tmp"):
            path = "%s/.f%d%s" % (site.maildir(), n, sub)
            os.mkdir(path)
            os.chown(path, 8, 8)


def test_overflow(lite):
    """1000 mailboxes are watched, and not one more."""
    client = Client(lite)
    make_folders(lite, 0, 999)  # INBOX is one
    ask(client, "SET (personal %s)" % ALL)
    make_folders(lite, 999, 1000)
    assert hears(client, "NOTIFICATIONOVERFLOW")
    Client(lite).append(SIMPLE, "f5")
    assert silent(client) is None
    answer = client.cmd("NOTIFY SET (personal %s)" % ALL)
    assert answer.status == "NO" and answer.code == "NOTIFICATIONOVERFLOW"
    ask(client, "SET (personal (MailboxName)) (inboxes NONE)")
    ask(client, "SET (subtree f5 %s)" % ALL)


def test_refused_changes_nothing(lite, client, other):
    ask(client, "SET (mailboxes a %s)" % ALL)
    make_folders(lite, 0, 1000)
    for text in ("SET (personal %s)" % ALL, "SET (personal (Wrong))"):
        assert client.cmd("NOTIFY " + text).status == "NO"
    other.append(SIMPLE, "a")
    hears(client, "STATUS a (MESSAGES 1 ")


@pytest.mark.parametrize("before", ["NONE", "overflow"])
def test_idle_lives_on(make_site, before):
    """With nothing to be told the connection is kept alive, without looking at
    anything."""
    site = make_site("sqlite")
    site.conf(imap_idle_keepalive="10s")
    client = Client(site)
    if before == "overflow":
        make_folders(site, 0, 999)
        ask(client, "SET (personal %s)" % ALL)
        make_folders(site, 999, 1000)
        hears(client, "NOTIFICATIONOVERFLOW")
    else:
        ask(client, "NONE")
    client.send(b"i IDLE\r\n")
    client.wait("+ idling")
    client.wait("Still here")
    client.send(b"DONE\r\n")
    assert client.finish(b"i").status == "OK"


def test_pipelined(client, other):
    """A client that never waits hears of it with its replies."""
    ask(client, "SET (personal %s)" % ALL)
    other.append(SIMPLE, "a")
    servers.wait_for("the news", lambda: client.cmd("NOOP").find("STATUS a"))
