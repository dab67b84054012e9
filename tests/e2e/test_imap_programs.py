"""Programs that people read mail with, each a full round: what is there comes
to them, and what they do comes here."""
import glob
import imaplib
import os
import subprocess

import pytest

from conftest import need, want
from imap_client import Client
from site_under_test import DOMAIN, PASSWORD

MAILS = [b"From: Ann <ann@example.org>\r\nTo: demo@test.dev\r\n"
         b"Subject: mail %d\r\nMessage-ID: <%d@example.org>\r\n"
         b"Date: Thu, 31 Dec 2020 23:30:00 +0000\r\n\r\nbody %d\r\n" % (
             n, n, n) for n in range(1, 4)]
USER = "demo@" + DOMAIN


@pytest.fixture
def client(lite):
    client = Client(lite)
    for octets in MAILS:
        client.append(octets)
    client.cmd("CREATE Archive")
    return client


def run(*command, ok=(0,), **more):
    done = subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60, check=False,
                          **more)
    assert done.returncode in ok, (command[0], done.stdout[-3000:])
    return done.stdout


def subjects(client, mailbox):
    """What lies in a mailbox, as the server says."""
    client.cmd("EXAMINE " + mailbox)
    answer = client.cmd("FETCH 1:* BODY.PEEK[HEADER.FIELDS (Subject)]")
    out = [line.split(b"Subject: ")[1].split(b"\r\n")[0].decode()
           for line in answer.untagged if b"Subject: " in line]
    client.cmd("UNSELECT")
    return out


def test_imaplib(lite, client):
    conn = imaplib.IMAP4("127.0.0.1", lite.port("imap"))
    conn.login(USER, PASSWORD)
    assert conn.select("INBOX") == ("OK", [b"3"])
    assert conn.search(None, "SUBJECT", '"mail 2"') == ("OK", [b"2"])
    status, got = conn.fetch("2", "(FLAGS BODY.PEEK[TEXT])")
    assert status == "OK" and got[0][1] == b"body 2\r\n"
    assert conn.store("2", "+FLAGS", "(\\Flagged)")[0] == "OK"
    assert conn.copy("2", "Archive")[0] == "OK"
    assert conn.store("2", "+FLAGS.SILENT", "(\\Deleted)")[0] == "OK"
    assert conn.expunge() == ("OK", [b"2"])
    assert conn.append("Archive", "(\\Seen)", None, MAILS[0])[0] == "OK"
    assert conn.status("Archive", "(MESSAGES UNSEEN)") == (
        "OK", [b"Archive (MESSAGES 2 UNSEEN 1)"])
    assert conn.thread("REFERENCES", "UTF-8", "ALL")[0] == "OK"
    assert conn.sort("(REVERSE DATE)", "UTF-8", "ALL") == ("OK", [b"1 2"])
    conn.close()
    conn.logout()
    assert subjects(client, "Archive") == ["mail 2", "mail 1"]


def test_curl(lite, client, tmp_path):
    need("curl")
    url = "imaps://127.0.0.1:%d/" % lite.port("imaps")
    base = ("curl", "-sSk", "-u", "%s:%s" % (USER, PASSWORD))
    assert b"LIST" in run(*base, url)
    assert run(*base, url + "INBOX;UID=2") == MAILS[1]
    assert run(*base, url + "INBOX;MAILINDEX=3;SECTION=TEXT") == b"body 3\r\n"
    assert b"* SEARCH 1 2 3" in run(*base, url + "INBOX?ALL")
    (tmp_path / "m").write_bytes(MAILS[0])
    run(*base, "-T", str(tmp_path / "m"), url + "Archive")
    assert subjects(client, "Archive") == ["mail 1"]
    run(*base, "-X", "UID STORE 1 +FLAGS (\\Deleted)", url + "Archive")
    run(*base, "-X", "EXPUNGE", url + "Archive")
    assert subjects(client, "Archive") == []


MBSYNC = """
IMAPStore far
Host 127.0.0.1
Port {port}
User {user}
Pass {password}
SSLType None

MaildirStore near
SubFolders Verbatim
Path {here}/
Inbox {here}/INBOX

Channel all
Far :far:
Near :near:
Patterns INBOX *
Create Both
Expunge Both
SyncState *
"""


def test_mbsync(lite, client, tmp_path):
    need("mbsync")
    here = tmp_path / "mail"
    here.mkdir()
    conf = tmp_path / "rc"
    conf.write_text(MBSYNC.format(port=lite.port("imap"), user=USER,
                                  password=PASSWORD, here=here))

    def sync():
        run("mbsync", "-c", str(conf), "all")

    def mails(folder):
        return sorted(glob.glob("%s/%s/*/*" % (here, folder)))

    sync()
    assert len(mails("INBOX")) == 3
    assert (here / "Archive").is_dir()
    # here: one is read, one removed, one is new; there: another is new
    one, two, _ = mails("INBOX")
    os.rename(one, str(here / "INBOX/cur" / (
        os.path.basename(one).split(":")[0] + ":2,S")))
    os.unlink(two)
    (here / "Archive/new").mkdir(parents=True, exist_ok=True)
    (here / "Archive/new/1.x.y").write_bytes(
        b"Subject: from here\n\nx\n")
    client.append(MAILS[0].replace(b"mail 1", b"mail 4"))
    sync()
    assert len(subjects(client, "INBOX")) == 3
    assert subjects(client, "Archive") == ["from here"]
    client.cmd("EXAMINE INBOX")
    assert client.cmd("SEARCH SEEN").find("* SEARCH ").count(b" ") == 2
    assert len(mails("INBOX")) == 3
    before = mails("*")
    sync()
    assert mails("*") == before, "nothing is left to do"


OFFLINEIMAP = """
[general]
accounts = a
ui = basic
metadata = {meta}
[Account a]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = {here}
[Repository far]
type = IMAP
remotehost = 127.0.0.1
remoteport = {port}
remoteuser = {user}
remotepass = {password}
ssl = no
starttls = no
"""


def test_offlineimap(lite, client, tmp_path):
    need("offlineimap")
    conf = tmp_path / "rc"
    here = tmp_path / "mail"
    conf.write_text(OFFLINEIMAP.format(
        port=lite.port("imap"), user=USER, password=PASSWORD, here=here,
        meta=tmp_path / "meta"))

    def sync():
        run("offlineimap", "-o", "-c", str(conf))

    sync()
    found = sorted(glob.glob("%s/INBOX/*/*" % here))
    assert len(found) == 3 and (here / "Archive/cur").is_dir()
    os.unlink(found[0])
    (here / "Archive/new/1.x.y").write_bytes(
        b"Subject: from here\nMessage-ID: <x@y>\n\nx\n")
    sync()
    assert len(subjects(client, "INBOX")) == 2
    assert subjects(client, "Archive") == ["from here"]
    before = sorted(glob.glob("%s/*/*/*" % here))
    sync()
    assert sorted(glob.glob("%s/*/*/*" % here)) == before


def test_fetchmail(lite, client, tmp_path):
    need("fetchmail")
    conf = tmp_path / "rc"
    box = tmp_path / "box"
    conf.write_text(
        'poll 127.0.0.1 proto imap port %d user "%s" pass "%s" sslproto ""\n'
        '  mda "cat >>%s" options no keep no rewrite\n' % (
            lite.port("imap"), USER, PASSWORD, box))
    conf.chmod(0o600)
    env = dict(os.environ, HOME=str(tmp_path), LC_ALL="C")
    run("fetchmail", "-f", str(conf), "-i", str(tmp_path / "ids"), env=env)
    text = box.read_bytes()
    assert all(b"Subject: mail %d" % n in text for n in (1, 2, 3))
    assert subjects(client, "INBOX") == []
    run("fetchmail", "-f", str(conf), "-i", str(tmp_path / "ids"), env=env,
        ok=(1,))  # there is no more mail


MUTT = """
set ssl_starttls=no ssl_force_tls=no imap_user="{user}" imap_pass="{password}"
set folder=imap://127.0.0.1:{port}/ spoolfile=+INBOX imap_idle=yes
set delete=yes move=no confirmappend=no quit=yes wait_key=no sleep_time=0
set header_cache="" message_cachedir="" record="" postponed="" mail_check=1
push "<limit>~s 'mail 2'<enter><flag-message><save-message>=Archive<enter>\
<limit>all<enter><delete-pattern>~s 'mail 3'<enter><quit>"
"""


def test_mutt(lite, client, tmp_path):
    """Opens the mailbox, flags, saves to another one, deletes, leaves."""
    need("mutt", "script")
    conf = tmp_path / "rc"
    conf.write_text(MUTT.format(user=USER, password=PASSWORD,
                                port=lite.port("imap")))
    env = dict(os.environ, HOME=str(tmp_path), TERM="vt100", LC_ALL="C")
    run("script", "-qec", "mutt -n -F %s" % conf, "/dev/null", env=env,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL)
    assert subjects(client, "INBOX") == ["mail 1"]
    assert subjects(client, "Archive") == ["mail 2"]


IMAPFLOW = r"""
const { ImapFlow } = require("imapflow");
const [port, user, pass] = process.argv.slice(1);
const client = new ImapFlow({ host: "127.0.0.1", port: Number(port),
    secure: true, auth: { user, pass }, logger: false,
    tls: { rejectUnauthorized: false } });
const want = (good, what) => { if (!good) throw new Error(what); };
const later = ms => new Promise(done => setTimeout(done, ms));
async function main() {
    await client.connect();
    const names = (await client.list()).map(one => one.path);
    want(names.includes("INBOX") && names.includes("Archive"), "list");
    const lock = await client.getMailboxLock("INBOX");
    want(client.mailbox.exists === 3, "exists");
    const seen = [];
    for await (const m of client.fetch("1:*", { envelope: true, flags: true,
        bodyStructure: true, uid: true, size: true, internalDate: true }))
        seen.push(m.envelope.subject);
    want(seen.join() === "mail 1,mail 2,mail 3", seen.join());
    const one = await client.download("2", "TEXT");
    let text = "";
    for await (const chunk of one.content) text += chunk;
    want(text.trim() === "body 2", text);
    want((await client.search({ subject: "mail 2" })).join() === "2", "search");
    await client.messageFlagsAdd("2", ["\\Seen"]);
    await client.messageMove("2", "Archive");
    await client.messageDelete("1");
    want((await client.status("Archive", { messages: true })).messages === 1,
        "status");
    const news = new Promise(done => client.once("exists", done));
    const idle = client.idle();
    await later(300);
    console.log("idle");
    await news;
    lock.release();
    await client.append("Archive", "Subject: by imapflow\r\n\r\nx\r\n",
        ["\\Seen"]);
    await client.mailboxCreate("New/One");
    await client.mailboxRename("New/One", "New/Two");
    await client.logout();
    console.log("done");
}
main().catch(error => { console.error(error); process.exit(1); });
"""


@pytest.fixture(scope="module")
def imapflow(tmp_path_factory):
    """The folder that has the module: NJIWA_NODE_MODULES, or npm's answer."""
    want("node", "npm")
    given = os.environ.get("NJIWA_NODE_MODULES")
    if given and os.path.isdir(given + "/imapflow"):
        return given
    here = tmp_path_factory.mktemp("npm")
    try:
        done = subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund",
             "--ignore-scripts", "imapflow@1.0.189"], cwd=here, timeout=120,
            stdin=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode or not (
            here / "node_modules/imapflow").is_dir():
        pytest.skip("npm cannot install imapflow: is there a network?")
    return str(here / "node_modules")


def test_imapflow(lite, client, imapflow):
    child = subprocess.Popen(
        ["node", "-e", IMAPFLOW, "--", str(lite.port("imaps")), USER,
         PASSWORD], env=dict(os.environ, NODE_PATH=imapflow),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        line = child.stdout.readline()
        assert line == b"idle\n", line + child.stdout.read()
        client.append(MAILS[0].replace(b"mail 1", b"mail 4"))
        text, _ = child.communicate(timeout=30)
    finally:
        child.kill()
        child.wait()
    assert text == b"done\n", text
    assert subjects(client, "INBOX") == ["mail 3", "mail 4"]
    assert subjects(client, "Archive") == ["mail 2", "by imapflow"]
    assert client.cmd('LIST "" "New/*"').find("New/Two")
