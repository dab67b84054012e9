"""A Postfix of our own that sends everything it is given to one port, as a
peer on the internet would: queue, retries, connection cache and all."""
import os
import shutil
import socket

import servers

MAIN = """
compatibility_level = 3.6
queue_directory = %(folder)s/spool
data_directory = %(folder)s/lib
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
myhostname = sender.example
mydestination =
local_recipient_maps =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
default_transport = %(transport)s:[127.0.0.1]:%(relay)d
smtp_tls_security_level = %(tls)s
smtp_tls_loglevel = 1
default_process_limit = 40
default_destination_concurrency_limit = %(connections)d
initial_destination_concurrency = %(connections)d
default_destination_recipient_limit = 1
minimal_backoff_time = 2s
maximal_backoff_time = 4s
queue_run_delay = 2s
maillog_file = %(folder)s/log
maillog_file_prefixes = /
smtpd_recipient_restrictions = permit_mynetworks, reject
"""


class SendingPostfix:
    def __init__(self, folder, relay, connections=20, tls="none",
                 transport="smtp", more=""):
        """more: lines of main.cf that count instead of ours."""
        self.folder = folder
        self.port = servers.free_port()
        for name in ("etc", "spool", "lib"):
            os.makedirs(folder + "/" + name)
        os.chmod(folder, 0o755)
        shutil.chown(folder + "/lib", "postfix")
        with open(folder + "/etc/main.cf", "w") as out:
            out.write(MAIN % {"folder": folder, "relay": relay, "tls": tls,
                              "connections": connections,
                              "transport": transport} + more)
        self.write_master()
        self.call("start")
        servers.wait_for("Postfix", lambda: servers.port_answers(self.port))

    def write_master(self):
        """Debian's own service table, not in a chroot, on our port."""
        lines = []
        with open("/usr/share/postfix/master.cf.dist") as table:
            for line in table:
                word = line.split()
                if line.startswith(("#", " ", "\t")) or len(word) < 8:
                    continue
                if word[:2] == ["smtp", "inet"]:
                    word[0] = "127.0.0.1:%d" % self.port
                word[4] = "n"
                lines.append(" ".join(word))
        with open(self.folder + "/etc/master.cf", "w") as out:
            out.write("\n".join(lines) + "\n")

    def call(self, *words, check=True):
        try:
            return servers.run("/usr/sbin/postfix", "-c",
                               self.folder + "/etc", *words)
        except RuntimeError:
            if check:
                raise
            return b""

    def queue(self):
        """What it still has, a line of JSON for each message."""
        return servers.run("/usr/sbin/postqueue", "-c", self.folder + "/etc",
                           "-j").decode().splitlines()

    def queued(self):
        return len(self.queue())

    @property
    def log(self):
        with open(self.folder + "/log", errors="replace") as log:
            return log.read()

    def submit(self, sender, messages):
        """Gives it (recipient, octets) pairs over one connection; recipients
        are parted by blanks."""
        with socket.create_connection(("127.0.0.1", self.port), 30) as sock:
            file = sock.makefile("rwb")

            def expect(code):
                while True:
                    line = file.readline()
                    assert line.startswith(code), line
                    if line[3:4] == b" ":
                        return

            def say(line, code):
                file.write(line + b"\r\n")
                file.flush()
                expect(code)

            expect(b"220")
            say(b"EHLO injector.example", b"250")
            for recipient, octets in messages:
                say(b"MAIL FROM:<%s>" % sender.encode(), b"250")
                for one in recipient.split():
                    say(b"RCPT TO:<%s>" % one.encode(), b"250")
                say(b"DATA", b"354")
                say(octets + b"\r\n.", b"250")
            say(b"QUIT", b"221")

    def stop(self):
        self.call("stop", check=False)
        servers.wait_for("Postfix's end",
                         lambda: not servers.port_answers(self.port))
