"""The servers that njiwa's tests need beside njiwa: MariaDB, spamd, and the
certificates.  Each is private: its own folder, socket and free port; each is
stopped by its pid."""
import contextlib
import itertools
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time


# Below those that the kernel gives to whoever asks for any: nobody takes one
# between its choice and the start of its server.  A range for each worker of
# pytest-xdist ("gw3").
PORTS_FIRST, PORTS_EACH = 11000, 1300
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw15")[2:])
PORTS_START = PORTS_FIRST + WORKER % 16 * PORTS_EACH
ports_given = itertools.count(os.getpid())


def free_port():
    """A TCP port that nobody uses at the moment."""
    for number in itertools.islice(ports_given, PORTS_EACH):
        with socket.socket() as sock:
            try:
                port = PORTS_START + number % PORTS_EACH
                sock.bind(("", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no port is free")


# Seconds until a test gives up what ought to happen soon: no measure of speed,
# and much more than a machine with a lot of other work needs.
PATIENCE = 60.0
# An account service keeps additions to quotas for a minute (PENDING_STAY_MS)
# that a database was too busy for, and stays as long.
QUOTA_PATIENCE = 150.0


def wait_for(what, ready, seconds=PATIENCE):
    """Calls ready() until it is true; else a TimeoutError says for what."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError("no %s after %g seconds" % (what, seconds))
        time.sleep(0.02)


def begin_early_in(period, seconds):
    """Waits for the clock's next period (60: minute), unless that many seconds
    are left of this one: who counts by periods counts less in the next."""
    left = period - time.time() % period
    if left < seconds:
        time.sleep(left)


def port_answers(port):
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex(("127.0.0.1", port)) == 0


def run(*command, **how):
    """A command that must succeed; its standard output."""
    done = subprocess.run(command, stdout=subprocess.PIPE, timeout=300,
                          stderr=subprocess.PIPE, check=False, **how)
    if done.returncode != 0:
        raise RuntimeError("%s: exit %d: %s%s" % (
            " ".join(map(str, command)), done.returncode, done.stdout,
            done.stderr))
    return done.stdout


def is_gone(pid):
    """Has the process ended?  Whether its parent has seen it or not."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] in (b"Z", b"X")
    except (FileNotFoundError, ProcessLookupError):
        return True


def kill(*pids):
    """SIGKILL, and what they were doing is over: a call into the kernel goes on
    for a moment."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_for("end of %s" % (pids,), lambda: all(map(is_gone, pids)))


def end_process(process, grace=30.0):
    """TERM, then KILL, by pid."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(grace)


class Mariadb:
    """A mariadbd of our own; as durable as the default one."""

    # Several run at once; the kernel's AIO contexts are few.
    FEW_RESOURCES = ("--innodb-use-native-aio=0",
                     "--innodb-buffer-pool-size=32M",
                     "--innodb-log-file-size=16M")

    user, password = "mail", "mail'pass\\word"

    def __init__(self, folder):
        self.folder = folder
        # One that starts removes the temporary tables of all in its TMPDIR.
        self.env = dict(os.environ, TMPDIR=folder + "/tmp")
        os.mkdir(folder + "/tmp")
        shutil.chown(folder + "/tmp", "mysql", "mysql")
        self.socket = folder + "/sock"
        self.port = free_port()
        self.process = None
        shutil.chown(folder, "mysql", "mysql")
        self.key, self.cert = folder + "/key.pem", folder + "/cert.pem"
        Certs.make(self.key, self.cert, "ec", "ec_paramgen_curve:prime256v1")
        shutil.chown(self.key, "mysql", "mysql")
        run("mariadb-install-db", "--no-defaults", "--user=mysql",
            "--datadir=" + folder + "/data", "--skip-test-db",
            "--auth-root-authentication-method=normal",
            *self.FEW_RESOURCES, env=self.env)
        self.start()
        quoted = self.password.replace("\\", "\\\\").replace("'", "''")
        for host in ("localhost", "%"):
            self.sql("CREATE USER '%s'@'%s' IDENTIFIED BY '%s'; "
                     "GRANT ALL ON `njiwa%%`.* TO '%s'@'%s'" % (
                         self.user, host, quoted, self.user, host))

    def start(self):
        with open(self.folder + "/log", "ab") as log:
            self.process = subprocess.Popen(
                ["mariadbd", "--no-defaults", "--user=mysql",
                 "--datadir=" + self.folder + "/data",
                 "--socket=" + self.socket, "--port=%d" % self.port,
                 "--bind-address=127.0.0.1", "--max-connections=300",
                 "--ssl-key=" + self.key, "--ssl-cert=" + self.cert,
                 "--pid-file=" + self.folder + "/pid",
                 "--innodb-flush-log-at-trx-commit=1",
                 "--performance-schema=off", *self.FEW_RESOURCES],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.env)
        wait_for("MariaDB (see %s/log)" % self.folder, self.answers, 120)

    def answers(self):
        if self.process.poll() is not None:
            raise RuntimeError("mariadbd ended, see %s/log" % self.folder)
        return subprocess.run(self.client(), input=b"SELECT 1", timeout=30,
                              stdout=subprocess.DEVNULL, check=False,
                              stderr=subprocess.DEVNULL).returncode == 0

    def client(self, database=""):
        return ["mariadb", "--no-defaults", "-S", self.socket, "-uroot", "-N",
                "-B", "--default-character-set=utf8mb4"] + \
            ([database] if database else [])

    def sql(self, text, database=""):
        """The rows, as lists of text."""
        out = run(*self.client(database), input=text.encode())
        return [line.split("\t") for line in out.decode().splitlines()]

    def stop(self):
        end_process(self.process, 30)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)


class Spamd:
    """The real spamd, local tests only (no network), on a free port."""

    gtube = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*" \
        b"GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"

    def __init__(self, folder, *options):
        self.port = free_port()
        self.address = "127.0.0.1:%d" % self.port
        # A group of its own: ending it must reach spamd's children too.
        with open(folder + "/log", "ab") as log:
            self.process = subprocess.Popen(
                ["spamd", "--local", "--listen=127.0.0.1:%d" % self.port,
                 "--username=nobody", "--nouser-config", "--max-children=2",
                 "--min-children=1", "--syslog=stderr",
                 "--pidfile=" + folder + "/pid", *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        wait_for("spamd (see %s/log)" % folder,
                 lambda: port_answers(self.port), 120)

    def stop(self):
        end_process(self.process)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


class Certs:
    """Self-signed certificates for localhost: ECDSA P-256, RSA, and the ECDSA
    key once more under a password."""

    password = "key password"

    def __init__(self, folder):
        self.key, self.cert = folder + "/key.pem", folder + "/cert.pem"
        self.rsa_key = folder + "/rsa_key.pem"
        self.rsa_cert = folder + "/rsa_cert.pem"
        self.encrypted_key = folder + "/encrypted_key.pem"
        self.make(self.key, self.cert, "ec", "ec_paramgen_curve:prime256v1")
        self.make(self.rsa_key, self.rsa_cert, "rsa", "rsa_keygen_bits:2048")
        run("openssl", "pkcs8", "-topk8", "-in", self.key, "-out",
            self.encrypted_key, "-v2", "aes-256-cbc", "-passout",
            "pass:" + self.password)

    @staticmethod
    def make(key, cert, algorithm, option):
        run("openssl", "req", "-x509", "-newkey", algorithm, "-pkeyopt",
            option, "-nodes", "-days", "30", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout", key, "-out", cert)

    def context(self, cert=None):
        """A client's context that trusts our certificate and nothing else."""
        context = ssl.create_default_context(cafile=cert or self.cert)
        context.check_hostname = False
        return context
