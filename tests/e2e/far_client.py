"""Clients from wherever a test likes: the program on a socket pair, which has
no address of its own, so that the launcher's variables say it."""
import socket
import subprocess


class Far:
    """Stands for a site where one is to be connected to (Talk, Client)."""

    def __init__(self, site, address, prefix=()):
        self.site, self.address = site, address
        self.prefix = list(prefix)  # a command that runs another
        self.certs, self.track = site.certs, site.track

    def connect(self, service, tls=None, timeout=60):
        assert not tls
        ours, theirs = socket.socketpair()
        env = dict(self.site.env, PROTO="TCP", TCPREMOTEIP=self.address,
                   TCPREMOTEPORT="4711", TCPLOCALIP="192.0.2.250",
                   TCPLOCALPORT="25")
        with theirs, open(self.site.log_file, "ab") as log:
            self.process = subprocess.Popen(
                self.prefix + self.site.command(service), env=env, stdin=theirs,
                stdout=theirs, stderr=log, start_new_session=True)
        self.site.daemons.append(self.process)
        ours.settimeout(timeout)
        return self.track(ours)
