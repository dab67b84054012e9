"""One mail and one login through everything that can launch njiwa: a bare pipe,
njiwa-init, xinetd, tcpserver, and systemd in a booted container."""
import os
import poplib
import smtplib
import subprocess

import pytest

import servers
from conftest import need
from site_under_test import DOMAIN, PASSWORD, SERVICES

BACK_ENDS = ["sqlite"]
MESSAGE = (b"From: sender@example.org\r\nTo: demo@test.dev\r\n"
           b"Subject: through a launcher\r\n\r\n.one dot\r\n")


def send(port, recipient="demo@" + DOMAIN):
    with smtplib.SMTP("127.0.0.1", port, "client.example",
                      timeout=60) as client:
        client.sendmail("sender@example.org", [recipient], MESSAGE)


def fetch(port, context=None):
    """The one message of the demo user, and it is deleted."""
    if context:
        client = poplib.POP3_SSL("127.0.0.1", port, context=context,
                                 timeout=60)
    else:
        client = poplib.POP3("127.0.0.1", port, timeout=60)
    client.user("demo@" + DOMAIN)
    client.pass_(PASSWORD)
    assert client.stat()[0] == 1
    lines = client.retr(1)[1]
    client.dele(1)
    client.quit()
    return b"\r\n".join(lines) + b"\r\n"


def mail_goes_through(ports, context):
    """In by SMTP; out by POP3, once plain and once in TLS."""
    for service, tls in (("pop3", None), ("pop3s", context)):
        send(ports["mx"])
        got = fetch(ports[service], tls)
        assert got.endswith(MESSAGE), got
        assert b"Received: " in got


def need_programs(site, *names):
    for name in names:
        if not os.path.exists("%s/%s" % (site.build, name)):
            pytest.skip("%s is not built" % name)


def free_ports():
    return {name: servers.free_port() for name in ("mx", "pop3", "pop3s")}


def wait_for_ports(ports):
    servers.wait_for("listeners", lambda: all(
        servers.port_answers(port) for port in ports.values()))


def test_pipe(site):
    need_programs(site, "njiwa-smtpd", "njiwa-pop3d")
    answer = site.pipe("mx", b"EHLO client.example\r\n"
                       b"MAIL FROM:<sender@example.org>\r\n"
                       b"RCPT TO:<demo@test.dev>\r\nDATA\r\n" +
                       MESSAGE.replace(b"\r\n.", b"\r\n..") +
                       b".\r\nQUIT\r\n")
    assert b"\r\n221 " in answer, answer
    answer = site.pipe("pop3", b"USER demo@test.dev\r\nPASS thepassword\r\n"
                       b"RETR 1\r\nQUIT\r\n")
    assert MESSAGE.replace(b"\r\n.", b"\r\n..") + b".\r\n+OK" in answer


def test_init(site):
    need_programs(site, "njiwa-smtpd", "njiwa-pop3d")
    site.init(("mx", "pop3", "pop3s"))
    mail_goes_through({name: site.port(name) for name in (
        "mx", "pop3", "pop3s")}, site.certs.context())


def test_init_as_process_1(site):
    need("unshare")
    need_programs(site, "njiwa-smtpd", "njiwa-pop3d")
    ports = free_ports()
    site.conf(listen=" ".join("%s=127.0.0.1:%d" % item
                              for item in ports.items()))
    process = site.spawn("unshare", "--pid", "--fork", "--kill-child",
                         "--mount-proc", site.build + "/njiwa-init")
    wait_for_ports(ports)
    mail_goes_through(ports, site.certs.context())
    own = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)],
                         stdout=subprocess.PIPE, check=True).stdout
    os.kill(int(own), 15)
    assert process.wait(60) == 0


def test_xinetd(site):
    need("xinetd")
    need_programs(site, "njiwa-smtpd", "njiwa-pop3d")
    # fd 2 is the client's connection there: nothing may be logged to it
    site.conf(log="none", libexec_dir=site.build)
    ports = free_ports()
    text = servers.run(site.source + "/contrib/xinetd/make-services",
                       site.build).decode()
    wanted = []
    for block in text.split("\n\n"):
        for name, port in ports.items():
            if block.startswith("service njiwa-%s\n" % name):
                number = block.split("port\t\t= ")[1].split("\n")[0]
                block = block.replace("port\t\t= " + number,
                                      "port\t\t= %d" % port)
                passed = "\tpassenv\t\t= NJIWA_CONFIG NJIWA_LIBDIR\n}"
                wanted.append(block.replace("\n}", "\n" + passed))
    assert len(wanted) == 3
    path = site.folder + "/xinetd.conf"
    with open(path, "w") as out:
        out.write("\n\n".join(wanted) + "\n")
    site.spawn("xinetd", "-dontfork", "-f", path, "-pidfile",
               site.folder + "/xinetd.pid", "-filelog",
               site.folder + "/xinetd.log")
    wait_for_ports(ports)
    mail_goes_through(ports, site.certs.context())


def test_tcpserver(site):
    need("tcpserver")
    need_programs(site, "njiwa-smtpd", "njiwa-pop3d")
    ports = free_ports()
    for name, port in ports.items():
        site.spawn(site.source + "/contrib/tcpserver/run", name, str(port),
                   env={"ADDRESS": "127.0.0.1",
                        "NJIWA_LIBEXEC_DIR": site.build})
    wait_for_ports(ports)
    mail_goes_through(ports, site.certs.context())


def test_contrib_knows_all_services(site):
    """What the examples name is what there is."""
    text = servers.run(site.source + "/contrib/xinetd/make-services").decode()
    for name, (program, profile, _) in SERVICES.items():
        if name == "lmtp":
            continue  # for a Unix socket, which xinetd has not
        assert "service njiwa-%s\n" % name in text
        assert "/%s\n\tserver_args\t= -p %s\n" % (program, profile) in text
