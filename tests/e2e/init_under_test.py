"""An njiwa-init with programs of the test's own in place of njiwa's."""
import os
import shutil
import signal
import socket
import subprocess
import time

import servers

ECHO = """#!/bin/sh
echo "+OK $0 $* $PROTO $TCPREMOTEIP $TCPREMOTEPORT $TCPLOCALIP $TCPLOCALPORT"
while read -r line; do
    case $line in
    env) env; echo .;;
    die) kill -9 $$;;
    orphan) (sleep 0.2) & exit 0;;
    mask) grep -E 'Sig(Blk|Ign)' /proc/self/status | tr '\\n\\t' '  '; echo;;
    *) echo "$line";;
    esac
done
"""

ACCOUNTD = """#!/usr/bin/python3
import os, socket
assert os.environ["LISTEN_PID"] == str(os.getpid())
assert os.environ["LISTEN_FDS"] == "1"
assert os.environ["LISTEN_FDNAMES"] == "account"
listener = socket.socket(fileno=3)
with open(os.environ["STARTS"], "a") as out:
    out.write("%d %s %s\\n" % (os.getpid(), os.environ.get("MYSQL_PASS"),
                               os.environ.get("SSL_KEY_PASSWORD")))
while True:
    conn, _ = listener.accept()
    word = conn.recv(100)
    conn.send(b"served by %d" % os.getpid())
    conn.close()
    if word == b"end":
        break
"""


def state_of(pid):
    """"S", "Z", ... of a process, "" when it is gone."""
    try:
        with open("/proc/%d/stat" % pid) as stat:
            return stat.read().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def children_of(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as children:
        return [int(child) for child in children.read().split()]


def descriptors_of_program(pid):
    """Those of the one program that this njiwa-init has started, but for the
    shell's own copy of its script."""
    return set(os.listdir("/proc/%d/fd" % children_of(pid)[0])) - {"10"}


def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid) as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_ns(pids):
    """What the processes have used of a processor, in nanoseconds: unlike time
    the same on a busy machine."""
    total = 0
    for pid in pids:
        with open("/proc/%d/schedstat" % pid) as stat:
            total += int(stat.read().split()[0])
    return total


def switches(pid):
    """How often the process has slept so far."""
    with open("/proc/%d/status" % pid, encoding="ascii") as status:
        return int(status.read().split("\nvoluntary_ctxt_switches:")[1]
                   .split()[0])


def sleeps(pid, seconds=1.5):
    """Does it wake up for nothing?  True when it did not, for so long."""
    before = switches(pid)
    time.sleep(seconds)
    return switches(pid) == before


class Init:
    """An njiwa-init on ports of its own, in a folder of its own."""

    def __init__(self, build, folder, wrapper=(), **settings):
        self.build, self.folder, self.wrapper = build, folder, wrapper
        self.log_file = folder + "/log"
        self.config = folder + "/njiwa.conf"
        self.socket = folder + "/run/account"
        self.ports = {name: servers.free_port()
                      for name in ("mx", "pop3", "imap", "pop3s")}
        self.settings = {
            "libexec_dir": folder, "runtime_dir": folder + "/run",
            "account_socket": self.socket, "shutdown_grace": "5s",
            "listen": self.listen("mx", "pop3", "imap", "pop3s"),
            "log_level": "debug",
            "stem": "no",  # these programs know of none
        }
        self.settings.update(settings)
        self.program("njiwa-pop3d", ECHO)
        self.program("njiwa-accountd", ACCOUNTD)
        for name in ("njiwa-smtpd", "njiwa-imapd"):
            shutil.copy(folder + "/njiwa-pop3d", folder + "/" + name)
        self.process = None

    def listen(self, *names):
        return " ".join("%s=*:%d" % (name, self.ports[name])
                        for name in names)

    def program(self, name, text):
        with open(self.folder + "/" + name, "w") as out:
            out.write(text)
        os.chmod(self.folder + "/" + name, 0o755)

    def write(self, **settings):
        self.settings.update(settings)
        with open(self.config, "w") as out:
            for name, value in self.settings.items():
                out.write("%s = %s\n" % (name, value))

    def start(self, wait=True, **how):
        self.write()
        env = dict(os.environ, STARTS=self.folder + "/starts",
                   MYSQL_PASS="database-secret", SSL_KEY_PASSWORD="tls-secret")
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, self.build + "/njiwa-init", "-c", self.config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                **how)
        if wait:
            servers.wait_for("njiwa-init: " + self.log(),
                             lambda: "ready, " in self.log())
        return self

    def log(self):
        with open(self.log_file, errors="replace") as log:
            return log.read()

    def starts(self):
        """The words that its programs have written."""
        try:
            with open(self.folder + "/starts") as starts:
                return set(starts.read().split())
        except FileNotFoundError:
            return set()

    def logged(self, text, seconds=servers.PATIENCE):
        servers.wait_for(text + " in: " + self.log(),
                         lambda: text in self.log(), seconds)

    def connect(self, name="pop3", host="127.0.0.1"):
        sock = socket.create_connection((host, self.ports[name]),
                                        servers.PATIENCE)
        return sock, sock.makefile("rb")

    def refuses(self, name="pop3"):
        try:
            self.connect(name)[0].close()
        except ConnectionRefusedError:
            return True
        return False

    def ask_account(self, word=b"hello"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
            sock.settimeout(servers.PATIENCE)
            sock.connect(self.socket)
            sock.send(word)
            return sock.recv(100)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(servers.PATIENCE)
