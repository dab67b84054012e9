"""What njiwa-init is to a stem (common/svc/stem.h): passes it connections."""
import os
import socket
import struct
import subprocess
import threading

READY, CONNECTION, SERVED, STALE, FAILED = range(1, 6)


class Stem:
    """`command -s`, its line as descriptor 3."""

    def __init__(self, command, env, log, enter=None):
        self.line, end = socket.socketpair(
            socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.line.settimeout(60)
        with end, open(log, "ab") as out:
            self.process = subprocess.Popen(
                ["/bin/bash", "-c", 'exec "$@" -s 3<&%d' % end.fileno(), "sh",
                 *command], env=env, stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, pass_fds=(end.fileno(),), start_new_session=True,
                preexec_fn=enter)

    def answer(self):
        """(type, number); None when it has hung up."""
        octets = self.line.recv(64)
        return struct.unpack("=HI", octets) if octets else None

    def ready(self):
        return self.answer() == (READY, 0)

    def send(self, sock, kind=CONNECTION):
        socket.send_fds(self.line, [struct.pack("=H", kind)],
                        [sock.fileno()] if sock else [])

    def pass_on(self, sock):
        """The pid of the process that serves the connection."""
        self.send(sock)
        kind, value = self.answer()
        return value if kind == SERVED else None

    def end(self):
        self.line.close()
        return self.process.wait(60)


REAP = 0.1  # seconds from the end of a child until it is reaped


def connections(launcher):
    """The connections that an accept loop is given, until it is closed;
    meanwhile its children are reaped."""
    while True:
        try:
            launcher.listener.settimeout(REAP if launcher.children else None)
            conn, _ = launcher.listener.accept()
        except TimeoutError:
            conn = None
        except OSError:
            return
        if conn:
            yield conn
        ended = [c for c in launcher.children if c.poll() is not None]
        launcher.children = [c for c in launcher.children if c not in ended]
        launcher.codes += [c.returncode for c in ended]


class Child:
    """A process that a stem has forked; it is ours to reap."""

    def __init__(self, pid):
        self.pid, self.returncode = pid, None

    def poll(self):
        if self.returncode is None:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


class Launcher:
    """An accept loop on loopback that has a stem fork for each connection, and
    renews it when it says so, as njiwa-init does."""

    def __init__(self, command, env, log):
        self.command, self.env, self.log = command, env, log
        self.enter = None
        self.stem, self.children, self.codes = None, [], []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def renew(self):
        if self.stem:
            self.stem.end()
        self.stem = Stem(self.command, self.env, self.log, self.enter)
        if not self.stem.ready():
            self.stem.end()
            self.stem = None  # settings with a mistake

    def serve(self, conn):
        pid = self.stem.pass_on(conn) if self.stem else None
        if pid is None:
            self.renew()
            pid = self.stem.pass_on(conn) if self.stem else None
        if pid:
            self.children.append(Child(pid))

    def accept(self):
        for conn in connections(self):
            with conn:
                self.serve(conn)

    def close(self):
        # shutdown wakes the accept; close alone would not.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)
        if self.stem:
            self.stem.end()
