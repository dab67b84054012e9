"""Logins that fail hold back those after them, of the same address and network,
whatever the protocol; a good one frees them."""
import time

import pytest

import servers
from far_client import Far
from imap_client import Client
from scram_client import Scram, b64
from scram_site import talk_to, turn_on
from smtp_talk import Talk

DELAY, MAX = 0.4, 3.2  # seconds
LATE = 3  # that a busy machine may be
SETTINGS = dict(login_plaintext="yes", login_delay="400ms",
                login_delay_max="3200ms")


@pytest.fixture(autouse=True)
def within_an_hour():
    servers.begin_early_in(3600, 60)


@pytest.fixture
def site(make_site):
    site = make_site("sqlite")
    site.conf(**SETTINGS)
    return site


def imap(site, address, password):
    client = Client(Far(site, address), user=None)
    start = time.monotonic()
    got = client.cmd('LOGIN demo@test.dev "%s"' % password)
    return got.status == "OK", time.monotonic() - start


def smtp(site, address, password):
    talk = Talk(Far(site, address), "submission")
    talk.ehlo()
    start = time.monotonic()
    return talk.login(password=password) == 235, time.monotonic() - start


def pop3(site, address, password):
    with Far(site, address).connect("pop3") as sock:
        file = sock.makefile("rb")
        file.readline()
        sock.sendall(b"USER demo@test.dev\r\n")
        file.readline()
        start = time.monotonic()
        sock.sendall(b"PASS %s\r\n" % password.encode())
        return (file.readline().startswith(b"+OK"),
                time.monotonic() - start)


def test_failures_hold_back(make_site, back_end):
    site = make_site(back_end)
    site.conf(**SETTINGS)
    # the delay of the answer, and from the second on the wait before it
    waits = [0, DELAY, 2 * DELAY, 4 * DELAY, MAX, MAX]
    for how, wait in zip([imap, pop3, smtp, smtp, pop3, imap], waits):
        good, took = how(site, "192.0.2.1", "wrong")
        assert not good
        assert DELAY + wait - 0.02 <= took < DELAY + wait + LATE, (how, took)
    # a right password waits as well, or one could tell it by that
    good, took = imap(site, "192.0.2.1", "thepassword")
    assert good and MAX - 0.02 <= took < MAX + LATE
    # and then the whole network is free
    assert imap(site, "192.0.2.1", "thepassword")[1] < MAX
    assert DELAY - 0.02 < imap(site, "192.0.2.77", "wrong")[1] < MAX
    assert smtp(site, "192.0.2.77", "thepassword")[1] < MAX


def test_others_do_not_wait(site):
    for _ in range(4):
        imap(site, "192.0.2.1", "wrong")
    assert imap(site, "198.51.100.1", "thepassword")[1] < MAX
    # a neighbour counts a quarter
    good, took = imap(site, "192.0.2.2", "thepassword")
    assert good and took >= DELAY


def test_a_proof_that_never_comes_is_a_failure(site):
    """Who asks for salts and leaves has tried."""
    turn_on(site)
    for _ in range(4):
        talk = talk_to(Far(site, "192.0.2.1"), "submission")
        talk.capabilities()
        line = talk.begin("SCRAM-SHA-256",
                          b64(Scram("demo@test.dev", "").first().encode()))
        assert line.startswith(talk.goes_on)
        talk.sock.close()
        site.wait_log("result=\"broken off\"")
    good, took = imap(site, "192.0.2.1", "thepassword")
    assert good and took >= MAX - 0.1


def test_ipv6_counts_by_network(site):
    imap(site, "2001:db8:1:2::1", "wrong")
    assert imap(site, "2001:db8:1:2:3::9", "thepassword")[1] >= DELAY


def test_switched_off(site):
    site.conf(login_delay_max=0)
    for _ in range(4):
        imap(site, "192.0.2.1", "wrong")
    assert imap(site, "192.0.2.1", "thepassword")[1] < MAX


@pytest.mark.parametrize("how", ["imap", "submission"])
def test_tries_at_the_limit(site, how):
    """The third failure in a connection is its end."""
    site.conf(login_delay="10ms")
    if how == "imap":
        client = Client(Far(site, "192.0.2.1"), user=None)
        for _ in range(2):
            assert client.cmd('LOGIN demo@test.dev "x"').status == "NO"
        client.send(b'z LOGIN demo@test.dev "x"\r\n')
        assert b"* BYE" in client.at_end()
    else:
        talk = Talk(Far(site, "192.0.2.1"), how)
        talk.ehlo()
        assert [talk.login(password="x") for _ in range(3)] == [535, 535, 421]
        assert talk.ended()
