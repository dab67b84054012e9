"""A site: one njiwa.conf with its accounts and mail in a folder of its own,
and the ways to talk to its programs."""
import contextlib
import glob
import imaplib
import os
import poplib
import signal
import smtplib
import socket
import sqlite3
import subprocess
import threading
import time

import servers
import stem_client

MAIL_UID = 8
PASSWORD = "thepassword"
DOMAIN = "test.dev"
# name@DOMAIN, quota in MB (0 is unlimited)
USERS = (("demo", 0), ("other", 0), ("small", 1))
# service: program, profile (-p), TLS from the first octet
SERVICES = {
    "mx": ("njiwa-smtpd", "mx", False),
    "lmtp": ("njiwa-smtpd", "lmtp", False),
    "submission": ("njiwa-smtpd", "submission", False),
    "submissions": ("njiwa-smtpd", "submissions", True),
    "pop3": ("njiwa-pop3d", "pop3", False),
    "pop3s": ("njiwa-pop3d", "pop3s", True),
    "imap": ("njiwa-imapd", "imap", False),
    "imaps": ("njiwa-imapd", "imaps", True),
}


class Launcher:
    """An accept loop on loopback that gives each connection to a program of its
    own as fds 0 and 1, as tcpserver does; fd 2 goes to the site's log.  Who has
    ended is reaped soon: one that is not stands for a process to the others,
    as the holder of a lock."""

    def __init__(self, command, env, log):
        self.command, self.env, self.log = command, env, log
        self.enter = None  # called in the child before the program
        self.children, self.codes = [], []  # that run; of those that ended
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        for conn in stem_client.connections(self):
            with conn, open(self.log, "ab") as log:
                self.children.append(subprocess.Popen(
                    self.command, env=self.env, stdin=conn, stdout=conn,
                    stderr=log, start_new_session=True,
                    preexec_fn=self.enter))

    def close(self):
        # shutdown wakes the accept; close alone would not.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)


# What stands for tcpserver, and for njiwa-init with its stems.  The variable
# NJIWA_LAUNCHER says which one the sites have of which no test says it.
LAUNCHERS = {"exec": Launcher, "stem": stem_client.Launcher}


class Site:
    def __init__(self, folder, build, source, certs, mariadb):
        self.folder, self.build, self.source = folder, build, source
        self.certs, self.mariadb = certs, mariadb
        self.database = "njiwa_" + os.path.basename(folder).replace("-", "_")
        self.config = folder + "/njiwa.conf"
        self.log_file = folder + "/log"
        self.data = folder + "/data"
        self.env = dict(
            {k: v for k, v in os.environ.items()
             if not k.startswith(("NJIWA_", "MYSQL_", "TCP", "LISTEN_"))},
            NJIWA_CONFIG=self.config, NJIWA_LIBDIR=build,
            NJIWA_SQLDIR=source + "/sql", TZ="UTC", LC_ALL="C.UTF-8")
        self.launchers, self.clients, self.daemons = {}, [], []
        self.launcher = LAUNCHERS[os.environ.get("NJIWA_LAUNCHER", "exec")]
        for name in ("data", "run", "spool"):
            os.mkdir(folder + "/" + name)
            os.chown(folder + "/" + name, MAIL_UID, MAIL_UID)
        open(self.log_file, "wb").close()
        self.settings = self.first_settings()
        self.conf()
        self.accounts()

    # ---- settings and accounts

    def first_settings(self):
        first = {
            "hostname": "mx." + DOMAIN,
            "log": "stderr",
            "log_level": "debug",
            "libexec_dir": self.build,
            "runtime_dir": self.folder + "/run",
            "account_socket": self.folder + "/run/account",
            "mail_location": self.data + "/%d/%n/Maildir",
            "mail_root": self.data,
            "mail_uid": MAIL_UID,
            "mail_gid": MAIL_UID,
            "queue_interval": "0",
            "spool_dir": self.folder + "/spool",
            "host_list": self.folder + "/host_list",
            "tls_key": self.certs.key,
            "tls_cert": self.certs.cert,
            "login_delay": "10ms",
            "imap_make_folders": "no",
            "separator": "/",
            "smtp_error_delay": "0",
        }
        if self.mariadb:
            first.update(
                mysql_host="localhost", mysql_socket=self.mariadb.socket,
                mysql_user=self.mariadb.user, mysql_database=self.database,
                mysql_password="file:" + self.folder + "/dbpass")
        else:
            first.update(sqlite_file=self.folder + "/accounts.sqlite")
        return first

    def conf(self, **settings):
        """Changes settings and writes the file anew; None takes one out.  Who
        reads it at this moment has all of the old one or of the new one."""
        self.settings.update(settings)
        with open(self.config + ".new", "w") as out:
            for name, value in self.settings.items():
                if value is not None:
                    out.write("%s = %s\n" % (name, value))
        os.rename(self.config + ".new", self.config)

    def accounts(self):
        with open(self.folder + "/host_list", "w") as out:
            out.write(DOMAIN + "\n")
        if self.mariadb:
            with open(self.folder + "/dbpass", "w") as out:
                out.write(self.mariadb.password + "\n")
            self.mariadb.sql("CREATE DATABASE `%s`" % self.database)
        self.njiwa("db", "init")
        for name, quota in USERS:
            self.add_user(name, quota=quota)
        self.add_alias("postmaster", "demo@" + DOMAIN)

    def add_user(self, name, password=PASSWORD, quota=0, domain=DOMAIN):
        self.njiwa("user", "add", name + "@" + domain, "--quota", str(quota),
                   "--password-stdin", input=password.encode() + b"\n")

    def add_alias(self, name, *targets, domain=DOMAIN):
        self.njiwa("alias", "add", name + "@" + domain, *targets)

    def njiwa(self, *words, **how):
        """The administrator's tool; its standard output."""
        return servers.run(self.build + "/njiwa", *words, env=self.env,
                           **how).decode()

    def sql(self, text):
        """The rows, as lists of text."""
        if self.mariadb:
            return self.mariadb.sql(text, self.database)
        with contextlib.closing(sqlite3.connect(
                self.settings["sqlite_file"], timeout=10)) as db:
            if not text.lstrip().upper().startswith("SELECT"):
                db.executescript(text)
                return []
            return [["NULL" if value is None else str(value) for value in row]
                    for row in db.execute(text)]

    def wait_quota(self, user, octets, messages):
        """Until the row is so: it is brought up to date behind the replies."""
        text = ("SELECT bytes, messages FROM quota WHERE username = '%s'"
                % full(user))
        servers.wait_for("quota of %d, %d" % (octets, messages),
                         lambda: [list(map(int, row)) for row in
                                  self.sql(text)] == [[octets, messages]])

    # ---- programs

    def command(self, service):
        program, profile, _ = SERVICES[service]
        return [self.build + "/" + program, "-p", profile]

    def pipe(self, service, octets, timeout=30, env=None):
        """All that the service answers to octets on a bare pipe."""
        with open(self.log_file, "ab") as log:
            done = subprocess.run(
                self.command(service), env=dict(self.env, **(env or {})),
                input=octets, stdout=subprocess.PIPE, stderr=log,
                timeout=timeout, check=False, start_new_session=True)
        return done.stdout

    def port(self, service):
        """The port where an accept loop of ours runs the service."""
        if service not in self.launchers:
            self.launchers[service] = self.launcher(
                self.command(service), self.env, self.log_file)
        return self.launchers[service].port

    def keeper(self, service="mx"):
        """The process that its launcher started for the one connection."""
        child, = [child for child in self.launchers[service].children
                  if child.poll() is None]
        return child

    def spawn(self, *command, env=None, **how):
        """A daemon that lives until the test ends."""
        with open(self.log_file, "ab") as log:
            process = subprocess.Popen(
                command, env=dict(self.env, **(env or {})), stdout=log,
                stderr=log, start_new_session=True,
                **{"stdin": subprocess.DEVNULL, **how})
        self.daemons.append(process)
        return process

    def accountd(self):
        """Starts the account service on its socket, as njiwa-init or systemd
        do; its process."""
        path = self.settings["account_socket"]
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            if os.path.exists(path):
                os.unlink(path)
            listener.bind(path)
            listener.listen(128)
            return self.spawn(self.build + "/njiwa-accountd", stdin=listener)

    def init(self, services=tuple(s for s in SERVICES if s != "lmtp"),
             preexec_fn=None, **settings):
        """Starts njiwa-init; its process.  port(), smtp() ... then go there."""
        ports = {name: servers.free_port() for name in services}
        self.conf(listen=" ".join("%s=127.0.0.1:%d" % item
                                  for item in ports.items()), **settings)
        process = self.spawn(self.build + "/njiwa-init",
                             preexec_fn=preexec_fn)
        for name, port in ports.items():
            self.launchers[name] = Served(port)
        servers.wait_for("njiwa-init", lambda: all(
            servers.port_answers(port) for port in ports.values()))
        return process

    # ---- clients

    def track(self, client):
        self.clients.append(client)
        return client

    def connect(self, service, tls=None, timeout=servers.PATIENCE):
        """A socket; behind TLS where the service is (or as tls says)."""
        sock = socket.create_connection(("127.0.0.1", self.port(service)),
                                        timeout=timeout)
        # Nagle's algorithm would wait for 40 ms with each literal.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.track(sock)
        if SERVICES[service][2] if tls is None else tls:
            sock = self.track(self.certs.context().wrap_socket(sock))
        return sock

    def smtp(self, service="mx", starttls=False, login=None):
        port, context = self.port(service), self.certs.context()
        if SERVICES[service][2]:
            client = smtplib.SMTP_SSL("127.0.0.1", port, "client.example",
                                      timeout=servers.PATIENCE,
                                      context=context)
        else:
            client = smtplib.SMTP("127.0.0.1", port, "client.example",
                                  timeout=servers.PATIENCE)
        self.track(client.sock)
        if starttls:
            client.starttls(context=context)
            self.track(client.sock)
        if login:
            client.login(full(login), PASSWORD)
        return client

    def imap(self, user="demo", service="imap", starttls=False,
             password=PASSWORD):
        port, context = self.port(service), self.certs.context()
        if SERVICES[service][2]:
            client = imaplib.IMAP4_SSL("127.0.0.1", port, ssl_context=context,
                                       timeout=servers.PATIENCE)
        else:
            client = imaplib.IMAP4("127.0.0.1", port, timeout=servers.PATIENCE)
        self.track(client.sock)
        if starttls:
            client.starttls(context)
            self.track(client.sock)
        if user:
            client.login(full(user), password)
        return client

    def pop3(self, user="demo", service="pop3", starttls=False,
             password=PASSWORD):
        port, context = self.port(service), self.certs.context()
        if SERVICES[service][2]:
            client = poplib.POP3_SSL("127.0.0.1", port, context=context,
                                     timeout=servers.PATIENCE)
        else:
            client = poplib.POP3("127.0.0.1", port, timeout=servers.PATIENCE)
        self.track(client.sock)
        if starttls:
            client.stls(context)
            self.track(client.sock)
        if user:
            client.user(full(user))
            client.pass_(password)
        return client

    def deliver(self, recipient, message, sender="sender@example.org"):
        """Sends one message by SMTP; an smtplib exception when refused."""
        recipients = [recipient] if isinstance(recipient, str) else recipient
        client = self.smtp()
        try:
            client.sendmail(sender, [full(r) for r in recipients], message,
                            ["BODY=8BITMIME"])
        finally:
            client.close()

    # ---- what came of it

    def maildir(self, user="demo", folder=""):
        name, _, domain = full(user).partition("@")
        path = "%s/%s/%s/Maildir" % (self.data, domain, name)
        return path + "/." + folder if folder else path

    def messages(self, user="demo", folder=""):
        """The files of all messages, the oldest first."""
        path = self.maildir(user, folder)
        return sorted(glob.glob(path + "/new/*") + glob.glob(path + "/cur/*"),
                      key=lambda file: (os.stat(file).st_mtime_ns, file))

    def contents(self, user="demo", folder=""):
        out = []
        for path in self.messages(user, folder):
            with open(path, "rb") as file:
                out.append(file.read())
        return out

    @property
    def log(self):
        with open(self.log_file, "rb") as file:
            return file.read().decode("utf-8", "backslashreplace")

    def wait_log(self, text, seconds=servers.PATIENCE):
        servers.wait_for("%r in the log" % text, lambda: text in self.log,
                         seconds)

    def logged(self, text, count):
        """It is in the log so often, or soon will be; and not more often."""
        servers.wait_for("%r in the log %d times" % (text, count),
                         lambda: self.log.count(text) >= count)
        assert self.log.count(text) == count, self.log

    # ---- the end

    def processes(self):
        """pid: command line of every process that has our configuration."""
        mark = ("NJIWA_CONFIG=" + self.config).encode()
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/environ" % pid, "rb") as file:
                    if mark in file.read().split(b"\0"):
                        with open("/proc/%s/cmdline" % pid, "rb") as line:
                            found[int(pid)] = line.read().replace(
                                b"\0", b" ").decode()
            except OSError:
                continue
        return found

    def close(self, grace=servers.QUOTA_PATIENCE):
        """Ends everything.  The command lines of processes that had not ended
        by themselves when their clients and daemons were gone."""
        for client in self.clients:
            try:
                # A file made of the socket may keep it open after close.
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            client.close()
        for daemon in self.daemons:
            servers.end_process(daemon)
        for launcher in self.launchers.values():
            launcher.close()
        end = time.monotonic() + grace
        while self.running() and time.monotonic() < end:
            time.sleep(0.02)
        left = self.running()
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.mariadb and self.mariadb.process.poll() is None:
            self.mariadb.sql("DROP DATABASE IF EXISTS `%s`" % self.database)
        return list(left.values())

    def running(self):
        for launcher in self.launchers.values():
            for child in getattr(launcher, "children", ()):
                child.poll()
        return self.processes()


class Served:
    """A port that njiwa-init serves; what a Launcher is for ours."""

    def __init__(self, port):
        self.port = port

    def close(self):
        pass


def full(user):
    return user if "@" in user else user + "@" + DOMAIN
