"""Whose connection it is when a proxy says so: the PROXY protocol in front of
SMTP, POP3 and IMAP, by hand and by a real HAProxy; XCLIENT."""

import pytest

import servers
from conftest import need
from proxy_under_test import V2_LOCAL, v1, v2
from site_under_test import SERVICES, Served, full
from smtp_talk import Talk

CLIENT4, CLIENT6 = "192.0.2.77", "2001:db8::77"


def behind(site, service, header):
    """A connection that begins with the header; behind TLS where it is."""
    sock = site.connect(service, tls=False)
    sock.sendall(header)
    if SERVICES[service][2]:
        sock = site.track(site.certs.context().wrap_socket(sock))
    return sock


class Proxied(Talk):
    def __init__(self, site, header, service="mx"):
        self.site, self.buffer = site, b""
        self.sock = behind(site, service, header)
        self.greeting = self.reply()


@pytest.mark.parametrize("header, client", [
    (v1(CLIENT4), CLIENT4), (v1(CLIENT6, target="::1"), "IPv6:" + CLIENT6),
    (v2(CLIENT4), CLIENT4), (v2(CLIENT6), "IPv6:" + CLIENT6),
    (v2(CLIENT4, tlv=b"\x04\0\x04abcd"), CLIENT4),
    (V2_LOCAL, "127.0.0.1"), (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
])
def test_received_and_log_name_the_client(lite, header, client):
    lite.conf(proxy_networks="10.0.0.0/8 127.0.0.1")
    talk = Proxied(lite, header)
    assert talk.greeting[0] == 220
    talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.message() == 250
    stored, = lite.contents("demo")
    assert ("([%s])" % client).encode() in stored
    lite.wait_log("message accepted")
    assert "peer=" + client.replace("IPv6:", "") in lite.log


@pytest.mark.parametrize("header", [v1(CLIENT4), v2(CLIENT4)])
def test_header_and_commands_in_one_packet(lite, header):
    lite.conf(proxy_networks="127.0.0.1")
    talk = Proxied(lite, header + b"EHLO me\r\nQUIT\r\n")
    assert talk.greeting[0] == 220
    assert [talk.reply()[0], talk.reply()[0]] == [250, 221]


@pytest.mark.parametrize("service", ["submissions", "imaps", "pop3s"])
@pytest.mark.parametrize("header", [v1(CLIENT4), v2(CLIENT4)])
def test_header_before_tls(lite, service, header):
    lite.conf(proxy_networks="127.0.0.1")
    sock = behind(lite, service, header)
    greeting = sock.recv(4096)
    assert greeting.startswith((b"220 ", b"* OK ", b"+OK "))
    login = {"imaps": b"a LOGIN demo@test.dev wrong\r\n",
             "pop3s": b"USER demo@test.dev\r\nPASS wrong\r\n"}.get(service)
    if login:
        sock.sendall(login)
        lite.wait_log("client=" + CLIENT4)


@pytest.mark.parametrize("service", ["imap", "pop3"])
def test_login_is_the_clients(lite, service):
    """A stranger's password is not taken in the clear because the proxy that
    brings him is this machine."""
    lite.conf(proxy_networks="127.0.0.1")
    sock = behind(lite, service, v2(CLIENT4))
    greeting = sock.recv(4096)
    if service == "imap":
        assert b"LOGINDISABLED" in greeting
        sock.sendall(b"a LOGIN demo@test.dev x\r\n")
        assert sock.recv(4096).startswith(b"a NO [PRIVACYREQUIRED]")
    else:
        sock.sendall(b"USER demo@test.dev\r\n")
        assert sock.recv(4096).startswith(b"-ERR")


@pytest.mark.parametrize("header", [
    b"EHLO client.example\r\n", b"PROXY TCP4 1.2.3.4\r\n1234567890",
    b"PROXY TCP4 1.2.3.4 1.2.3.4 1 99999\r\n", v2(CLIENT4)[:13] + b"\xff" * 20,
    v2(CLIENT4)[:-1] + b"", b"\r\n\r\n\0\r\nQUIT\r\n....."])
def test_no_header_no_service(lite, header):
    lite.conf(proxy_networks="127.0.0.1")
    sock = lite.connect("mx")
    sock.sendall(header)
    sock.shutdown(1)
    try:
        assert sock.recv(100) == b""
    except ConnectionResetError:
        pass  # it had not read all of it
    lite.wait_log("sent no PROXY header that makes sense")


def test_headers_of_others_are_no_commands(lite):
    lite.conf(proxy_networks="10.0.0.0/8")
    talk = Talk(lite)
    assert talk.greeting[0] == 220
    assert talk.say(v1(CLIENT4).rstrip()) == 500


def test_too_often_is_counted_by_client(lite):
    lite.conf(proxy_networks="127.0.0.1", rate_connections=2,
              rate_connections_network=0)
    servers.begin_early_in(60, 10)
    for _ in range(2):
        assert Proxied(lite, v1(CLIENT4)).greeting[0] == 220
    assert Proxied(lite, v1(CLIENT4)).greeting[0] == 421
    assert Proxied(lite, v1("192.0.2.78")).greeting[0] == 220


def test_starttls_behind_a_proxy(lite):
    lite.conf(proxy_networks="127.0.0.1")
    talk = Proxied(lite, v2(CLIENT4))
    talk.ehlo()
    talk.starttls()
    talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.message() == 250
    stored, = lite.contents("demo")
    assert CLIENT4.encode() in stored and b"with ESMTPS" in stored


# ---- XCLIENT

def test_xclient(lite):
    lite.conf(xclient_networks="127.0.0.1")
    talk = Talk(lite)
    assert "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT" in \
        talk.ehlo()
    assert talk.say("XCLIENT NAME=far.example ADDR=%s PORT=4711 HELO=far.helo"
                    % CLIENT4) == 220
    assert talk.say("MAIL FROM:<>") == 503, "the greeting was forgotten"
    talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.message() == 250
    stored, = lite.contents("demo")
    assert b"Received: from far.helo (" in stored
    assert ("(far.example [%s])" % CLIENT4).encode() in stored
    lite.wait_log("peer=" + CLIENT4)


def test_xclient_of_strangers(lite):
    talk = Talk(lite)
    assert not [word for word in talk.ehlo() if word.startswith("XCLIENT")]
    assert talk.say("XCLIENT ADDR=" + CLIENT4) == 502


@pytest.mark.parametrize("starttls", [False, True])
def test_xclient_handed_on(lite, starttls):
    """A proxy's client has its words handed on: XCLIENT is not among them."""
    lite.conf(xclient_networks="127.0.0.1")
    talk = Talk(lite)
    talk.ehlo()
    assert talk.say("XCLIENT NAME=far.example") == 220, "in pieces"
    assert talk.say("XCLIENT ADDR=" + CLIENT4) == 220
    assert not [word for word in talk.ehlo() if word.startswith("XCLIENT")]
    if starttls:
        talk.starttls()
        assert not [word for word in talk.ehlo() if word.startswith("XCL")]
    assert talk.say("XCLIENT ADDR=127.0.0.1") == 502
    assert talk.envelope("demo@test.dev") == [250]


def test_xclient_login(lite):
    lite.conf(xclient_networks="127.0.0.1")
    talk = Talk(lite, "submission")
    talk.ehlo()
    assert talk.say("MAIL FROM:<demo@test.dev>") == 530
    assert talk.say("XCLIENT LOGIN=nobody@test.dev") == 454
    assert talk.say("XCLIENT LOGIN=demo@test.dev ADDR=" + CLIENT4) == 220
    talk.ehlo()
    assert talk.envelope("other@test.dev", sender="demo@test.dev") == [250]
    assert talk.message() == 250
    stored, = lite.contents("other")
    assert b"with ESMTPA" in stored


def test_xclient_after_starttls(lite):
    lite.conf(xclient_networks="127.0.0.1")
    talk = Talk(lite)
    talk.ehlo()
    talk.starttls()
    talk.ehlo()
    assert talk.say("XCLIENT ADDR=IPV6:" + CLIENT6) == 220
    talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.message() == 250
    stored, = lite.contents("demo")
    assert ("[IPv6:%s])" % CLIENT6).encode() in stored


# ---- a real proxy

HAPROXY = """
defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s
"""
LINE = """
listen %s
    bind 127.0.0.1:%d
    server s 127.0.0.1:%d %s
"""


@pytest.mark.parametrize("option", ["send-proxy", "send-proxy-v2"])
def test_haproxy(lite, option, request):
    need("haproxy")
    lite.conf(proxy_networks="127.0.0.1")
    lite.accountd()
    ports, config, behind_it = {}, HAPROXY, []
    for service in ("mx", "submissions", "imaps"):
        ports[service] = servers.free_port()
        config += LINE % (service, ports[service], lite.port(service), option)
    with open(lite.folder + "/haproxy.cfg", "w") as out:
        out.write(config)
    lite.spawn("haproxy", "-f", lite.folder + "/haproxy.cfg", "-db")
    for service, port in ports.items():
        servers.wait_for("haproxy", lambda port=port:
                         servers.port_answers(port))
        behind_it.append(lite.launchers[service])
        lite.launchers[service] = Served(port)
    request.addfinalizer(lambda: [each.close() for each in behind_it])
    client = lite.smtp()
    client.sendmail("s@example.org", [full("demo")], b"Subject: x\r\n\r\ny\r\n")
    client.quit()
    sent = lite.smtp("submissions", login="demo")
    sent.sendmail(full("demo"), [full("demo")], b"Subject: x\r\n\r\nz\r\n")
    sent.quit()
    box = lite.imap(service="imaps")
    assert box.select()[1] == [b"2"]
    box.logout()

