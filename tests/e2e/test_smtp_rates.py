"""What strangers may do: rates of connections, messages and wrong addresses,
greylisting, and how slowly who errs is answered."""
import os
import re
import socket
import subprocess
import time

import pytest

import servers
from disks import small_disk
from far_client import Far
from smtp_talk import Talk
from tool_under_test import TEMPFAIL, call

MESSAGE = b"Subject: hello\r\n\r\nbody\r\n"


@pytest.fixture(autouse=True)
def within_a_minute():
    servers.begin_early_in(60, 10)


def far(site, address="192.0.2.1", service="mx"):
    return Talk(Far(site, address), service)


def enter(site, address="192.0.2.1", helo="client.example", **settings):
    if settings:  # else a program that still starts reads half a file
        site.conf(**settings)
    talk = far(site, address)
    assert talk.greeting[0] == 220, talk.greeting
    assert talk.say("EHLO " + helo) == 250
    return talk


def bring(talk, recipient="demo@test.dev", sender="s@example.org"):
    """The code for a message from its MAIL on; the last one that was said."""
    if talk.say("MAIL FROM:<%s>" % sender) != 250:
        return talk.last[0]
    if talk.say("RCPT TO:<%s>" % recipient) != 250:
        assert talk.last and talk.text("RSET")
        return 451
    return talk.message()


# ---- connections

def test_connections(make_site):
    site = make_site("sqlite")
    site.conf(rate_connections=3, rate_connections_network=5)
    for _ in range(3):
        assert far(site).greeting[0] == 220
    talk = far(site)
    assert talk.greeting[0] == 421
    assert talk.greeting[1].startswith("Too many connections")
    assert talk.ended()
    site.wait_log("too many connections in a minute of 192.0.2.1")
    # two more of its network, whoever refused was not counted
    assert [far(site, "192.0.2.%d" % i).greeting[0]
            for i in (2, 3, 4)] == [220, 220, 421]
    assert far(site, "192.0.3.1").greeting[0] == 220
    # submission has no such limit
    assert far(site, "192.0.2.1", "submission").greeting[0] == 220


def test_connections_of_this_machine(make_site):
    site = make_site("sqlite")
    site.conf(rate_connections=2)

    def come(address):
        with socket.create_connection(
                ("127.0.0.1", site.port("mx")), 20,
                source_address=(address, 0)) as sock:
            return sock.recv(4)

    assert [come("127.0.0.9") for _ in range(3)] == [b"220 "] * 3
    site.conf(check_loopback="yes")
    assert [come("127.0.0.9") for _ in range(3)] == [
        b"220 ", b"220 ", b"421 "]
    assert come("127.1.2.3") == b"220 "
    site.conf(trusted_networks="127.0.0.0/24")
    assert come("127.0.0.9") == b"220 "


def test_good_logins_spare(make_site):
    site = make_site("sqlite")
    site.conf(rate_connections=2, login_plaintext="yes")
    talk = far(site, service="submission")
    talk.ehlo()
    assert talk.login() == 235
    assert [far(site).greeting[0] for _ in range(4)] == [220] * 4
    site.logged("has too many connections in a minute and is let in all the "
                "same: somebody has logged in", 1)
    assert [far(site, "192.0.2.9").greeting[0]
            for _ in range(3)] == [220, 220, 421]


def test_an_address_that_all_share(make_site):
    site = make_site("sqlite")
    site.conf(rate_connections=2)
    codes = [far(site, "172.17.0.1").greeting[0] for _ in range(22)]
    assert codes[:5] == [220, 220, 421, 421, 421]
    assert codes[-1] == 220
    site.logged("the real ones do not come through", 1)


def test_the_gateway(make_site):
    """Behind the gateway of a container's network are all clients."""
    net = ["unshare", "--net", "sh", "-c", "ip link add d0 type veth && "
           "ip addr add 10.9.9.2/24 dev d0 && ip link set d0 up && "
           "ip route add default via 10.9.9.1 && exec \"$0\" \"$@\""]
    if subprocess.run(net + ["true"], check=False).returncode:
        pytest.skip("no network of its own can be made here")
    site = make_site("sqlite")
    site.conf(rate_connections=1)

    def come(address):
        return Talk(Far(site, address, net)).greeting[0]

    assert [come("10.9.9.1") for _ in range(3)] == [220] * 3
    site.logged("it is this machine's gateway, behind which", 1)
    assert [come("10.9.9.7") for _ in range(2)] == [220, 421]


# ---- messages and recipients

def test_messages(make_site):
    site = make_site("sqlite")
    talk = enter(site, rate_messages=2)
    assert [bring(talk) for _ in range(3)] == [250, 250, 451]
    assert talk.last[1].startswith("4.7.1 Too much from your network")
    assert talk.say("NOOP") == 250
    assert bring(enter(site)) == 451
    assert bring(enter(site, "192.0.3.1")) == 250
    assert len(site.messages()) == 3


def test_unknown_recipients(site):
    talk = enter(site, rate_unknown=3)
    assert talk.envelope("a@test.dev", "demo@test.dev", "b@test.dev",
                         "c@test.dev") == [550, 250, 550, 550]
    # none is looked up any more
    assert talk.say("RCPT TO:<small@test.dev>") == 451
    assert talk.last[1].startswith("4.7.1 ")
    assert talk.message() == 250
    assert enter(site).envelope("demo@test.dev") == [451]
    assert enter(site, "192.0.2.2").envelope("demo@test.dev") == [250]
    assert len(site.messages()) == 1


# ---- greylisting

def test_greylisting(site):
    talk = enter(site, greylist="on", greylist_delay="5s", greylist_auto=2)
    assert talk.envelope("demo@test.dev", "nobody@test.dev") == [451, 550]
    assert talk.say("RSET") == 250
    assert talk.say("DATA") == 503
    assert talk.envelope("demo@test.dev") == [451]
    assert re.match(r"4\.7\.1 Not seen before: please come back in [1-5] "
                    "seconds", talk.last[1]), talk.last
    site.wait_log("greylisted: s@example.org to demo@test.dev")
    # neither the postmaster nor another port is an exception to itself
    assert site.smtp().sendmail(
        "s@example.org", "demo@test.dev", MESSAGE) == {}
    time.sleep(5.1)
    # from a neighbour, with another number in it: the same
    talk = enter(site, "192.0.2.99")
    assert bring(talk) == 250
    assert bring(talk) == 250
    assert bring(talk, sender="t7@example.org") == 451
    time.sleep(5.1)
    assert bring(talk, sender="t8@example.org") == 250
    # the second triplet of the network that came back frees it
    assert bring(talk, sender="new@example.org") == 250
    assert bring(enter(site, "192.0.3.1")) == 451
    assert len(site.messages()) == 5
    rows = site.sql("SELECT network, sender, recipient, passed FROM greylist "
                    "ORDER BY network, sender, recipient")
    assert ["192.0.2.0/24", "", "", "2"] in rows
    assert ["192.0.2.0/24", "t#@example.org", "demo@test.dev", "1"] in rows
    assert ["192.0.2.0/24", "s@example.org", "nobody@test.dev",
            "0"] not in rows


def test_many_second_tries_at_a_time(site):
    """All get in, and they count as one that came twice."""
    first = enter(site, greylist="on", greylist_delay="1s")
    assert bring(first) == 451
    talks = [enter(site) for _ in range(8)]
    time.sleep(1.1)
    for talk in talks:
        talk.say("MAIL FROM:<s@example.org>")
    for talk in talks:
        talk.send(b"RCPT TO:<demo@test.dev>\r\n")
    assert [talk.reply()[0] for talk in talks] == [250] * 8
    assert site.sql("SELECT passed FROM greylist WHERE recipient = ''") == [
        ["1"]]


def test_greylisting_without_a_sender(site):
    """Others ask with MAIL FROM:<> whether an address exists: no lie to them,
    but the message itself comes later."""
    talk = enter(site, greylist="on", greylist_delay="3s")
    both = "demo@test.dev", "other@test.dev"
    assert talk.envelope(*both, sender="") == [250, 250]
    assert talk.say("DATA") == 451
    assert talk.last[1].startswith("4.7.1 Not seen before")
    time.sleep(3.1)
    talk.say("RSET")
    assert talk.envelope(*both, sender="") == [250, 250]
    assert talk.message() == 250, "both were asked about"
    assert len(site.messages()) == len(site.messages("other")) == 1


def test_several_recipients_of_a_greylisted_message(site):
    site.add_alias("both", "demo@test.dev", "small@test.dev")
    talk = enter(site, greylist="on", greylist_delay="3s")
    assert talk.envelope("demo@test.dev", "both@test.dev") == [451, 451]
    time.sleep(3.1)
    talk.say("RSET")
    # one who is known, one who is new, and back: nobody gets it twice
    assert talk.envelope("demo@test.dev", "small@test.dev",
                         "both@test.dev") == [250, 451, 250]
    assert talk.message() == 250
    assert len(site.messages()) == 1 and len(site.messages("small")) == 1


def test_only_the_suspicious_are_greylisted(make_site):
    site = make_site("sqlite")
    site.conf(greylist="suspicious", check_helo_syntax="1")
    assert bring(enter(site, helo="client.example")) == 250
    assert bring(enter(site, helo="client")) == 451
    site.conf(greylist_score="2")
    assert bring(enter(site, helo="client")) == 250


def test_greylisting_without_its_table(site):
    site.sql("DROP TABLE greylist")
    assert bring(enter(site, greylist="on")) == 250
    site.wait_log("let in without greylisting: ")
    assert len(site.messages()) == 1


def test_users_are_not_greylisted(make_site):
    site = make_site("sqlite")
    site.conf(greylist="on", login_plaintext="yes",
              trusted_networks="10.0.0.0/8")
    talk = far(site, service="submission")
    talk.ehlo()
    assert talk.login() == 235
    assert talk.envelope("demo@test.dev", sender="demo@test.dev") == [250]
    assert bring(enter(site, "10.1.2.3")) == 250


# ---- the table itself

def tally(site):
    return site.folder + "/run/tally"


def test_the_table_belongs_to_the_keepers(make_site):
    site = make_site("sqlite")
    enter(site)
    status = os.stat(tally(site))
    assert status.st_mode & 0o7777 == 0o600
    assert status.st_uid == int(site.settings["mail_uid"])


@pytest.mark.parametrize("options", ["size=64k", "ro"])
def test_no_room_for_a_table(lite, options):
    with small_disk(lite.folder + "/run", options, owner=0):
        for _ in range(2):
            assert bring(enter(lite, rate_connections=1)) == 250
        lite.logged("no rates are kept: ", 2)
        assert os.listdir(lite.folder + "/run") == []


@pytest.mark.parametrize("harm", [
    "rubbish", "empty", "folder", "symlink", "owner", "no folder", "mode"])
def test_a_table_that_is_none(make_site, harm):
    """Mail goes on; what can be mended is."""
    site = make_site("sqlite")
    site.conf(rate_connections=1)
    path = tally(site)
    if harm == "rubbish":
        with open(path, "wb") as out:
            out.write(os.urandom(3000000))
    elif harm == "empty":
        open(path, "wb").close()
    elif harm == "folder":
        os.mkdir(path)
    elif harm == "symlink":
        os.symlink(site.config, path)
    elif harm == "owner":
        enter(site)
        os.chown(path, 4711, 4711)
    elif harm == "mode":
        enter(site)
        os.chmod(path, 0o666)
    else:
        site.conf(runtime_dir=site.folder + "/nowhere")
    mended = harm in ("rubbish", "empty")
    before = open(site.config, "rb").read()
    assert bring(enter(site, "192.0.3.1")) == 250
    assert site.log.count("no rates are kept") == (0 if mended else 1)
    assert far(site, "192.0.3.1").greeting[0] == (421 if mended else 220)
    assert open(site.config, "rb").read() == before


def maps(pid):
    with open("/proc/%s/maps" % pid) as file:
        return file.read()


def test_only_keepers_have_the_table(make_site, plain_build):
    site = make_site("sqlite")
    site.conf(check_loopback="yes")
    talk = Talk(site)
    talk.ehlo()
    talk.starttls()
    talk.ehlo()
    having = [pid for pid, line in site.processes().items()
              if "smtpd" in line and "/run/tally" in maps(pid)]
    others = [pid for pid, line in site.processes().items()
              if "/run/tally" not in maps(pid)]
    assert len(having) == 1 and len(others) >= 1
    with open("/proc/%d/status" % having[0]) as file:
        parent = int(re.search(r"^PPid:\s+(\d+)", file.read(), re.M).group(1))
    assert parent not in site.processes()


# ---- who errs

def test_tarpit(make_site):
    site = make_site("sqlite")
    talk = enter(site, smtp_soft_errors=2, smtp_error_delay="600ms",
                 smtp_max_errors=20)
    times = []
    for i in range(14):
        start = time.monotonic()
        assert talk.say("FOO" if i % 2 else "DATA") in (500, 503)
        times.append(time.monotonic() - start)
    assert min(times[:2]) < 0.6
    assert min(times[2:12]) >= 0.6
    assert min(times[12:]) >= 1.2
    assert talk.say("NOOP") == 250


def test_errors_at_the_limit(make_site):
    talk = enter(make_site("sqlite"), smtp_error_delay=0)
    assert [talk.say("FOO") for _ in range(10)] == [500] * 10
    assert talk.say("NOOP") == 250
    assert talk.say("FOO") == 421 and talk.ended()


@pytest.mark.parametrize("service,most", [("mx", 100), ("submission", 1000)])
def test_recipients_at_the_limit(make_site, service, most):
    site = make_site("sqlite")
    site.conf(login_plaintext="yes", submission_max_per_hour=0)
    talk = far(site, service=service)
    talk.ehlo()
    if service == "submission":
        assert talk.login() == 235
    assert talk.envelope(
        *["demo@test.dev"] * (most + 1),
        sender="demo@test.dev") == [250] * most + [452]
    assert talk.message() == 250
    assert len(site.messages()) == 1


# ---- the administrator's tool

def test_tally_list_and_forget(make_site):
    site = make_site("sqlite")
    site.conf(rate_connections=2)
    codes = [far(site).greeting[0] for _ in range(3)]
    assert codes == [220, 220, 421]
    far(site, "2001:db8:1:2::3")
    lines = [line.split("\t") for line in
             site.njiwa("tally", "list").splitlines()]
    assert lines[0] == ["192.0.2.1", "2", "0", "0", "0", "3"]
    assert ["192.0.2.0/24", "2", "0", "0", "0", "0"] in lines
    assert ["2001:db8:1:2::/64", "1", "0", "0", "0", "1"] in lines
    status, steps, _ = call(site, "explain", "rcpt", "demo@test.dev", "ip",
                            "192.0.2.1")
    assert status == TEMPFAIL
    assert "  192.0.2.1: 2 connections in a minute, 0 messages" in steps
    site.njiwa("tally", "forget", "192.0.2.1")
    assert far(site).greeting[0] == 220
    for wrong in "192.0.2.0/25", "nobody", "192.0.2.77":
        with pytest.raises(RuntimeError):
            site.njiwa("tally", "forget", wrong)


def test_greylist_list_and_forget(site):
    talk = enter(site, greylist="on")
    assert talk.envelope("demo@test.dev") == [451]
    row = "192.0.2.0/24\t<s@example.org>\tdemo@test.dev\twaits\n"
    assert site.njiwa("greylist", "list") == row
    assert site.njiwa("greylist", "list", "192.0.2.200") == row
    assert site.njiwa("greylist", "list", "192.0.3.1") == ""
    site.njiwa("greylist", "forget", "192.0.2.1")
    assert site.njiwa("greylist", "list") == ""
    with pytest.raises(RuntimeError):
        site.njiwa("greylist", "forget", "192.0.2.1")


def test_postmaster_is_greylisted_too(make_site):
    site = make_site("sqlite")
    talk = enter(site, greylist="on", greylist_delay="3s")
    assert talk.envelope("postmaster@test.dev", "postmaster") == [451, 451]
    time.sleep(3.1)
    talk.say("RSET")
    assert talk.envelope("postmaster@test.dev", "postmaster") == [250, 250]


def test_served_by_a_stem(make_site):
    """njiwa-init forks connections from a warmed process: as all others."""
    site = make_site("sqlite")
    site.init(("mx",), check_loopback="yes", rate_connections=5,
              rate_connections_network=0)
    codes = [Talk(site).greeting[0] for _ in range(8)]
    assert codes.count(421) >= 3 and codes[0] == 220, codes
