"""What the log says and what it never says, and what the time of an answer
says: passwords nowhere, one trace id a connection everywhere, no forged line,
nothing about which users exist."""
import base64
import re
import statistics

from imap_client import Client
from init_under_test import cpu_ns
from pop3_client import talk
from site_under_test import DOMAIN, PASSWORD
from smtp_talk import Talk

TRACE = "[0-9a-hjkmnp-tv-z]{12}"
FAR = {"PROTO": "TCP", "TCPREMOTEIP": "192.0.2.7", "TCPREMOTEPORT": "1",
       "TCPLOCALIP": "192.0.2.1", "TCPLOCALPORT": "1"}
SECRETS = ["Tr0ub4dor&3-%d" % i for i in range(4)]  # right, wrong, misplaced


def plain(user, password):
    return base64.b64encode(
        ("\0%s\0%s" % (user, password)).encode()).decode()


def b64(text):
    return base64.b64encode(text.encode()).decode()


def say_all(sock, lines):
    """Each line, and whatever comes as its answer."""
    sock.settimeout(10)
    try:
        for line in [None, *lines]:
            if line is not None:
                sock.sendall(line.encode() + b"\r\n")
            if not sock.recv(65536):
                return
    except OSError:
        pass


def pop3_lines(user, secret):
    return [
        "PASS " + secret, "USER " + user, "PASS " + secret, "PASS " + secret,
        "AUTH PLAIN " + plain(user, secret), "AUTH LOGIN", b64(user),
        b64(secret), "PASS", "AUTH PLAIN  " + plain(user, secret),
        "AUTH PLAIN", plain(user, secret), "APOP x " + secret]


def imap_lines(user, secret):
    return [
        'a LOGIN %s "%s"' % (user, secret), "a LOGIN x %s y" % secret,
        "a LOGIN {%d+}\r\n%s %s" % (len(user), user, secret),
        "a AUTHENTICATE PLAIN", plain(user, secret),
        "a AUTHENTICATE PLAIN " + plain(user, secret),
        "a AUTHENTICATE LOGIN " + plain(user, secret),
        "a login %s {%d+}\r\n%s" % (user, len(secret), secret)]


def smtp_lines(user, secret):
    return [
        "AUTH PLAIN " + plain(user, secret), "EHLO x",
        "AUTH PLAIN " + plain(user, secret), "AUTH LOGIN", b64(user),
        b64(secret), "AUTH LOGIN " + b64(user), b64(secret),
        "AUTH PLAIN", plain(user, secret), "AUTH CRAM-MD5 " + b64(secret),
        "AUTH PLAIN %s %s" % (plain(user, secret), b64(secret)), "AUTH FOO",
        "auth plain " + plain(user, secret)]


def test_no_password_in_any_log(site):
    """Right ones, wrong ones, in wrong places and states, from here and from
    afar, at the level that says most."""
    site.conf(login_tries=100, login_delay=0, tls_key_password=SECRETS[3])
    site.add_user("hunter", SECRETS[0])
    for secret in SECRETS[:2]:
        for user in ("hunter@" + DOMAIN, "nobody@" + DOMAIN):
            for service, lines in (("pop3s", pop3_lines(user, secret)),
                                   ("imaps", imap_lines(user, secret)),
                                   ("submissions", smtp_lines(user, secret))):
                say_all(site.connect(service), lines)
                # where no password may be said at all
                service = service.replace("submissions", "submission")
                site.pipe(service.replace("pop3s", "pop3").replace(
                    "imaps", "imap"),
                    "\r\n".join(lines + [""]).encode(), env=FAR)
    for result in "ok", "denied":
        site.wait_log("result=" + result)
    where = [site.log]
    if site.mariadb:
        where += [open(site.mariadb.folder + "/log", errors="replace").read()]
    needles = [site.mariadb.password] if site.mariadb else []
    for secret in SECRETS + [PASSWORD]:
        needles += [secret, b64(secret), plain("hunter@" + DOMAIN, secret),
                    plain("nobody@" + DOMAIN, secret)]
    for needle in needles:
        for text in where:
            line = next((x for x in text.splitlines() if needle in x), None)
            assert line is None, "%s is in %r" % (needle, line)


def test_one_trace_in_every_line(site):
    """Of a connection: in its log, in all its bad replies, in Received."""
    site.conf(smtp_max_errors=1000)
    for service in ("mx", "submissions", "pop3", "imap"):
        sock = site.connect(service)
        say_all(sock, {"p": pop3_lines, "i": imap_lines}.get(
            service[0], smtp_lines)("demo@test.dev", "x")[:3])
        sock.close()
    client = Talk(site)
    traces, codes = set(), set()
    for line in ("MAIL FROM:<>", "WHAT", "EHLO x", "AUTH PLAIN", "MAIL FROM:x",
                 "RCPT TO:<a@b>", "MAIL FROM:<a@b.c> SIZE=99999999999",
                 "MAIL FROM:<a@b.c>", "RCPT TO:<nobody@test.dev>", "DATA",
                 "RCPT TO:<x@far.org>", "RCPT TO:<>", "EXPN x", "NOOP \xff",
                 "RCPT TO:<demo@test.dev> X=1", "x" * 600):
        if client.say(line) >= 400:
            codes.add(client.last[0])
            traces.update(re.findall(r"\[(%s)\]$" % TRACE, client.last[1],
                                     re.M))
            assert re.search(r"\[%s\]$" % TRACE, client.last[1]), client.last
    assert len(traces) == 1 and len(codes) > 5, (traces, codes)
    assert client.say("RCPT TO:<demo@test.dev>") == 250
    assert client.message() == 250
    trace, = traces
    stored, = site.contents("demo")
    assert re.search(rb"^Received: .*\n(?:\s.*\n)*?.*\bid %s\b" %
                     trace.encode(), stored, re.M), stored
    lines = [line for line in site.log.splitlines()
             if re.match(r"njiwa-(smtpd|pop3d|imapd)\[", line)]
    pids = {}
    for line in lines:
        found = re.match(r"njiwa-\w+\[(\d+)\]: (%s) " % TRACE, line)
        assert found, line
        assert pids.setdefault(found[1], found[2]) == found[2], line
    assert len(set(pids.values())) >= 5, "one for each connection"


FORGED = "x\nnjiwa-smtpd[1]: aaaaaaaaaaaa login user=root result=ok\x1b[31m\x07"


def test_no_line_can_be_forged(lite):
    """Line ends, escapes and quotes in what a client says."""
    lite.conf(login_tries=100, login_delay=0)
    smtp = Talk(lite, "submissions")
    smtp.say(b"EHLO \x1b[31mred")
    smtp.ehlo()
    smtp.login(FORGED, "x")
    smtp.say(b"MAIL FROM:<\x1b]0;title\x07@x>")
    pop3 = talk(lite)
    pop3.send(b"AUTH PLAIN %s\r\n" % plain(FORGED, "x").encode())
    assert pop3.line().startswith(b"-ERR")
    pop3.send(b"USER \x1b[31m\x9b31m\r\nPASS x\r\n")
    assert pop3.line() and pop3.line().startswith(b"-ERR")
    imap = Client(lite, user=None)
    assert imap.cmd("LOGIN {} x", FORGED.encode()).status in ("NO", "BAD")
    imap.cmd(b"\x1b[31m")
    with open(lite.log_file, "rb") as file:
        octets = file.read()
    assert b"login user=root" in octets, "shown, but for its line end"
    assert not re.search(rb"^njiwa-smtpd\[1\]", octets, re.M)
    assert not re.search(rb"[\0-\x09\x0b-\x1f\x7f]", octets)


def check_same_time(seconds):
    """Interleaved, so that a busy machine is busy for both."""
    for _ in range(2):
        seconds("demo@" + DOMAIN)
    times = [(seconds("demo@" + DOMAIN), seconds("nobody@" + DOMAIN),
              seconds("demo@far.org")) for _ in range(15)]
    known, unknown, far = map(statistics.median, zip(*times))
    assert 0.7 < known / unknown < 1.4, (known, unknown)
    assert 0.7 < known / far < 1.4, (known, far)


def test_time_of_a_denied_login(lite):
    """By IMAP, with nothing held back: a user that is not there, and a domain
    that is not ours, take as long as a wrong password."""
    lite.conf(login_tries=100, login_delay=0)
    client = Client(lite, user=None)
    client.cmd("LOGIN demo@%s wrong" % DOMAIN)  # now all are there
    pids = list(lite.processes())

    def seconds(name):
        begun = cpu_ns(pids)
        got = client.cmd("LOGIN %s wrong" % name)
        assert got.code == "AUTHENTICATIONFAILED"
        return cpu_ns(pids) - begun

    check_same_time(seconds)
