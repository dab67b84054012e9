"""The image of contrib/container as a site runs it: tests/container/run builds
it and says its name in NJIWA_IMAGE.  Variables alone, MariaDB and spamd beside
it, and README.md's three ways to run it."""
import imaplib
import json
import os
import re
import shutil
import subprocess
import time

import pytest

import servers
from conftest import SOURCE, subfolder
from servers import run
from site_under_test import MAIL_UID

IMAGE = os.environ["NJIWA_IMAGE"]
USER, PASSWORD = "test@test.dev", "thepassword"
PORTS = ("mx", "submission", "imap", "imaps", "pop3", "pop3s")
# for the sandbox that tests run in; njiwa needs none of these
HERE = ["--network=host", "--ulimit=nofile=4096:4096",
        "--ulimit=nproc=4096:4096"]


def podman(*words):
    return run("podman", "--runtime", "runc", *words).decode()


def readme_options(user):
    """The options of README.md's command lines with the least rights."""
    with open(SOURCE + "/README.md") as text:
        lines = text.read().replace("\\\n", " ").splitlines()
    line = [line for line in lines if "--cap-drop=all" in line and
            ("--user" in line) == user]
    return line[0].split()[2:-1]


WAYS = {"default": [], "root": readme_options(False),
        "mail": readme_options(True)}


class Box:
    """A container with folders of the host, and its ports on loopback."""

    def __init__(self, folder, mariadb, certs, spamd, way):
        self.folder, self.way = folder, way
        self.mariadb = mariadb
        self.ports = {name: servers.free_port() for name in PORTS}
        self.name = "njiwa-test-%d-%s" % (os.getpid(), way)
        self.database = "njiwa_" + way
        mariadb.sql("CREATE DATABASE " + self.database)
        owner = MAIL_UID if way == "mail" else 0
        for name, uid in (("data", MAIL_UID), ("spool", MAIL_UID),
                          ("lib", 0), ("tls", owner), ("secrets", owner)):
            os.mkdir(folder + "/" + name)
            os.chown(folder + "/" + name, uid, uid)
        shutil.copy(certs.encrypted_key, folder + "/tls/tls_key.pem")
        shutil.copy(certs.cert, folder + "/tls/tls_cert.pem")
        for name, text in (("db", mariadb.password), ("key", certs.password)):
            with open(folder + "/secrets/" + name, "w") as out:
                out.write(text + "\n")
            os.chmod(folder + "/secrets/" + name, 0o400)
            os.chown(folder + "/secrets/" + name, owner, owner)
        os.chmod(folder + "/tls/tls_key.pem", 0o400)
        os.chown(folder + "/tls/tls_key.pem", owner, owner)
        self.secrets = (mariadb.password, certs.password, PASSWORD)
        self.variables = {
            "HOSTNAME": "mail.test.dev", "MYSQL_HOST": "127.0.0.1",
            "MYSQL_PORT": str(mariadb.port), "MYSQL_USER": mariadb.user,
            "MYSQL_DATABASE": self.database, "NJIWA_SPAMD": spamd.address,
            "NJIWA_SPAM_FOLDER": "",
            # a query of the site's own: magic@ is test@
            "NJIWA_ALIAS_QUERY": "SELECT 'alias', 'test@test.dev' FROM users "
                                 "WHERE %u = 'magic@test.dev' LIMIT 1",
            "NJIWA_LISTEN": " ".join("%s=127.0.0.1:%d" % item
                                     for item in self.ports.items())}
        if way == "default":
            self.variables.update(MYSQL_PASS=mariadb.password,
                                  SSL_KEY_PASSWORD=certs.password)
        else:
            self.variables.update(MYSQL_PASS_FILE="/run/secrets/db",
                                  SSL_KEY_PASSWORD_FILE="/run/secrets/key")

    def start(self):
        volumes = ["-v%s/%s:%s" % (self.folder, name, path) for name, path in (
            ("data", "/data"), ("spool", "/var/spool/njiwa"),
            ("lib", "/var/lib/njiwa"), ("tls", "/tls:ro"),
            ("secrets", "/run/secrets:ro"))]
        variables = ["-e%s=%s" % item for item in self.variables.items()]
        podman("run", "-d", "--no-healthcheck", "--name", self.name, *HERE,
               *WAYS[self.way], *volumes, *variables, IMAGE)
        self.wait()

    def wait(self):
        servers.wait_for("container: " + self.log(), lambda: all(
            servers.port_answers(port) for port in self.ports.values()))

    def log(self):
        return subprocess.run(["podman", "logs", self.name], timeout=60,
                              stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.STDOUT).stdout.decode()

    def exec(self, *words):
        return podman("exec", self.name, *words)

    def remove(self):
        subprocess.run(["podman", "rm", "-f", "-t", "1", self.name],
                       timeout=60, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)

    def swaks(self, to, *words):
        return run("swaks", "--server", "127.0.0.1:%d" % self.ports["mx"],
                   "--from", "a@example.org", "--to", to, *words).decode()

    def curl(self, service, path, *words):
        return run("curl", "-sS", "-k", "--ssl-reqd", "-u",
                   USER + ":" + PASSWORD, "%s://127.0.0.1:%d/%s" % (
                       service, self.ports[service], path), *words).decode()


@pytest.fixture(params=WAYS)
def box(request, scratch, mariadb, certs, spamd):
    made = Box(subfolder(scratch, "box-" + request.param), mariadb, certs,
               spamd, request.param)
    try:
        yield made
    finally:
        print(made.log())
        made.remove()


def test_the_image():
    image = json.loads(podman("image", "inspect", IMAGE))[0]
    script = """
for tool in cc gcc make autoconf; do command -v $tool; done
find / -xdev -perm /6000 -type f
ls /var/lib/apt/lists /var/cache/apt/archives/*.deb 2>/dev/null | grep -v :
stat -c '%n %u:%g %a' /data /var/spool/njiwa /var/lib/njiwa
find /usr/libexec/njiwa /usr/lib/njiwa /etc/njiwa ! -user 0 -o -perm /022 \
    ! -type l
dpkg-query -W -f 'P ${Package}\\n' | wc -l
"""
    said = podman("run", "--rm", "--no-healthcheck", *HERE, "--entrypoint",
                  "sh", IMAGE, "-c", script).splitlines()
    assert said[:-1] == ["/data 8:8 755", "/var/spool/njiwa 8:8 700",
                         "/var/lib/njiwa 0:0 700"]
    print("packages:", said[-1], "octets:", image["Size"])
    layers = image["RootFS"]["Layers"]
    assert len(layers) <= 4, layers
    assert image["Healthcheck"]["Test"] == [
        "CMD", "/usr/libexec/njiwa/njiwa-init", "-t"]
    text = json.dumps(image)
    assert "PASS" not in text and "SECRET" not in text


def test_a_site(box):
    box.start()
    # the predecessor's way to a hash; tables, a domain, a user
    assert box.exec("doveadm", "pw", "-s", "MD5-CRYPT", "-p",
                    "x").startswith("{MD5-CRYPT}$1$")
    assert "applied" in box.exec("njiwa", "db", "migrate")
    box.exec("njiwa", "domain", "add", "test.dev")
    box.exec("njiwa", "user", "add", "-p", PASSWORD, USER)
    owner = os.stat(box.folder + "/data/test.dev/test/Maildir")
    assert (owner.st_uid, owner.st_gid) == (MAIL_UID, MAIL_UID)

    # in by SMTP, in TLS, by an alias of the site's own query; spam is tagged
    box.swaks(USER, "--header", "Subject: one")
    box.swaks("magic@test.dev", "--tls", "--header", "Subject: two")
    box.swaks(USER, "--header", "Subject: three", "--body",
              servers.Spamd.gtube.decode())
    # out by POP3 and IMAP, with STARTTLS and TLS
    assert "Subject: one" in box.curl("pop3", "1")
    assert "Subject: two" in box.curl("imaps", "INBOX;MAILINDEX=2")
    spam = box.curl("pop3s", "3")
    assert re.search(r"^Subject: \*\*\* SPAM \*\*\* three", spam, re.M), spam
    status = "STATUS INBOX (MESSAGES UIDVALIDITY)"
    before = box.curl("imap", "", "-X", status)
    assert "MESSAGES 3" in before

    # healthy, no zombies, no secrets
    box.exec("/usr/libexec/njiwa/njiwa-init", "-t")
    box.exec("sh", "-c", "sleep 0.1 & sleep 0.1 & exit 0")
    servers.wait_for("the end of orphans", lambda: not {
        "Z", "sleep"} & set(podman("top", box.name, "state",
                                   "comm").split()))
    seen = box.log()
    if box.way == "default":
        seen += box.exec("cat", "/proc/1/environ")
    for secret in box.secrets:
        assert secret not in seen
    assert "confined" not in box.log(), box.log()

    # stopped in good order and in time, with a client in the middle
    client = imaplib.IMAP4_SSL("127.0.0.1", box.ports["imaps"])
    client.login(USER, PASSWORD)
    began = time.monotonic()
    podman("stop", box.name)
    assert time.monotonic() - began < 8
    assert b"* BYE" in client.file.read()
    state = json.loads(podman("inspect", box.name))[0]
    assert state["State"]["ExitCode"] == 0
    if box.way == "default":
        # the predecessor's file of domains is one of the container's own
        podman("start", box.name)
        box.wait()
        box.exec("sh", "-c",
                 'echo "list.dev" >> /srv/haraka/config/host_list')
        assert "list.dev" in box.exec("njiwa", "domain", "list")
        podman("stop", box.name)
    else:
        diff = podman("diff", box.name).split("\n")
        assert not [line for line in diff if not re.match(
            r"[AC] (/run|/tls|/data|/var|/etc|/dev|/proc|/sys|/tmp)|$",
            line)], diff

    # a new one on the same folders has everything
    box.remove()
    box.start()
    assert box.curl("imap", "", "-X", status) == before
    assert "Subject: one" in box.curl("pop3", "1")


def test_settings_that_are_wrong():
    """It says why, and ends."""
    done = subprocess.run(
        ["podman", "--runtime", "runc", "run", "--rm", "--no-healthcheck",
         *HERE, "-eMYSQL_PASS=one", "-eMYSQL_PASS_FILE=/run/secrets/db",
         "-eNJIWA_SMTP_MAX_HOP=5", IMAGE], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=60, check=False)
    said = done.stdout.decode()
    assert done.returncode == 78, said
    assert "MYSQL_PASS_FILE: the variable without _FILE is set as well" in said
    assert "did you mean smtp_max_hops?" in said
