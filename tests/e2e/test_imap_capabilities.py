"""What a session announces, exactly, and when: a word more is a promise that no
test holds, a word less is what a client does without."""
import pytest

from imap_client import Client
from site_under_test import PASSWORD

BACK_ENDS = ["sqlite"]

ALWAYS = "IMAP4rev1 IMAP4rev2 LITERAL+ ID ENABLE".split()
BEFORE = ALWAYS + ["SASL-IR", "AUTH=PLAIN", "AUTH=LOGIN"]
AFTER = ALWAYS + """
    IDLE NAMESPACE CHILDREN UIDPLUS UNSELECT MOVE LIST-EXTENDED LIST-STATUS
    SPECIAL-USE CREATE-SPECIAL-USE METADATA NOTIFY PREVIEW I18NLEVEL=1 LANGUAGE
    XLIST STATUS=SIZE ESEARCH CONTEXT=SEARCH SEARCHRES WITHIN SORT SORT=DISPLAY
    ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES THREAD=REFS UTF8=ACCEPT
    MULTIAPPEND BINARY COMPRESS=DEFLATE CATENATE URL-PARTIAL REPLACE CONDSTORE
    QRESYNC UIDONLY PARTIAL INPROGRESS SAVEDATE OBJECTID QUOTA
    QUOTA=RES-STORAGE QUOTA=RES-MESSAGE APPENDLIMIT=52428800""".split()


def told(client):
    """By the command; each once."""
    words = client.cmd("CAPABILITY").untagged[0].decode().split()
    assert words[:2] == ["*", "CAPABILITY"]
    return sorted(words[2:])


@pytest.mark.parametrize("service, more", [
    ("imap", ["STARTTLS"]), ("imaps", [])])
def test_announced(site, service, more):
    client = Client(site, service, user=None)
    assert told(client) == sorted(BEFORE + more)
    assert client.greeting.split(b"]")[0].decode().split()[3:] == [
        word for word in client.cmd("CAPABILITY").untagged[0].decode().split()
        if word in BEFORE + more], "the greeting says the same"
    got = client.cmd('LOGIN demo@test.dev "%s"' % PASSWORD)
    assert sorted(got.code.split()[1:]) == sorted(AFTER)
    assert told(client) == sorted(AFTER)
    got = client.cmd("ENABLE IMAP4rev2 CONDSTORE QRESYNC UIDONLY UTF8=ACCEPT "
                     "METADATA NOSUCH")
    assert sorted(got.untagged[0].decode().split()[2:]) == [
        "CONDSTORE", "IMAP4rev2", "QRESYNC", "UIDONLY", "UTF8=ACCEPT"]
    assert told(client) == sorted(AFTER), "nothing comes or goes with it"


def test_literal_minus(site):
    """In the place of the other one."""
    site.conf(imap_literal_minus="yes")
    client = Client(site)
    assert told(client) == sorted(
        "LITERAL-" if word == "LITERAL+" else word for word in AFTER)


def test_login_disabled(site):
    """Where no password is taken no mechanism is offered."""
    env = {"PROTO": "TCP", "TCPREMOTEIP": "192.0.2.1", "TCPREMOTEPORT": "1",
           "TCPLOCALIP": "192.0.2.2", "TCPLOCALPORT": "143"}
    said = site.pipe("imap", b"a CAPABILITY\r\nb LOGOUT\r\n", env=env)
    line = said.split(b"\r\n")[1].decode()
    assert sorted(line.split()[2:]) == sorted(
        ALWAYS + ["SASL-IR", "STARTTLS", "LOGINDISABLED"])
