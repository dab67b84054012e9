"""Debian's Dovecot on a Maildir of ours: its IMAP server alone, which is given
its commands on standard input."""
import os
import pathlib
import re
import socket
import subprocess

from conftest import lacking
from site_under_test import MAIL_UID

IMAP = "/usr/lib/dovecot/imap"
POP3 = "/usr/lib/dovecot/pop3"
CONFIG = """
base_dir = {top}/run
state_dir = {top}/state
log_path = {top}/log
info_log_path = /dev/null
protocols =
ssl = no
mail_home = {home}
mail_location = maildir:~/Maildir
mail_uid = {user}
mail_gid = {user}
first_valid_uid = 1
first_valid_gid = 1
default_internal_user = nobody
default_login_user = nobody
default_internal_group = nogroup
pop3_uidl_format = %08Xu%08Xv
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


class Dovecot:
    """One of the user whose home folder has the Maildir; top is its own."""

    def __init__(self, top, home):
        if not os.path.exists(IMAP):
            lacking("dovecot-imapd")
        top = pathlib.Path(top)
        top.mkdir(exist_ok=True)
        self.home = str(home)
        self.log = top / "log"
        self.log.touch()
        os.chmod(self.log, 0o666)
        self.config = top / "dovecot.conf"
        self.config.write_text(CONFIG.format(top=top, home=home,
                                             user=MAIL_UID))

    def start(self, program=IMAP, **pipes):
        """The process, in the middle of a session."""
        return subprocess.Popen(
            [program, "-c", str(self.config)], cwd=self.home, user=MAIL_UID,
            group=MAIL_UID, extra_groups=[],
            env={"HOME": self.home, "USER": "u", "PATH": "/usr/bin"}, **pipes)

    def pipe(self, daemons):
        """How a client connects to one, which daemons then has."""
        def connect():
            ours, its = socket.socketpair()
            ours.settimeout(60)
            with its, open(self.log, "ab") as log:
                daemons.append(self.start(stdin=its, stdout=its, stderr=log))
            return ours
        return connect


def dovecot(site, *commands):
    """What it answers on the site's Maildir of demo."""
    server = Dovecot(site.folder + "/dovecot",
                     os.path.dirname(site.maildir()))
    said = b"".join(b"t%d %s\r\n" % (number, command.encode())
                    for number, command in enumerate(commands))
    # its input stays open: at an end of it Dovecot ends in the midst
    with server.start(stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                      stderr=subprocess.DEVNULL) as process:
        process.stdin.write(said + b"t LOGOUT\r\n")
        process.stdin.flush()
        return process.stdout.read()


def dovecot_lists(site):
    """The names of the mailboxes that it sees."""
    return {name.decode() for name in re.findall(
        rb'(?m)^\* LIST \((?!\\Non)[^)]*\) "/" "?([^"\r]*)"?\r$',
        dovecot(site, 'LIST "" *'))}
