"""An njiwa-accountd of a site: on a pair, as the keepers start it, and behind
a listening socket, as systemd does."""
import os
import socket
import subprocess

import servers
from accountd_client import Client


def start(site, stdin, **how):
    with open(site.log_file, "ab") as log:
        return subprocess.Popen(
            [site.build + "/njiwa-accountd", "-c", site.config], stdin=stdin,
            stdout=subprocess.DEVNULL, stderr=log, env=site.env, **how)


def pair_of(site):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client = Client(ours)
    client.process = start(site, theirs)
    theirs.close()
    return client


class Service:
    """njiwa-accountd with a listening socket as fd 0."""

    def __init__(self, site, **how):
        self.path = site.folder + "/run/test.sock"
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.path)
        os.chmod(self.path, 0o666)
        self.listener.listen(128)
        self.process = start(site, self.listener, **how)
        self.clients = []

    def client(self):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sock.connect(self.path)
        self.clients.append(Client(sock))
        return self.clients[-1]

    def workers(self):
        with open("/proc/%d/task/%d/children" % (
                self.process.pid, self.process.pid)) as file:
            return [int(pid) for pid in file.read().split()]

    def close(self):
        for client in self.clients:
            client.close()
        servers.end_process(self.process)
        self.listener.close()


def quota_row(site, name):
    rows = site.sql("SELECT bytes, messages FROM quota "
                    "WHERE username = '%s'" % name)
    return [int(value) for value in rows[0]] if rows else None
