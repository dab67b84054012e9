"""Logins by SCRAM-SHA-256 and SCRAM-SHA-256-PLUS in SMTP, IMAP and POP3, with a
client of our own and with gsasl's."""
import base64
import ssl
import subprocess

import pytest

import servers
from conftest import need, need_module
from scram_client import PROTOCOLS, Scram, Smtp, b64, log_in
from scram_site import talk_to, turn_on
from site_under_test import PASSWORD, full

PLAIN_PORTS = ("submission", "imap", "pop3")
TLS_PORTS = ("submissions", "imaps", "pop3s")
PLUS = "SCRAM-SHA-256-PLUS"


def unique_of(talk):
    return talk.sock.get_channel_binding("tls-unique")


def tls12(site, service):
    """A conversation over TLS 1.2, for its tls-unique."""
    context = site.certs.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    sock = site.connect(service, tls=False)
    talk = PROTOCOLS[service](site.track(context.wrap_socket(sock)))
    assert talk.sock.version() == "TLSv1.2"
    return talk


class Exporter:
    """A socket over pyOpenSSL, which can export keying material (RFC 9266)."""

    def __init__(self, site, service):
        openssl = need_module("OpenSSL.SSL")
        raw = site.connect(service, tls=False)
        raw.setblocking(True)
        context = openssl.Context(openssl.TLS_CLIENT_METHOD)
        self.conn = openssl.Connection(context, raw)
        self.conn.set_connect_state()
        self.conn.do_handshake()
        assert self.conn.get_protocol_version_name() == "TLSv1.3"
        self.binding = self.conn.export_keying_material(
            b"EXPORTER-Channel-Binding", 32, b"")
        self.sendall, self.recv = self.conn.sendall, self.conn.recv


def tls13(site, service):
    return PROTOCOLS[service](Exporter(site, service))


# ---- that it works

def test_the_client_is_right():
    """RFC 7677 section 3."""
    scram = Scram("user", "pencil", nonce="rOprNGfwEbeRWgbNEkqO")
    assert scram.first() == "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    assert scram.final(
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096") == (
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    scram.verify("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")


@pytest.mark.parametrize("early", [True, False])
def test_logs_in(site, early):
    turn_on(site)
    for service in PLAIN_PORTS:
        talk = talk_to(site, service)
        assert talk.capabilities() == ["SCRAM-SHA-256", "PLAIN", "LOGIN"]
        line = log_in(talk, Scram(full("demo"), PASSWORD), early=early)
        assert line.startswith(talk.good), (service, line)
    talk.send("STAT")
    assert talk.line() == "+OK 0 0"
    site.wait_log("user=demo@test.dev client=127.0.0.1 tls=no result=ok")
    assert PASSWORD not in site.log


def test_user_is_who_he_says_in_any_case(site):
    """A row's name is his, however he writes it."""
    turn_on(site)
    talk = talk_to(site, "imap")
    line = log_in(talk, Scram("DEMO@Test.DEV", PASSWORD))
    assert line.startswith("a OK"), line


def test_bound_to_tls_12(site):
    turn_on(site)
    for service in TLS_PORTS:
        talk = tls12(site, service)
        assert talk.capabilities()[:2] == [PLUS, "SCRAM-SHA-256"]
        line = log_in(talk, Scram(full("demo"), PASSWORD, "p=tls-unique",
                                  unique_of(talk)), PLUS)
        assert line.startswith(talk.good), (service, line)


def test_bound_to_tls_13(site):
    turn_on(site)
    for service in TLS_PORTS:
        talk = tls13(site, service)
        assert talk.capabilities()[:2] == [PLUS, "SCRAM-SHA-256"]
        line = log_in(talk, Scram(full("demo"), PASSWORD, "p=tls-exporter",
                                  talk.sock.binding), PLUS)
        assert line.startswith(talk.good), (service, line)


def gsasl(site, service, *words, password=PASSWORD):
    need("gsasl")
    command = ["gsasl", "--client", "--" + service,
               "--connect=127.0.0.1:%d" % site.port(
                   "submission" if service == "smtp" else service),
               "--hostname=localhost",
               "--x509-ca-file=" + site.certs.cert,
               "--authentication-id=" + full("demo"),
               "--password=" + password, "--authorization-id=", *words]
    return subprocess.run(command, stdin=subprocess.DEVNULL, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False).stdout.decode()


@pytest.mark.parametrize("priority", ["NORMAL", "NORMAL:-VERS-TLS1.3"])
def test_gsasl_behind_tls(site, priority):
    """GNU SASL's own client, with either of its bindings and with none."""
    turn_on(site)
    for mechanism, words in ((PLUS, ()), ("SCRAM-SHA-256", ("--no-cb",))):
        out = gsasl(site, "imap", "--starttls", "--mechanism=" + mechanism,
                    "--priority=" + priority, *words)
        assert "Client authentication finished (server trusted)" in out, out
    site.logged("tls=yes result=ok", 2)
    out = gsasl(site, "imap", "--starttls", "--mechanism=" + PLUS,
                password="wrong")
    assert "AUTHENTICATIONFAILED" in out, out


def test_gsasl_in_smtp(site):
    """It says STARTTLS before EHLO, which is nobody's to understand: without
    TLS, then."""
    turn_on(site)
    out = gsasl(site, "smtp", "--no-starttls", "--mechanism=SCRAM-SHA-256")
    assert "Client authentication finished (server trusted)" in out, out
    site.wait_log("tls=no result=ok")


# ---- that it fails

def test_wrong_password(site):
    turn_on(site)
    for service in PLAIN_PORTS:
        talk = talk_to(site, service)
        talk.capabilities()
        for user in (full("demo"), full("nobody"), "nobody", "=,@,=",
                     "x@elsewhere.org"):
            line = log_in(talk, Scram(user, "wrong"))
            assert line.startswith(talk.stranger), (service, user, line)
        line = log_in(talk, Scram(full("demo"), PASSWORD))
        assert line.startswith(talk.good), (service, line)
    site.wait_log("user=nobody@test.dev client=127.0.0.1 tls=no result=denied")


def first_answer(talk, user, mechanism="SCRAM-SHA-256"):
    """Salt and iterations of a user."""
    talk.capabilities()
    line = talk.begin(mechanism, b64(Scram(user, "").first().encode()))
    assert line.startswith(talk.goes_on), line
    said = base64.b64decode(line[len(talk.goes_on):]).decode()
    talk.answer("*")
    fields = dict(f.split("=", 1) for f in said.split(","))
    return fields["s"], fields["i"]


def test_nobody_has_a_salt_that_stays(site):
    turn_on(site)
    seen = []
    for _ in range(2):
        seen.append([first_answer(talk_to(site, "submission"), user)
                     for user in (full("demo"), full("nobody"),
                                  full("NObody"), full("small"), "a=,@b",
                                  full("elsebody"))])
    assert seen[0] == seen[1]
    demo, nobody, same, keyless, odd, other = seen[0]
    assert nobody == same
    assert len({demo, nobody, keyless, odd, other}) == 5
    assert {iterations for _, iterations in seen[0]} == {"4096"}
    assert {len(base64.b64decode(salt)) for salt, _ in seen[0]} == {16}


def test_failures_count_and_are_held_back(site):
    turn_on(site)
    site.conf(login_tries=3, login_delay="300ms")
    for service in PLAIN_PORTS:
        talk = talk_to(site, service)
        talk.capabilities()
        begun = servers.time.monotonic()
        line = log_in(talk, Scram(full("demo"), "wrong"))
        assert line.startswith(talk.stranger)
        assert servers.time.monotonic() - begun >= 0.3
        # one that is broken off counts, with the next one
        assert talk.begin("SCRAM-SHA-256", b64(
            Scram(full("demo"), "").first().encode())).startswith(talk.goes_on)
        talk.answer("*")
        line = log_in(talk, Scram(full("demo"), PASSWORD))
        assert line.startswith(talk.stranger), line
        line = log_in(talk, Scram(full("demo"), "wrong"))
        assert line.startswith(("421 ", "a NO", "-ERR [AUTH]", "* BYE")), line
        while line:
            line = talk.line()


@pytest.mark.parametrize("service", PLAIN_PORTS)
def test_nonsense(make_site, service):
    """Malformed in base64, or in what is in it; all is over at once."""
    site = make_site("sqlite")
    turn_on(site)
    bad = {"submission": "501 5.5.2", "imap": "a BAD", "pop3": "-ERR"}[service]
    for said in ("!!!!", "=", b64(b"n,,n=a,r=b") + "x"):
        talk = talk_to(site, service)
        talk.capabilities()
        line = talk.begin("SCRAM-SHA-256", said)
        assert line.startswith(bad), (said, line)
    for said in (b"x", b"n", b"n,,", b"n,,n=,r=", b"n,,r=abc,n=x",
                 b"n,,n=demo@test.dev", b"y,,m=x,n=demo@test.dev,r=abc",
                 b"n,a=other@test.dev,n=demo@test.dev,r=abcdef",
                 b"p=tls-unique,,n=demo@test.dev,r=abcdef",
                 b"n,,n=de\0mo@test.dev,r=abcdef",
                 b"n,,n=de\xffmo@test.dev,r=abcdef",
                 b"n,,n=" + b"u" * 2100 + b",r=abc"):
        talk = talk_to(site, service)
        talk.capabilities()
        line = talk.begin("SCRAM-SHA-256", b64(said))
        if line.startswith(talk.goes_on):  # known to be wrong in the end
            line = talk.answer(b64(b"c=biws,r=x,p=x"))
        assert line.startswith((talk.stranger, bad)), (said, line)


@pytest.mark.parametrize("service", ("submission", "pop3"))
def test_broken_off_and_overdone(make_site, service):
    site = make_site("sqlite")
    turn_on(site)
    talk = talk_to(site, service)
    talk.capabilities()
    cancelled = {"submission": "501 5.7.0", "pop3": "-ERR Canc"}[service]
    bad = {"submission": "501 5.5.2", "pop3": "-ERR Malf"}[service]
    # at each of the three steps
    assert talk.begin("SCRAM-SHA-256", "").startswith(talk.goes_on)
    assert talk.answer("*").startswith(cancelled)
    scram = Scram(full("demo"), PASSWORD)
    line = talk.begin("SCRAM-SHA-256", b64(scram.first().encode()))
    said = base64.b64decode(line[len(talk.goes_on):]).decode()
    line = talk.answer(b64(scram.final(said).encode()))
    assert line.startswith(talk.goes_on)
    # the server is not believed: nobody is logged in
    assert talk.answer("*").startswith(cancelled)
    if service == "submission":
        talk.send("MAIL FROM:<demo@test.dev>")
        assert talk.line().startswith("530 ")
    scram = Scram(full("demo"), PASSWORD)
    assert log_in(talk, scram).startswith(talk.stranger)  # counted above
    line = talk.begin("SCRAM-SHA-256", b64(scram.first().encode()))
    said = base64.b64decode(line[len(talk.goes_on):]).decode()
    line = talk.answer(b64(scram.final(said).encode()))
    assert line.startswith(talk.goes_on)
    assert talk.answer(b64(b"more")).startswith(bad)
    assert log_in(talk, Scram(full("demo"), PASSWORD)).startswith(
        talk.stranger)
    assert log_in(talk, Scram(full("demo"), PASSWORD)).startswith(talk.good)


def test_downgrade_and_wrong_bindings(site):
    """What somebody in the middle would change."""
    turn_on(site)
    talk = tls12(site, "submissions")
    talk.capabilities()
    unique = unique_of(talk)
    demo = full("demo")
    for scram, mechanism in (
            # "I could, but you cannot": we had said that we can
            (Scram(demo, PASSWORD, "y"), "SCRAM-SHA-256"),
            # the name of the mechanism and the flag must agree
            (Scram(demo, PASSWORD, "n"), PLUS),
            (Scram(demo, PASSWORD, "y"), PLUS),
            (Scram(demo, PASSWORD, "p=tls-unique", unique), "SCRAM-SHA-256"),
            (Scram(demo, PASSWORD, "p=tls-unique"), "SCRAM-SHA-256"),
            # another connection's, none, one of a kind that is not there
            (Scram(demo, PASSWORD, "p=tls-unique", unique[::-1]), PLUS),
            (Scram(demo, PASSWORD, "p=tls-unique", b""), PLUS),
            (Scram(demo, PASSWORD, "p=tls-unique", unique + b"x"), PLUS),
            (Scram(demo, PASSWORD, "p=tls-server-end-point", unique), PLUS),
            (Scram(demo, PASSWORD, "p=", b""), PLUS),
            # to act as another
            (Scram(demo, PASSWORD, authzid=full("other")), "SCRAM-SHA-256")):
        line = log_in(talk, scram, mechanism)
        assert line.startswith("535 "), (scram.gs2, mechanism, line)
    line = log_in(talk, Scram(demo, PASSWORD, authzid=demo))
    assert line.startswith("235 "), line


def test_y_where_plus_is_not_offered(make_site):
    site = make_site("sqlite")
    turn_on(site)
    talk = talk_to(site, "submission")
    talk.capabilities()
    assert talk.begin(PLUS, "").startswith("504 ")
    line = log_in(talk, Scram(full("demo"), PASSWORD, "y"))
    assert line.startswith("235 "), line


def test_disabled(site):
    turn_on(site)
    site.sql("INSERT INTO disabled_users (username) VALUES ('%s')" %
             full("demo"))
    talk = talk_to(site, "submission")
    talk.capabilities()
    assert log_in(talk, Scram(full("demo"), PASSWORD)).startswith("525 ")
    assert log_in(talk, Scram(full("demo"), "wrong")).startswith("535 ")
    site.sql("DELETE FROM disabled_users")
    assert log_in(talk, Scram(full("demo"), PASSWORD)).startswith("235 ")


# ---- where it is offered

def test_offered_by_a_setting_alone(make_site):
    site = make_site("sqlite")
    for service in PLAIN_PORTS:
        talk = talk_to(site, service)
        assert talk.capabilities() == ["PLAIN", "LOGIN"]
        line = talk.begin("SCRAM-SHA-256", "")
        assert line.startswith(("504 ", "a NO", "-ERR")), line
    site.conf(scram="yes", scram_query="")
    assert talk_to(site, "imap").capabilities() == ["PLAIN", "LOGIN"]
    site.conf(scram="yes", scram_query=None)
    for service in PLAIN_PORTS:
        assert "SCRAM-SHA-256" in talk_to(site, service).capabilities()
    talk = Smtp(site.connect("mx"))
    assert talk.capabilities() == []
    for mechanism in ("PLAIN", "SCRAM-SHA-256", PLUS):
        assert talk.begin(mechanism, "").startswith("502 ")


def test_without_its_table(site):
    """A database that was not migrated: a failure for now, not a wrong
    password, and PLAIN as ever."""
    turn_on(site)
    site.sql("DROP TABLE scram_keys")
    talk = talk_to(site, "submission")
    talk.capabilities()
    assert log_in(talk, Scram(full("demo"), PASSWORD)).startswith("454 ")
    site.conf(scram_store="yes")
    site.imap("demo").logout()
    site.wait_log("gets no keys for SCRAM")


def test_database_gone(site):
    turn_on(site)
    if site.mariadb:
        site.conf(mysql_socket=site.folder + "/nowhere")
    else:
        site.conf(sqlite_file=site.folder + "/nowhere.sqlite")
    talk = talk_to(site, "submission")
    talk.capabilities()
    for user in ("demo", "nobody"):
        line = log_in(talk, Scram(full(user), PASSWORD))
        assert line.startswith("454 "), line


def test_one_service_for_many(site):
    """Exchanges of several connections at once, over one njiwa-accountd."""
    turn_on(site)
    site.accountd()
    talks = [talk_to(site, "imap") for _ in range(8)]
    scrams = [Scram(full("demo"), PASSWORD) for _ in talks]
    lines = [talk.begin("SCRAM-SHA-256", b64(scram.first().encode()))
             for talk, scram in zip(talks, scrams)]
    for talk, scram, line in reversed(list(zip(talks, scrams, lines))):
        said = base64.b64decode(line[2:]).decode()
        line = talk.answer(b64(scram.final(said).encode()))
        scram.verify(base64.b64decode(line[2:]).decode())
        assert talk.answer("").startswith("a OK")


