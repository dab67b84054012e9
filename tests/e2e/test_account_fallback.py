"""Without njiwa-accountd on its socket: each connection has one of its own; or,
with account_fallback = no, all are told to come again until it is there."""
import imaplib
import os
import poplib
import re

import pytest

from smtp_talk import Talk
from tool_under_test import full


def smtp(site, port="mx"):
    talk = Talk(site, port)
    talk.ehlo()
    return talk


def imap(site):
    return site.imap("demo")


def pop3(site):
    return site.pop3("demo")


def programs(site):
    return [line for line in site.processes().values()
            if "njiwa-accountd" in line]


def test_fall_back(site):
    talk = smtp(site)
    assert talk.envelope(full("demo")) == [250]
    assert len(programs(site)) == 1, "its own"
    assert smtp(site, "submission").login(full("demo")) == 235
    imap(site).logout()
    pop3(site).quit()


def test_none(site):
    site.conf(account_fallback="no")
    talk = smtp(site)
    assert talk.envelope(full("demo"), full("nobody")) == [451, 451]
    assert talk.last[1].startswith("4.3.0 ")
    assert smtp(site, "submission").login(full("demo")) == 454
    with pytest.raises(imaplib.IMAP4.error, match=r"\[UNAVAILABLE\]"):
        imap(site)
    with pytest.raises(poplib.error_proto, match=r"-ERR \[SYS/TEMP\]"):
        pop3(site)
    assert programs(site) == []
    path = site.settings["account_socket"]
    lines = [line for line in site.log.splitlines()
             if "account service %s: " % path in line]
    for program in "njiwa-smtpd", "njiwa-imapd", "njiwa-pop3d":
        assert any(program in line for line in lines), program
    # who is still connected has it as soon as it is there
    service = site.accountd()
    os.chmod(path, 0o666)  # the keeper is the owner of the mail by now
    assert talk.say("RCPT TO:<%s>" % full("demo")) == 250
    assert talk.message() == 250
    imap(site).logout()
    pop3(site).quit()
    # and the other way round
    talk = smtp(site)
    assert talk.envelope(full("demo")) == [250]
    service.terminate()
    service.wait(60)
    assert talk.say("RCPT TO:<%s>" % full("other")) == 451
    assert programs(site) == []


def test_trace_of_who_asks(make_site):
    """What the service logs has the id of the connection that it was for."""
    site = make_site("sqlite")
    site.conf(log_level="debug", log_to="stderr")
    service = site.accountd()
    with pytest.raises(poplib.error_proto):
        site.pop3("demo", password="wrong")
    site.wait_log("login denied")
    trace, = re.findall(r"njiwa-accountd\[\d+\]: (\w+) login denied", site.log)
    assert re.search(r"njiwa-pop3d\[\d+\]: %s " % trace, site.log)
    site.sql("DROP TABLE users")
    talk = smtp(site)
    assert talk.envelope(full("demo")) == [451]
    trace = re.search(r"\[(\w+)\]$", talk.last[1]).group(1)
    assert re.search(r"njiwa-accountd\[\d+\]: %s resolve %s: " % (
        trace, full("demo")), site.log)
    service.terminate()
