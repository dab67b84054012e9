"""The loader and the signer beside a stem: who has the key, and what becomes of
TLS when one of them ends."""
import os
import shutil
import signal

import servers
from init_under_test import state_of
from stem_talk import (NOBODY, Talk, beside, only, shakes_hands, uid, warm)

BACK_ENDS = ["sqlite"]


def kill_loader(site, service):
    pid = only(site, service, "l")
    os.kill(pid, signal.SIGKILL)
    servers.wait_for("its end", lambda: not state_of(pid))


def test_one_signer_serves_all(site):
    """Who has the key is nobody, and stays when a connection has ended; killed,
    it is there again for the next one."""
    site.init(services=("pop3",))
    talks = [warm(site)[1] for _ in range(3)]
    signer = only(site, "pop3", "k")
    assert uid(signer) == NOBODY
    for talk in talks:
        shakes_hands(site, talk)
    assert beside(site, "pop3", "k") == [signer]
    os.kill(signer, signal.SIGKILL)
    for _ in range(2):
        shakes_hands(site, warm(site)[1])
    assert only(site, "pop3", "k") != signer


def test_a_key_that_does_not_fit(site):
    """Is told, and no signer is there; the one that fits is taken at once."""
    key = site.folder + "/own.key"
    shutil.copy(site.certs.rsa_key, key)
    site.init(services=("pop3",), tls_key=key)
    talks = [warm(site)[1] for _ in range(2)]
    assert talks[0].say("STLS").startswith(b"-ERR")
    site.wait_log("the key is not that of the certificate")
    assert not beside(site, "pop3", "k")
    shutil.copy(site.certs.key, key + ".new")
    os.rename(key + ".new", key)
    shakes_hands(site, talks[1])
    assert only(site, "pop3", "k")


def test_the_loader_goes_with_its_last_connection(site):
    """And until then it serves STARTTLS to those that were there before."""
    site.init(services=("pop3",))
    stem, talk = warm(site)
    pids = [only(site, "pop3", letter) for letter in "lk"]
    os.kill(stem, signal.SIGKILL)
    servers.wait_for("its end", lambda: not state_of(stem))
    assert all(map(state_of, pids))
    shakes_hands(site, talk)
    servers.wait_for("their end", lambda: not any(map(state_of, pids)))


def test_without_its_loader_a_connection_stays_plain(site):
    site.init(services=("pop3",))
    talk = warm(site)[1]
    kill_loader(site, "pop3")
    assert talk.say("STLS").startswith(b"-ERR")
    assert talk.say("QUIT").startswith(b"+OK")


def test_without_a_loader_tls_begins_all_the_same(site):
    """A program loads GnuTLS itself when nobody has done it for it."""
    site.init(services=("pop3s",))
    warm(site, "pop3s")
    kill_loader(site, "pop3s")
    assert Talk(site, "pop3s").greeting.startswith(b"+OK")
