"""The spool of a site, looked at from outside, and mailboxes that fail."""
import contextlib
import glob
import os
import subprocess

from disks import small_disk


def parse(text):
    """An envelope as a dict, its recipients as dicts in "rcpts"."""
    envelope = {"rcpts": []}
    into = envelope
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        if key == "to":
            into = {}
            envelope["rcpts"].append(into)
        into[key] = value
    return envelope


class Spool:
    def __init__(self, site):
        self.site, self.path = site, site.settings["spool_dir"]

    def files(self, folder):
        return sorted(glob.glob(self.path + "/" + folder + "/*")
                      + glob.glob(self.path + "/" + folder + "/.*"))

    def env_files(self):
        return self.files("env")

    def message_files(self):
        return self.files("msg")

    def broken_files(self):
        return self.files("broken")

    def envelopes(self):
        found = {}
        for path in self.env_files():
            with open(path, encoding="utf-8") as file:
                found[os.path.basename(path)] = parse(file.read())
        return found

    def is_empty(self):
        return not self.env_files() and not self.message_files()

    def run(self, *words, **how):
        """One run of njiwa-queue, which logs where the site does."""
        with open(self.site.log_file, "ab") as log:
            return subprocess.run(
                [self.site.build + "/njiwa-queue", *words], stderr=log,
                env=self.site.env, timeout=120, check=False, **how)

    def make_due(self):
        """Everything is due now (njiwa queue retry)."""
        self.site.njiwa("queue", "retry", "--all")


def break_mailbox(site, user, part="/new"):
    """Nobody can put a message into the user's Maildir, or with part "" even
    open it."""
    path = site.maildir(user) + part
    os.rename(path, path + ".good")
    with open(path, "wb"):
        pass


def mend_mailbox(site, user, part="/new"):
    path = site.maildir(user) + part
    os.unlink(path)
    os.rename(path + ".good", path)


@contextlib.contextmanager
def small_maildir(site, user):
    """The user's Maildir on a file system of its own; a function that fills
    it."""
    top = os.path.dirname(site.maildir(user))
    os.makedirs(top, exist_ok=True)

    def fill():
        with contextlib.suppress(OSError), open(top + "/fill", "wb",
                                                buffering=0) as file:
            while True:
                file.write(b"x" * 4096)

    with small_disk(top, "size=64k"):
        yield fill


def mend_if_broken(site, user):
    if os.path.exists(site.maildir(user) + "/new.good"):
        mend_mailbox(site, user)
    return False


def checksum(octets):
    value = 0xcbf29ce484222325
    for octet in octets:
        value = (value ^ octet) * 0x100000001b3 & (1 << 64) - 1
    return value


def edit(path, **values):
    """Changes values of an envelope and what follows from that; its time is
    kept."""
    stat = os.stat(path)
    with open(path, "rb") as file:
        lines = file.read().decode().splitlines()[:-1]
    for i, line in enumerate(lines):
        key = line.partition(" ")[0]
        if key in values:
            lines[i] = "%s %s" % (key, values[key])
    octets = ("\n".join(lines) + "\n").encode()
    with open(path, "r+b") as file:
        file.truncate()
        file.write(octets + b"sum %016x\n" % checksum(octets))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
