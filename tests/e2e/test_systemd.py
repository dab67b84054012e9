"""njiwa under systemd: the installed units in a booted container, once with a
program for each connection by systemd, once with njiwa-init on its sockets.
The container's root is made once, in a cache folder."""
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess

import pytest

import servers
from conftest import LOCAL, want
from init_under_test import children_of
from site_under_test import MAIL_UID
from test_launchers import free_ports, mail_goes_through, need_programs

CACHE = os.environ.get("NJIWA_E2E_CACHE", "/var/tmp/njiwa-e2e")
PACKAGES = ("systemd,systemd-sysv,dbus,libcrypt1,libgnutls30,libinih1,"
            "libmariadb3,libsqlite3-0")


@pytest.fixture(scope="session")
def rootfs():
    """A small Debian with systemd and the libraries that njiwa needs."""
    want("debootstrap", "systemd-nspawn")
    if os.geteuid() != 0:
        pytest.skip("only root can boot a container")
    path = CACHE + "/rootfs"
    os.makedirs(CACHE, exist_ok=True)
    with open(CACHE + "/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path):
            make_root(path)
    return path


def make_root(path):
    part = "%s.%d" % (path, os.getpid())
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", "--include=" + PACKAGES,
         "bookworm", part], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=400, check=False)
    if done.returncode != 0:
        shutil.rmtree(part, ignore_errors=True)
        pytest.skip("debootstrap cannot make a root: %s" %
                    done.stdout[-300:].decode("utf-8", "replace"))
    os.rename(part, path)


class Container:
    """The site in a booted container, with the host's network."""

    def __init__(self, site, rootfs, installed, sockets, mail):
        self.site = site
        self.ports = ports = free_ports()
        self.log_file = site.folder + "/console"
        self.local = site.folder + "/local"
        shutil.copytree(installed, self.local, symlinks=True)
        os.makedirs(self.local + "/etc/njiwa", exist_ok=True)
        shutil.copy(site.config, self.local + "/etc/njiwa/njiwa.conf")
        os.mkdir(site.folder + "/tls")
        shutil.copy(site.certs.key, site.folder + "/tls/tls_key.pem")
        shutil.copy(site.certs.cert, site.folder + "/tls/tls_cert.pem")
        for name in ports:
            self.drop_in(sockets % name, "[Socket]\nListenStream=\n"
                         "ListenStream=127.0.0.1:%d\n" % ports[name])
        if mail != "/data":
            # as njiwa-init(8) says
            self.drop_in("njiwa-.service", "[Service]\nReadWritePaths=%s\n"
                         "ProtectHome=no\n" % mail)
        wants = ["systemd.wants=" + sockets % name for name in ports]
        command = [
            "systemd-nspawn", "--quiet", "--boot", "--directory=" + rootfs,
            "--volatile=overlay", "--register=no", "--keep-unit",
            "--machine=njiwa-%d" % os.getpid(), "--link-journal=no",
            "--console=pipe", "--timezone=off", "--resolv-conf=off",
            "--system-call-filter=seccomp landlock_create_ruleset "
            "landlock_add_rule landlock_restrict_self",
            "--bind-ro=%s:%s" % (self.local, LOCAL),
            "--bind=%s:%s" % (site.data, mail),
            "--bind=%s/lib:/var/lib/njiwa" % site.folder,
            "--bind-ro=%s/tls:/tls" % site.folder,
            "systemd.wants=njiwa-accountd.socket"] + wants
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def drop_in(self, unit, text):
        folder = "%s/lib/systemd/system/%s.d" % (self.local, unit)
        os.mkdir(folder)
        with open(folder + "/test.conf", "w") as out:
            out.write(text)

    def journal(self, *words):
        """What journalctl prints in the container; None when it is down."""
        if self.process.poll() is not None:
            return None
        leader = children_of(self.process.pid)
        if not leader:
            return None
        done = subprocess.run(
            ["nsenter", "-t", str(leader[0]), "-m", "-p", "journalctl",
             "--no-pager", *words], timeout=30, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False)
        return done.stdout.decode("utf-8", "replace")

    def log(self):
        """The container's journal, or what its console said."""
        text = self.journal("-o", "short-monotonic")
        if text is not None:
            return text
        with open(self.log_file, "rb") as file:
            return file.read().decode("utf-8", "replace")

    def is_up(self):
        if self.process.poll() is not None:
            pytest.skip("no container can be booted here: " +
                        self.log()[-500:])
        return all(servers.port_answers(port) for port in self.ports.values())

    def stop(self):
        """An orderly power-off, then none."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)


@pytest.fixture(params=[("njiwa-%s.socket", "/data"),
                        ("njiwa-init-%s.socket", "/data"),
                        ("njiwa-%s.socket", "/home/mail")],
                ids=["connections", "init", "mail elsewhere"])
def container(request, make_site, plain_build, rootfs, installed):
    sockets, mail = request.param
    site = make_site("sqlite")
    need_programs(site, "njiwa-smtpd", "njiwa-pop3d", "njiwa-accountd")
    os.mkdir(site.folder + "/lib", 0o700)
    shutil.copy(site.settings["sqlite_file"], site.folder + "/lib/njiwa.db")
    hosts = site.data + "/host_list"
    shutil.copy(site.folder + "/host_list", hosts)
    os.chown(site.data, MAIL_UID, MAIL_UID)
    site.conf(log=None, runtime_dir=None, account_socket=None, mail_root=None,
              libexec_dir=None, sqlite_file=None, tls_key=None, tls_cert=None,
              mail_location=mail + "/%d/%n/Maildir",
              host_list=mail + "/host_list")
    box = Container(site, rootfs, installed, sockets, mail)
    yield box
    box.stop()


def test_mail_goes_through(container):
    servers.wait_for("container", container.is_up, 60)
    try:
        mail_goes_through(container.ports, container.site.certs.context())
    except Exception as why:
        raise AssertionError(container.log()) from why
    log = container.log()
    assert " login service=pop3 " in log, log
    assert "confined less than could be" not in log
    # systemd's own units may fail within a container; so may systemd, before
    # it starts a program, to make the cgroup of one that ends as it begins
    failed = set(re.findall(r"(njiwa\S*): Failed with result", log))
    never_begun = set(re.findall(r"(njiwa\S*): Main process exited, "
                                 r"code=exited, status=219/CGROUP", log))
    assert failed <= never_begun, log


@pytest.mark.parametrize("container", [("njiwa-%s.socket", "/data")],
                         ids=["connections"], indirect=True)
def test_the_journal_gets_fields(container):
    """An event can be found by whom it is about, without reading texts."""
    servers.wait_for("container", container.is_up, 60)
    mail_goes_through(container.ports, container.site.certs.context())

    def events():
        lines = container.journal("-o", "json", "NJIWA_SERVICE=pop3",
                                  "SYSLOG_IDENTIFIER=njiwa-pop3d")
        return [json.loads(line) for line in lines.splitlines()
                if line.startswith("{")]
    servers.wait_for("login in the journal", events)
    event = events()[0]
    assert event["NJIWA_USER"] == "demo@test.dev"
    assert event["NJIWA_RESULT"] == "ok"
    assert event["SYSLOG_IDENTIFIER"] == "njiwa-pop3d"
    assert event["PRIORITY"] == "6"
    assert event["MESSAGE"].startswith(event["NJIWA_TRACE"] + " login ")
