"""Milters: what they hear and what their answers mean; real ones (opendkim,
Debian's library behind python3-milter)."""
import os
import shutil
import struct
import subprocess
import sys

import pytest

import servers
from conftest import lacking, need, want
from milter_played import (ACCEPT, CONTINUE, DISCARD, REJECT, SKIP, TEMPFAIL,
                           STORED_BODY, Playing, header, own, send, stored,
                           text)
from rspamd_under_test import Rspamd
from smtp_talk import Talk

BACK_ENDS = ["sqlite"]


@pytest.fixture
def played(site):
    with Playing(site) as start:
        yield start


def test_what_it_hears(site, played):
    milter = played()
    talk = Talk(site)
    assert send(site, talk=talk) == [250, 250, 250]
    assert talk.say("QUIT") == 221
    servers.wait_for("QUIT", lambda: milter.letters().endswith("Q"))
    assert milter.letters() == "OCHMRTLLLLNBEQ"
    assert milter.offered == (6, 0x1ff, 0x1ff7ff)
    name, rest = milter.said("C")[0].split(b"\0", 1)
    assert (name, rest[:1], rest[3:]) == (
        b"[127.0.0.1]", b"4", b"127.0.0.1\0")
    assert milter.said("H") == [b"client.example\0"]
    assert milter.said("M") == [b"<s@example.org>\0"]
    assert milter.said("R") == [b"<demo@test.dev>\0"]
    assert milter.said("L") == [
        b"Subject\0hello\0", b"X-A\0one\0", b"X-A\0two\n folded\0",
        b"From\0<s@example.org>\0"]
    assert milter.said("B") == [b"line\r\n.dot\r\n"]
    macros = milter.macros
    assert macros["C"][0][b"j"] == b"mx.test.dev"
    assert macros["C"][0][b"_"] == b"unknown [127.0.0.1]"
    assert macros["C"][0][b"{client_addr}"] == b"127.0.0.1"
    assert macros["M"][0][b"{mail_addr}"] == b"s@example.org"
    assert macros["R"][0][b"{rcpt_addr}"] == b"demo@test.dev"
    assert macros["E"][0][b"i"] == macros["M"][0][b"i"]
    head, body = stored(site)
    assert own(head) == [b"Subject: hello", b"X-A: one", b"X-A: two",
                         b" folded", b"From: <s@example.org>"]
    assert body == STORED_BODY


def test_name_that_a_proxy_has_said(site, played):
    site.conf(xclient_networks="127.0.0.1")
    milter = played()
    talk = Talk(site)
    talk.ehlo()
    assert talk.say("XCLIENT NAME=far.example ADDR=192.0.2.7") == 220
    assert send(site, talk=talk) == [250, 250, 250]
    name, rest = milter.said("C")[0].split(b"\0", 1)
    assert (name, rest[3:]) == (b"far.example", b"192.0.2.7\0")
    macros = milter.macros["C"][0]
    assert macros[b"_"] == b"far.example [192.0.2.7]"
    assert macros[b"{client_name}"] == b"far.example"


def test_parameters_login_and_tls(site, played):
    milter = played(options=", for=users")
    assert send(site) == [250, 250, 250]
    assert milter.heard == []
    talk = Talk(site, "submission")
    talk.ehlo()
    talk.starttls()
    talk.ehlo()
    assert talk.login() == 235
    assert talk.say("MAIL FROM:<demo@test.dev> SIZE=100 BODY=8BITMIME") == 250
    assert milter.said("M") == [
        b"<demo@test.dev>\0SIZE=100\0BODY=8BITMIME\0"]
    assert milter.macros["H"][0][b"{tls_version}"].startswith(b"TLS")
    assert milter.macros["H"][0][b"{cipher_bits}"] in (b"128", b"256")
    assert milter.macros["M"][0][b"{auth_authen}"] == b"demo@test.dev"
    assert milter.macros["M"][0][b"{auth_type}"] == b"PLAIN"


def test_only_what_it_wants(site, played):
    steps = 0x1 | 0x2 | 0x10 | 0x20 | 0x40 | 0x200
    milter = played(steps=steps)
    assert send(site) == [250, 250, 250]
    assert milter.letters() == "O" "MRE"


def test_what_it_does_not_answer(site, played):
    """All NR_: an answer that came would be taken for that of the end."""
    milter = played({l: [] for l in "CHMRTLNB"},
                    steps=0x80 | 0x1000 | 0x2000 | 0x4000 | 0x8000 | 0x10000 |
                    0x40000 | 0x80000)
    assert send(site) == [250, 250, 250]
    assert milter.letters() == "OCHMRTLLLLNBE"


def test_old_version(site, played):
    milter = played(version=2, actions=0x3f)
    assert send(site) == [250, 250, 250]
    assert milter.letters() == "OCHMRLLLLNBE"


def test_macros_that_it_lists(site, played):
    symbols = (struct.pack("!I", 2) + b"{mail_addr} i\0" +
               struct.pack("!I", 3) + b"\0")
    milter = played(symbols=symbols)
    assert send(site) == [250, 250, 250]
    assert sorted(milter.macros["M"][0]) == [b"i", b"{mail_addr}"]
    assert milter.macros["R"][0] == {}


def test_several_messages_and_abort(site, played):
    milter = played()
    talk = Talk(site)
    assert send(site, talk=talk) == [250, 250, 250]
    assert talk.say("MAIL FROM:<a@example.org>") == 250
    assert talk.say("RSET") == 250
    assert talk.say("EHLO other.example") == 250
    assert send(site, talk=talk) == [250, 250, 250]
    assert milter.letters() == "OCHMRTLLLLNBEMAHMRTLLLLNBE"
    assert milter.said("H")[1] == b"other.example\0"
    assert talk.say("NOISE 1") == 500
    servers.wait_for("UNKNOWN", lambda: milter.said("U") == [b"NOISE 1\0"])


def test_leading_space(site, played):
    milter = played({"E": [header("h", b"X-New", b"  two"), CONTINUE]},
                    steps=0x100000)
    assert send(site) == [250, 250, 250]
    assert milter.said("L")[0] == b"Subject\0 hello\0"
    assert own(stored(site)[0])[-1] == b"X-New:  two"


def test_skip_ends_the_body(site, played):
    milter = played({"B": [SKIP]}, steps=0x400)
    body = b"x" * 70 + b"\r\n"
    assert send(site, b"A: b\r\n\r\n" + body * 3000) == [250, 250, 250]
    assert len(milter.said("B")) == 1
    assert max(map(len, milter.said("B"))) <= 65535


def test_a_long_body_comes_in_pieces(site, played):
    milter = played()
    body = b"".join(b"%06d\r\n" % i for i in range(30000))
    assert send(site, b"A: b\r\n\r\n" + body) == [250, 250, 250]
    assert b"".join(milter.said("B")) == body
    assert max(map(len, milter.said("B"))) <= 65535


# ---- answers

OWN = text("y", b"550 5.7.9 Not from you, 100%s")
LINES = text("y", b"451-4.3.2 Come\r\n451 4.3.2 back")
FALSE_CODE = text("y", b"550 4.2.1 temporary?")


@pytest.mark.parametrize("letter,at", [
    ("C", 0), ("H", 0), ("M", 0), ("R", 1), ("T", 2), ("L", 2), ("N", 2),
    ("B", 2), ("E", 2)])
@pytest.mark.parametrize("answer,code,says", [
    (REJECT, 550, "5.7.1 Refused by a filter"),
    (TEMPFAIL, 451, "4.7.1 A filter asks"),
    (OWN, 550, "5.7.9 Not from you, 100% s"),
    (LINES, 451, "4.3.2 Come\n4.3.2 back"),
    ((ord("4"), b""), 421, "closes the connection")],
    ids=["reject", "tempfail", "own", "lines", "shutdown"])
def test_refusals(site, played, letter, at, answer, code, says):
    played({letter: [answer]})
    talk = Talk(site)
    codes = send(site, talk=talk)
    assert codes == [250] * at + [code]
    if code != 421:
        assert says in talk.last[1]
        assert talk.say("RSET") == 250
    else:
        assert talk.ended()
    assert site.messages("demo") == []


def test_one_recipient_of_two_is_refused(site, played):
    played({"R": lambda octets: [REJECT if b"other" in octets else CONTINUE]})
    assert send(site, recipients=("other@test.dev", "demo@test.dev")) == [
        250, 550, 250, 250]
    assert send(site, recipients=("demo@test.dev", "other@test.dev")) == [
        250, 250, 550, 250]
    assert len(site.messages("demo")) == 2
    assert site.messages("other") == []


def test_accept_and_discard(site, played):
    milter = played({"R": [ACCEPT]})
    assert send(site) == [250, 250, 250]
    servers.wait_for("ABORT", lambda: milter.letters()[:6] == "OCHMRA")
    milter = played({"C": [ACCEPT]})
    assert send(site) == [250, 250, 250]
    assert milter.letters().rstrip("Q") == "OC"
    assert len(site.messages("demo")) == 2
    for letter in "MRTLNBE":
        played({letter: [DISCARD]})
        assert send(site) == [250, 250, 250], letter
    assert len(site.messages("demo")) == 2
    site.wait_log("verdict=discarded")


# ---- real ones

@pytest.fixture
def opendkim(site, tmp_path):
    """Debian's: signs for users, verifies for strangers."""
    need("opendkim", "openssl")
    folder = site.folder + "/dkim"
    os.mkdir(folder)
    key = folder + "/key.pem"
    servers.run("openssl", "genrsa", "-out", key, "2048")
    public = servers.run("openssl", "rsa", "-in", key, "-pubout").decode()
    public = "".join(public.splitlines()[1:-1])
    with open(folder + "/keys", "w") as out:
        out.write("sel._domainkey.test.dev v=DKIM1; k=rsa; p=%s\n" % public)
    port = servers.free_port()
    with open(folder + "/conf", "w") as out:
        out.write("Domain test.dev\nSelector sel\nKeyFile %s\nMode sv\n"
                  "Socket inet:%d@127.0.0.1\nTestDNSData %s\n"
                  "InternalHosts 192.0.2.99\nAlwaysAddARHeader yes\n"
                  "UserID nobody\nRequireSafeKeys no\nSyslog no\n"
                  "Canonicalization relaxed/relaxed\n"
                  % (key, port, folder + "/keys"))
    for path in (folder, key):
        shutil.chown(path, "nobody")
    process = subprocess.Popen(
        ["opendkim", "-f", "-x", folder + "/conf"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=open(folder + "/err", "wb"))
    try:
        servers.wait_for("opendkim", lambda: servers.port_answers(port))
    except TimeoutError:
        with open(folder + "/err") as err:
            pytest.fail(err.read())
    site.conf(milters="inet:%d@127.0.0.1" % port)
    yield site
    servers.end_process(process)


def test_opendkim_signs_and_verifies(opendkim):
    client = opendkim.smtp("submission", login="demo")
    client.sendmail(
        "demo@test.dev", ["other@test.dev"],
        b"From: demo@test.dev\r\nSubject: signed\r\nTo: other@test.dev\r\n"
        b"Date: Thu, 1 Jan 2026 00:00:00 +0000\r\n"
        b"Message-ID: <1@test.dev>\r\n\r\n"
        b"some text  \r\nmore\r\n\r\n")
    signed, = opendkim.contents("other")
    head, _, body = signed.partition(b"\n\n")
    assert b"\nDKIM-Signature: v=1; a=rsa-sha256;" in head
    assert b"d=test.dev; s=sel;" in head
    # as a stranger brings it back
    start = signed.index(b"DKIM-Signature:")
    octets = signed[start:].replace(b"\n", b"\r\n")
    assert send(opendkim, octets, sender="demo@test.dev") == [250, 250, 250]
    back, = opendkim.contents("demo")
    assert b"dkim=pass" in back, back
    octets = octets.replace(b"more", b"less")
    assert send(opendkim, octets, sender="demo@test.dev") == [250, 250, 250]
    assert b"dkim=fail" in opendkim.contents("demo")[-1]


PYMILTER = '''
import sys
import Milter


class Test(Milter.Base):
    @Milter.noreply
    def connect(self, name, family, address):
        self.seen = [b"%s %s" % (name.encode(), str(address[0]).encode())]
        return Milter.CONTINUE

    def envfrom(self, sender, *args):
        self.length = 0
        return Milter.CONTINUE

    def envrcpt(self, to, *args):
        if "other" in to:
            self.setreply("550", "5.1.6", "gone", "for good")
            return Milter.REJECT
        return Milter.CONTINUE

    def body(self, piece):
        self.length += len(piece)
        return Milter.CONTINUE

    def eom(self):
        self.addheader("X-Length", str(self.length))
        self.chgheader("Subject", 1, "changed")
        self.replacebody(b"replaced\\r\\n")
        self.addrcpt("<small@test.dev>")
        self.progress()
        return Milter.ACCEPT


Milter.factory = Test
Milter.set_flags(Milter.CHGBODY + Milter.CHGHDRS + Milter.ADDHDRS +
                 Milter.ADDRCPT)
Milter.runmilter("test", sys.argv[1], 30)
'''


def test_the_library(site):
    """libmilter itself, through Debian's python3-milter."""
    if subprocess.run(["/usr/bin/python3", "-c", "import Milter"],
                      stderr=subprocess.DEVNULL).returncode:
        lacking("python3-milter")
    path = site.folder + "/milter.sock"
    process = subprocess.Popen(
        ["/usr/bin/python3", "-c", PYMILTER, "unix:" + path],
        stdin=subprocess.DEVNULL, stderr=sys.stderr)
    try:
        servers.wait_for("libmilter", lambda: os.path.exists(path))
        os.chmod(path, 0o666)
        site.conf(milters="unix:" + path)
        talk = Talk(site)
        assert send(site, talk=talk, recipients=(
            "other@test.dev", "demo@test.dev")) == [250, 550, 250, 250]
        assert send(site, talk=talk, recipients=(
            "demo@test.dev",)) == [250, 250, 250]
        for octets in site.contents("demo") + site.contents("small"):
            assert b"\nX-Length: 12\n" in octets
            assert b"\nSubject: changed\n" in octets
            assert octets.endswith(b"\n\nreplaced\n")
        assert len(site.messages("small")) == 2
    finally:
        servers.end_process(process)


def test_rspamd(site):
    want("rspamd")
    server = Rspamd(site.folder + "/rspamd")
    site.conf(milters="inet:127.0.0.1:%d" % server.port)
    try:
        talk = Talk(site, timeout=60)
        assert send(site, talk=talk) == [250, 250, 250]
        gtube = b"Subject: x\r\n\r\n" + servers.Spamd.gtube + b"\r\n"
        assert send(site, gtube, talk=talk) == [250, 250, 554], talk.last
        assert "Gtube" in talk.last[1]
        assert len(site.messages("demo")) == 1
    finally:
        server.stop()
