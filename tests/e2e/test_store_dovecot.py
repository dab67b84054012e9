"""The store and Debian's Dovecot on one Maildir, one after the other and in
turns: the same uidvalidity, uids, flags, keywords, subscriptions and POP3
ids, and not a word of complaint from Dovecot."""
import os
import pathlib
import re
import subprocess
import tempfile
import threading

import pytest

from conftest import lacking
from dovecot_under_test import IMAP, POP3, Dovecot
from site_under_test import MAIL_UID as USER


class Site:
    """A Maildir with its two servers."""

    def __init__(self, top):
        self.top = top
        self.home = top / "home"
        self.maildir = self.home / "Maildir"
        self.home.mkdir()
        os.chown(self.home, USER, USER)
        self.server = Dovecot(top, self.home)
        self.said = []
        self.binary = pathlib.Path(os.environ["NJIWA_BUILD"],
                                   "tests/tools/store_tool")

    def dovecot(self, program, lines):
        with self.server.start(program, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE) as process:
            said = "".join(line + "\r\n" for line in lines).encode()
            out, errors = process.communicate(said, timeout=60)
        assert process.returncode == 0, errors
        self.said += [line for line in errors.decode().splitlines()
                      if re.search(r"(Error|Warning|Panic|Fatal)", line)]
        return out.decode()

    def imap(self, *commands):
        lines = [f"t{n} {c}" for n, c in enumerate(commands)]
        out = self.dovecot(IMAP, lines + ["t LOGOUT"])
        assert not re.search(r"^t\d* (NO|BAD)", out, re.M), out
        return out

    def append(self, folder, flags, text):
        data = text.replace("\n", "\r\n")
        return self.imap(
            f"APPEND {folder} ({flags}) {{{len(data)}+}}\r\n{data}")

    def tool(self, *args, text=""):
        done = subprocess.run([self.binary, self.maildir, *args],
                              input=text.encode(), timeout=60, check=True,
                              stdout=subprocess.PIPE)
        return done.stdout.decode()

    def ours(self, folder="INBOX"):
        """uidvalidity, uidnext, {uid: (flags, keywords, size)}."""
        head, *lines = self.tool("show", folder).splitlines()
        words = head.split()
        messages = {}
        for line in lines:
            uid, flags, size, _ = line.split(" ")
            letters, *keywords = flags.split(",")
            messages[int(uid)] = ("".join(sorted(letters.strip("!"))),
                                  tuple(sorted(keywords)), int(size))
        return int(words[1]), int(words[3]), messages

    def theirs(self, folder="INBOX"):
        names = {"\\Seen": "S", "\\Answered": "R", "\\Flagged": "F",
                 "\\Deleted": "T", "\\Draft": "D"}
        out = self.imap(f"SELECT {folder}",
                        "UID FETCH 1:* (FLAGS RFC822.SIZE)")
        messages = {}
        for uid, flags, size in re.findall(
                r"FETCH \(UID (\d+) FLAGS \((.*?)\) RFC822.SIZE (\d+)\)",
                out):
            words = [w for w in flags.split() if w != "\\Recent"]
            messages[int(uid)] = (
                "".join(sorted(names[w] for w in words if w in names)),
                tuple(sorted(w for w in words if w not in names)), int(size))
        return (int(re.search(r"UIDVALIDITY (\d+)", out)[1]),
                int(re.search(r"UIDNEXT (\d+)", out)[1]), messages)

    def agree(self, folder="INBOX"):
        ours = self.ours(folder)
        theirs = self.theirs(folder)
        assert ours == theirs
        assert self.theirs(folder) == self.ours(folder)
        return ours

    def quiet(self):
        assert self.said == []


@pytest.fixture(name="site")
def fixture_site(scratch):
    top = pathlib.Path(tempfile.mkdtemp(dir=scratch))
    os.chmod(top, 0o755)
    site = Site(top)
    yield site
    site.quiet()


def letter(n):
    return f"Subject: number {n}\n\n" + "line\n" * n


def test_dovecot_first(site):
    for n in range(5):
        site.append("INBOX", "\\Seen hello $Forwarded" if n % 2 else "",
                    letter(n))
    site.imap("SELECT INBOX", "UID STORE 3 +FLAGS (\\Deleted)", "EXPUNGE")
    before = site.theirs()
    assert site.agree() == before
    assert sorted(before[2]) == [1, 2, 4, 5]
    site.tool("deliver", "INBOX", "!", text=letter(7))
    site.tool("flags", "INBOX", "1", "+", "F", "new-keyword")
    site.tool("flags", "INBOX", "2", "-", "Sb")
    site.tool("expunge", "INBOX", "4")
    validity, nextuid, messages = site.agree()
    assert (validity, nextuid) == (before[0], 7)
    assert sorted(messages) == [1, 2, 5, 6]
    assert messages[1][:2] == ("F", ("new-keyword",))
    assert messages[2][:2] == ("", ("hello",))


def test_njiwa_first(site):
    for n in range(4):
        site.tool("deliver", "INBOX", "!", text=letter(n))
    site.tool("deliver", "INBOX", "SF", "uid", text=letter(9))
    site.tool("flags", "INBOX", "1", "+", "R", "$Junk")
    os.chown(site.maildir, USER, USER)
    for path in site.maildir.rglob("*"):
        os.chown(path, USER, USER)
    before = site.ours()
    assert site.agree() == before
    assert len(before[2]) == 5
    site.append("INBOX", "\\Draft mine $Junk", letter(11))
    site.imap("SELECT INBOX", "UID STORE 2 +FLAGS (\\Deleted \\Seen other)",
              "UID EXPUNGE 2", "UID STORE 1 -FLAGS (\\Answered)")
    after = site.agree()
    assert after[0] == before[0]
    assert sorted(after[2]) == [1, 3, 4, 5, 6]


def test_in_turns(site):
    validity = site.theirs()[0]
    for n in range(12):
        if n % 3 == 0:
            site.tool("deliver", "INBOX", "!", text=letter(n))
        elif n % 3 == 1:
            site.append("INBOX", f"\\Seen k{n}", letter(n))
        else:
            site.tool("deliver", "INBOX", "F", "uid", text=letter(n))
        if n % 4 == 3:
            site.imap("SELECT INBOX",
                      f"STORE {n // 4 + 1} +FLAGS (\\Deleted)", "EXPUNGE")
        if n % 4 == 1:
            uid = min(site.ours()[2])
            site.tool("flags", "INBOX", str(uid), "+", "S", f"n{n}")
        assert site.agree()[0] == validity
    uids = sorted(site.ours()[2])
    for uid in uids[:-1]:
        site.tool("expunge", "INBOX", str(uid))
    assert site.agree()[1] == 13


def test_names_and_subscriptions(site):
    site.imap('CREATE "R&AOQ-t/x y"', "CREATE Foo",
              'SUBSCRIBE "R&AOQ-t/x y"')
    site.tool("create", "Köln/旅行")
    site.tool("create", "a&b")
    site.tool("subscribe", "Köln/旅行", "+")
    site.tool("subscribe", "a&b", "+")
    site.tool("subscribe", "Foo", "+")
    site.tool("subscribe", "Foo", "-")
    out = site.imap('LIST "" *', 'LSUB "" *')
    for name in ("R&AOQ-t/x y", "K&APY-ln/&ZcWITA-", "a&-b"):
        assert re.search(rf'LIST .* "/" "?{re.escape(name)}"?\r', out)
        assert re.search(rf'LSUB .* "/" "?{re.escape(name)}"?\r', out)
    assert not re.search(r"LSUB .* Foo\r", out)
    site.imap("UNSUBSCRIBE a&-b")
    folders = site.tool("folders").splitlines()
    assert "INBOX E" in folders
    assert "Rät/x y ES" in folders
    assert "Köln/旅行 ES" in folders
    assert "a&b E" in folders
    assert "Foo E" in folders
    site.tool("deliver", "Köln/旅行", "S", "uid", text=letter(1))
    assert site.theirs('"K&APY-ln/&ZcWITA-"') == site.ours("Köln/旅行")


def test_pop3_ids(site):
    for n in range(3):
        site.append("INBOX", "", letter(n))
    if not os.path.exists(POP3):
        lacking("dovecot-pop3d")
    theirs = re.findall(r"^\d+ (\w+)\r$",
                        site.dovecot(POP3, ["UIDL", "QUIT"]), re.M)
    lines = site.tool("show", "INBOX").splitlines()
    validity = int(lines[0].split()[1])
    assert theirs == [f"{uid:08x}{validity:08x}" for uid in (1, 2, 3)]
    assert [line.split(" ")[3] for line in lines[1:]] == theirs


def test_lost_and_torn_lists(site):
    for n in range(6):
        site.append("INBOX", "", letter(n))
    before = site.agree()
    path = site.maildir / "dovecot-uidlist"
    text = path.read_bytes()
    path.write_bytes(text + b"7 :torn")
    site.tool("deliver", "INBOX", "!", text=letter(8))
    validity, nextuid, messages = site.ours()
    assert validity == before[0]
    assert sorted(messages) == [1, 2, 3, 4, 5, 6, 8] and nextuid == 9
    assert site.agree()[0] == before[0]


def test_owner(site):
    site.theirs()
    site.tool("deliver", "New/Folder", "!", "uid", text=letter(1))
    site.tool("subscribe", "New/Folder", "+")
    site.tool("flags", "New/Folder", "1", "+", "S", "word")
    for path in site.maildir.rglob("*"):
        assert (path.stat().st_uid, path.stat().st_gid) == (USER, USER), path


def test_all_at_once(site):
    """Deliveries, both servers' sessions and changes of flags, in a crowd."""
    validity = site.theirs()[0]
    failures = []

    def repeat(times, work):
        try:
            for n in range(times):
                work(n)
        except Exception as failure:  # shown below
            failures.append(failure)

    def flag(n):
        subprocess.run([site.binary, site.maildir, "flags", "INBOX",
                        str(n + 1), "+", "SF"[n % 2]], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    crowd = [
        threading.Thread(target=repeat, args=(30, lambda n: site.tool(
            "deliver", "INBOX", "!", text=letter(n)))),
        threading.Thread(target=repeat, args=(30, lambda n: site.tool(
            "deliver", "INBOX", "S", "uid", text=letter(n)))),
        threading.Thread(target=repeat, args=(20, lambda n: site.append(
            "INBOX", "", letter(n)))),
        threading.Thread(target=repeat, args=(20, lambda n: site.theirs())),
        threading.Thread(target=repeat, args=(30, lambda n: site.ours())),
        threading.Thread(target=repeat, args=(30, flag)),
    ]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert failures == []
    after = site.agree()
    assert after[0] == validity
    assert len(after[2]) == 80
    assert not (site.maildir / "dovecot-uidlist.lock").exists()
    # a delivery that lost its place in the list would have taken two uids
    assert after[1] == 81
