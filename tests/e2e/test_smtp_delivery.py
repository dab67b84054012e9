"""What njiwa-smtpd does with recipients and messages: look-ups, quota,
delivery to one and many, and days when disk or database are bad."""
import os
import subprocess
import time

import pytest

import servers
from disks import small_disk
from smtp_talk import DATA, Talk

MB = 1 << 20


def forward(site, address, action, aliases=""):
    site.sql("INSERT INTO forwarder (address, action, aliases) "
             "VALUES ('%s@test.dev', '%s', '%s')" % (address, action, aliases))


def used(site, user, octets):
    site.sql("DELETE FROM quota WHERE username = '%s@test.dev'" % user)
    site.sql("INSERT INTO quota (username, bytes, messages) "
             "VALUES ('%s@test.dev', %d, 1)" % (user, octets))


def quota_row(site, user):
    rows = site.sql("SELECT bytes, messages FROM quota "
                    "WHERE username = '%s@test.dev'" % user)
    return tuple(map(int, rows[0])) if rows else (0, 0)


def send(site, *recipients, octets=DATA, options=""):
    """The codes of the recipients, then that of the message if any was good,
    and the last text."""
    talk = Talk(site)
    talk.ehlo()
    codes = talk.envelope(*recipients, options=options)
    if 250 in codes:
        codes.append(talk.message(octets))
    text = talk.last[1]
    talk.say("QUIT")
    assert talk.ended()
    return codes, text


def no_trace_of(site, user):
    """Nothing was left, not even in tmp."""
    for _, folders, files in os.walk(site.maildir(user)):
        for name in files:
            assert name.startswith("dovecot-"), name
        assert not [f for f in folders if f.startswith(".")]


# ---- recipients

def test_who_is_known(site):
    assert send(site, "demo@test.dev", "DEMO@Test.Dev", "nobody@test.dev",
                "x@far.org", "demo@[127.0.0.1]", "demo@[127.0.0.2]")[0] == [
                    250, 250, 550, 550, 250, 550, 250]
    assert len(site.messages("demo")) == 1, "the same mailbox only once"


def test_postmaster_without_domain(site):
    site.conf(hostname="mx.test.dev")
    assert send(site, "Postmaster")[0] == [250, 250]
    assert len(site.messages("demo")) == 1


def test_aliases(site):
    forward(site, "both", "alias", "demo@test.dev | other@test.dev")
    forward(site, "nested", "alias", "both@test.dev|demo@test.dev")
    forward(site, "ring1", "alias", "ring2@test.dev|demo@test.dev")
    forward(site, "ring2", "alias", "ring1@test.dev|other@test.dev")
    for count, name in enumerate(("both", "nested", "ring1"), 1):
        assert send(site, name + "@test.dev")[0] == [250, 250], name
        assert len(site.messages("demo")) == count, name
        assert len(site.messages("other")) == count, name
    assert send(site, "both@test.dev", "demo@test.dev")[0] == [250, 250, 250]
    assert len(site.messages("demo")) == 4, "once, by whatever way"


def test_alias_to_another_host(site):
    forward(site, "away", "alias", "x@far.org")
    forward(site, "half", "alias", "demo@test.dev|x@far.org")
    assert send(site, "away@test.dev", "half@test.dev")[0] == [451, 451]
    assert not site.messages("demo")


def test_drop(site):
    forward(site, "hole", "drop")
    assert send(site, "hole@test.dev")[0] == [550]
    site.conf(drop_policy="discard")
    assert send(site, "hole@test.dev")[0] == [250, 250]
    assert send(site, "hole@test.dev", "demo@test.dev")[0] == [250, 250, 250]
    assert len(site.messages("demo")) == 1


@pytest.mark.parametrize("local", [
    '"../../../../etc/passwd"', '"a/b"', '"."', '".."', '"x\\\\/y"',
    '".hidden"', "x" * 64, "x" * 65, "x" * 245, "a'--", "a%00b",
    "'; DROP TABLE users; --",
    '"\' OR \'1\'=\'1"', "%u", "$(id)"])
def test_hostile_names(site, local):
    talk = Talk(site)
    talk.ehlo()
    assert talk.say("MAIL FROM:<s@x.org>") == 250
    assert talk.say("RCPT TO:<%s@test.dev>" % local) in (550, 501)
    assert talk.say("RCPT TO:<demo@test.dev>") == 250
    assert os.listdir(site.data) in ([], ["test.dev"])


def test_hostile_row(lite):
    """A user whose row would lead elsewhere gets no mail."""
    for name in ("../x", "a/b", ".x", "x" * 300):
        lite.sql("INSERT INTO users (name, password, domain, uid, gid) "
                 "VALUES ('%s', 'x', 'test.dev', 8, 8)" % name)
        talk = Talk(lite)
        talk.ehlo()
        assert talk.say("MAIL FROM:<>") == 250
        assert talk.say('RCPT TO:<"%s"@test.dev>' % name) in (550, 501)
    assert not os.path.exists(lite.data + "/x")


def test_recipient_limit(lite):
    lite.conf(smtp_max_recipients=100)
    talk = Talk(lite)
    talk.ehlo()
    codes = talk.envelope(*["demo@test.dev"] * 101)
    assert codes == [250] * 100 + [452]
    assert talk.message() == 250
    assert len(lite.messages("demo")) == 1


def many_mailboxes(site, limit):
    """Sends to 150 users with at most so many descriptors (soft:hard); the
    answer and the messages that they have."""
    names = ["many%d" % n for n in range(150)]
    site.sql("".join(
        "INSERT INTO users (name, password, domain, uid, gid, home, quota) "
        "VALUES ('%s', '', 'test.dev', 8, 8, '', '0');" % n for n in names))
    site.conf(smtp_max_recipients=150)
    command = ["prlimit", "--nofile=" + limit] + site.command("mx")
    said = "".join("RCPT TO:<%s@test.dev>\r\n" % n for n in names)
    out = subprocess.run(
        command, env=site.env, stdout=subprocess.PIPE, check=True, timeout=60,
        stderr=subprocess.DEVNULL,
        input=b"HELO me\r\nMAIL FROM:<>\r\n" + said.encode() +
        b"DATA\r\n" + DATA + b".\r\nQUIT\r\n").stdout
    return (out.splitlines()[-2][:3],
            sum(len(site.messages(name)) for name in names))


def test_more_mailboxes_than_descriptors(lite):
    """The soft limit is raised to what a message may need."""
    assert many_mailboxes(lite, "100:4096") == (b"250", 150)


def test_too_few_descriptors(lite):
    """Those who got it do not keep what is sent again."""
    assert many_mailboxes(lite, "100:100") == (b"451", 0)


# ---- quota

def test_quota_at_rcpt(site):
    site.conf(quota_grace=0)
    used(site, "small", MB - 100)
    talk = Talk(site)
    talk.ehlo()
    assert talk.envelope("small@test.dev", options=" SIZE=100") == [250]
    codes, text = send(site, "small@test.dev", options=" SIZE=101")
    assert codes == [552]
    assert text.startswith(
        "5.2.2 Sorry, the mailbox of small@test.dev has exceeded the limit. "
        "Please consider deleting e-mails to free space.")
    used(site, "small", MB)
    assert send(site, "small@test.dev")[0] == [552]
    assert send(site, "small@test.dev", "demo@test.dev")[0] == [552, 250, 250]
    assert not site.messages("small") and len(site.messages("demo")) == 1


def test_quota_of_the_recipient_not_the_sender(site):
    used(site, "small", MB)
    talk = Talk(site)
    talk.ehlo()
    assert talk.envelope("demo@test.dev", sender="small@test.dev") == [250]
    assert talk.message() == 250


def test_quota_at_data(site):
    """What was not announced is weighed when it is there."""
    site.conf(quota_grace=0)
    used(site, "small", MB - 100)
    codes, text = send(site, "small@test.dev")
    assert codes == [250, 552] and "small@test.dev has exceeded" in text
    no_trace_of(site, "small")
    assert quota_row(site, "small") == (MB - 100, 1)


def test_quota_grace(site):
    """One last message may overflow a mailbox that is not full."""
    grace = MB // 100 * 10
    for free, room in ((100, 100 + grace), (1, 1 + grace)):
        used(site, "small", MB - free)
        for size, code in ((room, 250), (room + 1, 552)):
            talk = Talk(site)
            talk.ehlo()
            assert talk.envelope("small@test.dev", options=" SIZE=%d" % size
                                 ) == [code], (free, size)
    octets = DATA + (b"x" * 98 + b"\r\n") * 100
    assert send(site, "small@test.dev", octets=octets)[0] == [250, 250]
    servers.wait_for("the quota row", lambda: quota_row(site, "small")[0] > MB)
    assert send(site, "small@test.dev", options=" SIZE=1")[0] == [552]
    assert len(site.messages("small")) == 1


def test_quota_defer(site):
    """Come back, unless it could never fit."""
    site.conf(quota_full="defer")
    used(site, "small", MB)
    codes, text = send(site, "small@test.dev")
    assert codes == [452] and text.startswith("4.2.2 Sorry, the mailbox of ")
    ceiling = MB + MB // 100 * 10
    for size, code in ((ceiling, 452), (ceiling + 1, 552)):
        assert send(site, "small@test.dev", options=" SIZE=%d" % size)[0] == [
            code], size
    # found out when the message is there
    used(site, "small", MB - 1)
    octets = DATA + (b"x" * 98 + b"\r\n") * (MB // 900)
    codes, text = send(site, "small@test.dev", octets=octets)
    assert codes == [250, 452] and text.startswith("4.2.2 Sorry, the mailbox")
    no_trace_of(site, "small")


def test_quota_of_one_among_several(site):
    """Another recipient is no way round it, and all get it or none."""
    grace = MB // 10
    used(site, "small", MB - 100)
    fits = DATA + b"x" * 78 + b"\r\n"
    fits += (b"x" * 98 + b"\r\n") * ((grace - 1000) // 100)
    past = fits + (b"x" * 98 + b"\r\n") * 20
    both = "demo@test.dev", "small@test.dev"
    codes, text = send(site, *both, octets=past)
    assert codes == [250, 250, 452] and text.startswith("4.2.2 ")
    no_trace_of(site, "demo")
    assert quota_row(site, "small") == (MB - 100, 1)
    assert send(site, *both, octets=fits)[0] == [250, 250, 250]
    assert len(site.messages("demo")) == len(site.messages("small")) == 1
    servers.wait_for("the quota row", lambda: quota_row(site, "small")[0] > MB)
    assert send(site, *both)[0] == [250, 552, 250]


def test_quota_of_an_aliass_members(site):
    """A list's others get their mail, whichever of them is full."""
    forward(site, "list", "alias", "small@test.dev|demo@test.dev")
    forward(site, "only", "alias", "small@test.dev")
    used(site, "small", MB)
    assert send(site, "list@test.dev")[0] == [250, 250]
    assert len(site.messages("demo")) == 1 and not site.messages("small")
    site.wait_log("the mailbox of small@test.dev is full")
    assert send(site, "only@test.dev")[0] == [552]
    assert send(site, "list@test.dev", "small@test.dev")[0] == [250, 552, 250]
    # not announced: found out when the message is there
    used(site, "small", MB - 100)
    big = DATA + (b"x" * 98 + b"\r\n") * (MB // 500)
    assert send(site, "list@test.dev", octets=big)[0] == [250, 250]
    assert len(site.messages("demo")) == 3 and not site.messages("small")
    # who is named too is no mere member
    assert send(site, "list@test.dev", "small@test.dev", octets=big)[0] == [
        250, 250, 452]
    assert send(site, "small@test.dev", "list@test.dev", octets=big)[0] == [
        250, 250, 452]
    assert send(site, "only@test.dev", octets=big)[0] == [250, 552]
    assert quota_row(site, "small") == (MB - 100, 1)
    used(site, "demo", 0)
    site.sql("UPDATE users SET quota = 1 WHERE name = 'demo'")
    used(site, "demo", MB - 100)
    assert send(site, "list@test.dev", octets=big)[0] == [250, 552]
    assert len(site.messages("demo")) == 3


def test_quota_moves(site):
    assert send(site, "demo@test.dev", "other@test.dev")[0] == [250] * 3
    for user in ("demo", "other"):
        path, = site.messages(user)
        servers.wait_for("the quota row", lambda u=user, p=path: quota_row(
            site, u) == (os.path.getsize(p), 1))


# ---- the file

def test_file_and_links(site):
    assert send(site, "demo@test.dev", "other@test.dev")[0] == [250] * 3
    one, = site.messages("demo")
    two, = site.messages("other")
    assert os.path.samefile(one, two), "written once"
    info = os.stat(one)
    assert (info.st_uid, info.st_gid) == (8, 8)
    size = info.st_size
    crlf = size + open(one, "rb").read().count(b"\n")
    assert ",S=%d,W=%d" % (size, crlf) in one
    assert b"for <" not in open(one, "rb").read(), "nobody sees the others"


def test_delivered_to(lite):
    lite.conf(smtp_add_delivered_to="yes")
    assert send(lite, "demo@test.dev")[0] == [250, 250]
    stored, = lite.contents("demo")
    assert b"\nDelivered-To: demo@test.dev\n" in stored
    again = stored.replace(b"\n", b"\r\n")
    assert send(lite, "demo@test.dev", octets=again)[0] == [250, 554]
    assert send(lite, "other@test.dev", octets=again)[0] == [250, 250]


def stored_as(site, octets):
    """What becomes of a message below our own fields, with LF line ends."""
    stuffed = octets.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    assert send(site, "demo@test.dev", octets=stuffed)[0] == [250, 250]
    path = max(site.messages("demo"), key=os.path.getctime)
    with open(path, "rb") as file:
        head, _, own = file.read().partition(b" +0000\n")
    assert b"\nReceived:" in head
    os.unlink(path)
    return own


def test_octets_are_kept(lite):
    texts = [b"", b"\r\n", b"A: b\r\n c\r\n\r\n.x\r\n..\r\n",
             b"Subject: \xc3\xa4\r\n\r\n\xff\xfe\x80\x01\r\n",
             b"\r\n" * 5000, b"\r\n" + b"x" * 900000 + b"\r\n"]
    # with the commit, or with our own fields just too large for that
    texts += [b"\r\n" + b"x" * n + b"\r\n" for n in range(65000, 65600, 50)]
    for text in texts:
        assert stored_as(lite, text) == text.replace(b"\r\n", b"\n")


def test_separator_of_a_mailbox_becomes_a_field(lite):
    """Behind our own fields it would end the header for many readers."""
    assert stored_as(lite, b"From me Mon\r\nA: b\r\n\r\nFrom you\r\n") == (
        b"X-Mailbox-Line: From me Mon\nA: b\n\nFrom you\n")


@pytest.mark.parametrize("head, body", [
    (b"", b"hello, no header\r\nsecond line\r\n"),
    (b"", b".\r\n"),
    (b"", b" blank first\r\nX-Spam-Flag: NO\r\n"),
    (b"A: b\r\n", b"no field\r\n"),
    (b"A: b\r\n", b"no field here\r\nX-Spam-Flag: NO\r\n\r\nx\r\n"),
    (b"A: b\r\n", b"\xc3\xa4: c\r\nX-Spam-Flag: NO\r\n")])
def test_what_is_no_field_begins_the_body(lite, head, body):
    """One empty line is put before it, so that everybody who reads the message
    finds the same header, and none finds fields of ours in it."""
    assert stored_as(lite, head + body) == (
        head + b"\r\n" + body).replace(b"\r\n", b"\n")
    lite.deliver("demo", DATA)
    assert send(lite, "demo@test.dev", octets=head + body.replace(
        b".\r\n", b"..\r\n"))[0] == [250, 250]
    client = lite.imap("demo")
    client.select("INBOX")
    _, found = client.fetch(
        "2", "(BODY.PEEK[TEXT] BODY.PEEK[HEADER.FIELDS (A X-Spam-Flag)])")
    client.logout()
    text, fields = [part[1] for part in found if isinstance(part, tuple)]
    assert text == body
    assert fields == head + b"\r\n"


def test_size_at_the_limit_and_past_it(lite):
    lite.conf(smtp_max_message_size="64k")
    line = b"x" * 62 + b"\r\n"
    talk = Talk(lite)
    talk.ehlo()
    assert talk.say("MAIL FROM:<> SIZE=65537") == 552
    assert send(lite, "demo@test.dev", octets=line * 1024,
                options=" SIZE=65536")[0] == [250, 250]
    assert send(lite, "demo@test.dev", octets=line * 1023 + b"x" * 63 +
                b"\r\n")[0] == [250, 552]
    assert send(lite, "demo@test.dev", octets=line * 2047)[0] == [250, 552]
    assert len(lite.messages("demo")) == 1


def test_large_message(lite):
    body = b"".join(b"line %d of many\r\n" % i for i in range(500000))
    assert send(lite, "demo@test.dev", octets=b"A: b\r\n\r\n" + body)[0] == [
        250, 250]
    assert lite.contents("demo")[0].endswith(body.replace(b"\r\n", b"\n"))


def test_hops(lite):
    lite.conf(smtp_max_hops=10)
    hop = b"Received: from a by b; Thu, 1 Jan 1970 00:00:00 +0000\r\n"
    assert send(lite, "demo@test.dev", octets=hop * 10 + DATA)[0] == [250, 250]
    assert send(lite, "demo@test.dev", octets=hop * 11 + DATA)[0] == [250, 554]
    body = b"A: b\r\n\r\n" + hop * 50
    assert send(lite, "demo@test.dev", octets=body)[0] == [250, 250]


# ---- bad days

def foreign_maildir(site, user):
    """root's, in a folder that is ours."""
    site.deliver(user, DATA)
    for path in site.messages(user):
        os.unlink(path)
    site.sql("DELETE FROM quota")
    os.chown(site.maildir(user), 0, 0)


def test_wrong_owner(site):
    foreign_maildir(site, "demo")
    talk = Talk(site)
    talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.say("DATA") == 451
    site.wait_log("belongs to uid 0")
    site.wait_log("chown")
    assert not site.messages("demo")


def test_one_of_two_cannot_be_written(site):
    """Where there is no spool the other does not keep what its sender will
    send again; with one see test_spool.py."""
    spool = site.settings["spool_dir"]
    site.conf(spool_dir=site.folder + "/none")
    foreign_maildir(site, "other")
    codes, _ = send(site, "demo@test.dev", "other@test.dev")
    assert codes == [250, 250, 451]
    site.conf(spool_dir=spool)
    no_trace_of(site, "demo")
    assert quota_row(site, "demo") == (0, 0)
    os.chown(site.maildir("other"), 8, 8)
    assert send(site, "demo@test.dev", "other@test.dev")[0] == [250] * 3
    assert len(site.messages("demo")) == len(site.messages("other")) == 1


def test_disk_full(lite):
    """On a tmpfs of 256 KB: told before the data where the size is known,
    after it where it is not; nothing stays."""
    with small_disk(lite.data, "size=256k"):
        talk = Talk(lite)
        talk.ehlo()
        assert talk.envelope("demo@test.dev", options=" SIZE=1000000") == [250]
        assert talk.say("DATA") == 452
        big = (b"x" * 98 + b"\r\n") * 10000
        assert send(lite, "demo@test.dev", octets=big)[0] == [250, 452]
        no_trace_of(lite, "demo")
        assert send(lite, "demo@test.dev")[0] == [250, 250]


def test_front_killed(lite):
    """In the middle of a message, and with it the connection."""
    talk = Talk(lite)
    talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.say("DATA") == 354
    talk.send(b"Subject: x\r\n" + (b"x" * 98 + b"\r\n") * 5000)
    time.sleep(0.2)
    fronts = [pid for pid in lite.processes() if os.stat(
        "/proc/%d" % pid).st_uid == 65534]
    assert fronts
    servers.kill(*fronts)
    servers.wait_for("the end of the connection", lambda: not [
        c for c in lite.processes().values() if "smtpd" in c])
    no_trace_of(lite, "demo")


def test_database_gone_and_back(make_site):
    site = make_site("mysql")
    site.conf(mysql_connect_timeout="3s", mysql_query_timeout="3s")
    talk = Talk(site)
    talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.message() == 250
    site.mariadb.stop()
    try:
        assert talk.say("MAIL FROM:<>") == 250
        assert talk.say("RCPT TO:<demo@test.dev>") == 451
        assert talk.say("RCPT TO:<nobody@test.dev>") == 451, "not 550"
        site.wait_log("cannot look up demo@test.dev")
    finally:
        site.mariadb.start()
    time.sleep(1.1)  # for a second a failed connection is not tried again
    assert talk.say("RCPT TO:<demo@test.dev>") == 250
    assert talk.message() == 250
    assert len(site.messages("demo")) == 2
