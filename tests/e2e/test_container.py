"""What an image of contrib/container needs to be right, without building one
(tests/container/run does that): its packages and paths; njiwa-init with the
rights that README.md says suffice, and under a filter that denies Landlock; its
check of health."""
import ctypes
import errno
import glob
import os
import re
import shutil
import signal
import struct
import subprocess

import pytest

import servers
from conftest import SOURCE, need
from init_under_test import Init
from site_under_test import MAIL_UID, Served
from test_launchers import free_ports, mail_goes_through, wait_for_ports

# Of every Debian there is.
BASE = {"libc6"}
# x86-64's and everybody's: landlock_create_ruleset and its fellows
LANDLOCK = range(444, 447)
LIBC = ctypes.CDLL(None)


def instructions():
    """The Containerfile's, each on one line."""
    with open(SOURCE + "/contrib/container/Containerfile") as text:
        lines = [line for line in text if not line.startswith("#")]
    return "".join(lines).replace("\\\n", " ").splitlines()


def packages(stage):
    """What a stage (0: builds, 1: runs) installs."""
    runs = [line for line in instructions() if "apt-get install" in line]
    words = runs[stage].split("--no-install-recommends")[1]
    return set(words.split("&&")[0].split())


def instruction(name):
    found = [line for line in instructions() if line.startswith(name + " ")]
    assert len(found) == 1, found
    return found[0][len(name) + 1:]


def shell_list(name):
    return set(servers.run("sh", "-c", ". %s/contrib/packages.sh; echo $%s" % (
        SOURCE, name)).decode().split())


def test_it_is_built_with_what_njiwa_is_built_with():
    assert packages(0) == shell_list("packages_build") - {"libcmocka-dev"}


def libraries_of(files):
    """The packages of the libraries that the files themselves name."""
    names = set(re.findall(r"\(NEEDED\).*\[(.*)\]", servers.run(
        "readelf", "--wide", "-d", *files).decode()))
    cache = servers.run("/sbin/ldconfig", "-p").decode()
    paths = {name: path for name, path in re.findall(
        r"^\t(\S+) \(libc6,[^)]*\) => (\S+)", cache, re.M)}
    real = {os.path.realpath(paths[name]) for name in names}
    # dpkg knows a file by the name it had before /lib became a link
    known = subprocess.run(
        ["dpkg-query", "-S", *real, *(p[len("/usr"):] for p in real)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    return {line.split(":")[0] for line in known.decode().splitlines()}


def test_it_has_the_libraries(plain_build, installed):
    need("readelf")
    files = [path for folder in ("bin/*", "libexec/njiwa/*", "lib/njiwa/*.so")
             for path in glob.glob(installed + "/" + folder)
             if not os.path.islink(path)]
    assert len(files) > 10
    assert libraries_of(files) - BASE == packages(1)


def test_its_paths(bare, installed):
    """What it starts is installed; its volumes and ports are the defaults."""
    for name in ("ENTRYPOINT", "HEALTHCHECK"):
        program = re.search(r'\["([^"]+)"', instruction(name)).group(1)
        assert os.access(program.replace("/usr", installed, 1), os.X_OK)

    def default(name):
        return servers.run(bare.build + "/njiwa", "config", "show", name,
                           env=bare.env).decode().split("= ")[1].split("\n")[0]

    volumes = {default("mail_root"), default("spool_dir"),
               os.path.dirname(default("sqlite_file"))}
    assert set(instruction("VOLUME").split()) == volumes
    listen = servers.run(bare.build + "/njiwa", "config", "show", "listen",
                         env=bare.env).decode()
    assert (sorted(instruction("EXPOSE").split()) ==
            sorted(re.findall(r":(\d+)", listen)))


def test_its_settings_are_right(bare):
    printed = [line for line in instructions() if "/etc/njiwa/njiwa.conf" in
               line][0].split("printf '%s\\n' ")[1]
    path = bare.folder + "/image.conf"
    with open(path, "w") as out:
        for line in re.findall("'([^']+)'", printed):
            out.write(line + "\n")
    said = servers.run(bare.build + "/njiwa", "-c", path, "config", "check",
                       env=bare.env).decode()
    assert said == path + ": no mistakes\n"


def readme():
    with open(SOURCE + "/README.md") as text:
        return text.read()


def test_readme_has_all_variables():
    """Each of the predecessor's, with the setting that it is."""
    with open(SOURCE + "/cmd/njiwa/njiwa.conf.5") as page:
        items = page.read().split("\n.It Ic ")
    known = {}
    for item in items:
        variable = re.search(r"^Environment:\n\.Ev (\S+)", item, re.M)
        if variable:
            known[variable.group(1)] = item.split("\n")[0]
    told = dict(re.findall(r"^\| `([A-Z_]+)`[^|]*\| `(\w+)` \|", readme(),
                           re.M))
    assert told == known


def rights(user):
    """The words for setpriv that give what README.md gives to podman."""
    line = [line for line in readme().replace("\\\n", " ").splitlines()
            if "--cap-drop=all" in line and ("--user" in line) == user]
    assert len(line) == 1, line
    kept = re.findall(r"--cap-add=(\w+)", line[0])
    words = ["setpriv", "--inh-caps=-all", "--no-new-privs",
             "--bounding-set=-all" + "".join(",+" + name for name in kept)]
    if user:
        uid, gid = re.search(r"--user=(\d+):(\d+)", line[0]).groups()
        assert int(uid) == MAIL_UID
        words += ["--reuid=" + uid, "--regid=" + gid, "--clear-groups"]
    return words


def owned(site, uid):
    """The site as it is in a container where njiwa is uid, with no rights to
    what others own."""
    keys = {"tls_key": site.certs.key, "tls_cert": site.certs.cert}
    for name, path in keys.items():
        site.conf(**{name: shutil.copy(path, site.folder)})
    for name in ("", "/run", "/accounts.sqlite", "/key.pem", "/log"):
        os.chown(site.folder + name, uid, uid)


@pytest.mark.parametrize("user", [False, True], ids=["root", "mail"])
def test_the_least_rights(make_site, plain_build, user):
    need("setpriv")
    site, ports = make_site("sqlite"), free_ports()
    ports["imap"] = servers.free_port()
    owned(site, MAIL_UID if user else 0)
    site.conf(log_level="info", listen=" ".join(
        "%s=127.0.0.1:%d" % item for item in ports.items()))
    process = site.spawn(*rights(user), site.build + "/njiwa-init")
    wait_for_ports(ports)
    mail_goes_through(ports, site.certs.context())
    # the tool, and the check of its health, with the same rights
    for words in (["njiwa", "user", "add", "-p", "x", "new@test.dev"],
                  ["njiwa-init", "-t"]):
        servers.run(*rights(user), site.build + "/" + words[0], *words[1:],
                    env=site.env)
    assert os.stat(site.maildir("new")).st_uid == MAIL_UID
    site.launchers["imap"] = Served(ports["imap"])
    client = site.imap()
    client.select()
    process.send_signal(signal.SIGTERM)
    # sooner than shutdown_grace, and told to
    assert process.wait(25) == 0
    assert b"* BYE" in client.file.read()
    for word in ("a program failed", "confined", "CAP_KILL", "did not end"):
        assert word not in site.log


def deny_landlock():
    """In a child: the filter of a container that knows no Landlock, which
    fails those calls with EPERM."""
    code = ((0x20, 0, 0, 0),                  # the call's number
            (0x35, 0, 2, LANDLOCK[0]),        # below: allowed
            (0x25, 1, 0, LANDLOCK[-1]),       # above: allowed
            (0x06, 0, 0, 0x00050000 | errno.EPERM),
            (0x06, 0, 0, 0x7fff0000))
    text = ctypes.create_string_buffer(
        b"".join(struct.pack("=HBBI", *row) for row in code))
    program = struct.pack("@HP", len(code), ctypes.addressof(text))
    assert LIBC.prctl(38, 1, 0, 0, 0) == 0  # no new privileges
    assert LIBC.prctl(22, 2, program, 0, 0) == 0


def test_a_filter_that_denies_landlock(make_site, plain_build):
    """Mail goes on, and njiwa-init says so once, for all that it forks; not
    with sandbox = require."""
    site = make_site("sqlite")
    site.init(("mx", "pop3", "pop3s"), preexec_fn=deny_landlock,
              log_level="info")
    mail_goes_through({name: site.port(name) for name in (
        "mx", "pop3", "pop3s")}, site.certs.context())
    said = re.findall(r"^(\S+)\[\d+\]: .*confined less than could be: there "
                      "is no Landlock here$", site.log, re.M)
    # connections that were sooner than their stem, programs of their own, too
    assert said.count("njiwa-init") == 1
    assert "cannot be confined" not in site.log
    site.conf(sandbox="require")
    os.kill(site.daemons[-1].pid, signal.SIGHUP)
    servers.wait_for("new settings", lambda: "reading the settings again" in
                     site.log)
    with pytest.raises(OSError):
        site.deliver("demo", b"Subject: x\r\n\r\n")
    assert "cannot be confined: Landlock" in site.log


def health(server):
    """What -t says of the njiwa-init that has this configuration."""
    done = subprocess.run([server.build + "/njiwa-init", "-t", "-c",
                           server.config], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=60, check=False)
    return done.returncode, done.stdout.decode()


def test_health(build, tmp_path):
    server = Init(build, str(tmp_path))
    for name in ("njiwa-smtpd", "njiwa-pop3d", "njiwa-imapd"):
        server.program(name, "#!/bin/sh\necho '+OK'; read -r line\n")
    server.start()
    status, said = health(server)
    assert status == 69
    assert re.findall(r": (\w+)=\*:\d+: its greeting is \+OK", said) == [
        "mx", "imap"]
    server.write(listen=server.listen("pop3", "pop3s"))
    assert health(server) == (0, "")
    server.program("njiwa-pop3d", "#!/bin/sh\n")
    status, said = health(server)
    assert status == 69 and said.endswith("no greeting: it hangs up\n")
    server.write(listen=server.listen("pop3s"))
    assert health(server) == (0, "")
    assert server.stop() == 0
    status, said = health(server)
    assert status == 69 and said.endswith("connect: Connection refused\n")
    server.write(listen="bogus")
    status, said = health(server)
    assert status == 78 and "bogus" in said


def test_health_behind_a_proxy(make_site):
    """The check says the header that the services wait for."""
    site = make_site("sqlite")
    site.init(("mx", "imap", "imaps"), proxy_networks="127.0.0.0/8")
    servers.run(site.build + "/njiwa-init", "-t", env=site.env)
