"""expire_folders: the table expires says since when the first message of such a
folder is there, whoever adds or removes one, as Dovecot's expire plugin did."""
import os
import time

import pytest

from imap_client import Client
from smtp_talk import DATA, Talk
from tool_under_test import full


@pytest.fixture
def site(back_end, make_site):
    site = make_site(back_end)
    site.conf(expire_folders="Trash=30, Lists/*=90,Junk=0, Odd=x, INBOX = 7")
    return site


def stamps(site):
    return {mailbox: int(stamp) for mailbox, stamp in site.sql(
        "SELECT mailbox, expire_stamp FROM expires WHERE username = '%s'"
        % full("demo"))}


def is_now(stamp):
    return abs(time.time() - stamp) < 60


def message(subject):
    return b"Subject: " + subject.encode() + b"\r\n\r\nbody\r\n"


@pytest.fixture
def client(site):
    client = Client(site)
    for folder in "Trash", "Junk", "Odd", "Lists", "Lists/a", "Work":
        client.cmd("CREATE " + folder)
    return client


def test_added(site, client):
    for folder in "Junk", "Odd", "Lists", "Work":
        assert client.append(message("a"), folder).status == "OK"
    assert stamps(site) == {}, "no rule"
    assert client.append(message("a"), "Trash").status == "OK"
    client.cmd("SELECT Trash")
    assert client.cmd("COPY 1 Lists/a").status == "OK"
    found = stamps(site)
    assert set(found) == {"Trash", "Lists/a"}
    assert all(is_now(stamp) for stamp in found.values())
    # a later one changes nothing, but where the stamp is none
    site.sql("UPDATE expires SET expire_stamp = 1000 WHERE mailbox = 'Trash'")
    site.sql("UPDATE expires SET expire_stamp = 0 WHERE mailbox = 'Lists/a'")
    assert client.append(message("b"), "Trash").status == "OK"
    assert client.append(message("b"), "Lists/a").status == "OK"
    assert stamps(site)["Trash"] == 1000 and is_now(stamps(site)["Lists/a"])


def test_removed(site, client):
    for subject in "abc":
        client.append(message(subject), "Trash")
    site.sql("UPDATE expires SET expire_stamp = 1000")
    client.cmd("SELECT Trash")
    client.cmd("STORE 2 +FLAGS (\\Deleted)")
    assert client.cmd("EXPUNGE").status == "OK"
    assert stamps(site) == {"Trash": 1000}, "the first is there still"
    client.cmd("STORE 1 +FLAGS (\\Deleted)")
    assert client.cmd("EXPUNGE").status == "OK"
    assert is_now(stamps(site)["Trash"]), "the one that is first now"
    assert client.cmd("MOVE 1 Lists/a").status == "OK"
    assert set(stamps(site)) == {"Lists/a"}, "nothing is left"
    client.cmd("SELECT INBOX")
    assert client.cmd("DELETE Lists/a").status == "OK"
    assert stamps(site) == {}


def test_renamed(site, client):
    """The row goes with the folder, and those below it, as far as its new
    name has a rule; and comes where the old one had none."""
    for folder in "Lists/a", "Work", "Trash":
        client.append(message("a"), folder)
    cur = site.maildir(folder="Work") + "/cur"
    name, = os.listdir(cur)
    os.rename(cur + "/" + name, cur + "/1700000000.M1P1.x:2,S")
    assert client.cmd("RENAME Lists/a Lists/b").status == "OK"
    assert client.cmd("RENAME Work Lists/b/c").status == "OK"
    assert set(stamps(site)) == {"Lists/b", "Lists/b/c", "Trash"}
    assert stamps(site)["Lists/b/c"] == 1700000000
    assert is_now(stamps(site)["Lists/b"])
    assert client.cmd("RENAME Trash Old").status == "OK"
    assert client.cmd("CREATE Trash").status == "OK"
    assert client.cmd("RENAME Lists Other").status == "OK"
    assert stamps(site) == {}, "no rule"
    assert client.cmd("RENAME Other Lists").status == "OK"
    assert set(stamps(site)) == {"Lists/b", "Lists/b/c"}
    assert client.append(message("a")).status == "OK"
    site.sql("UPDATE expires SET expire_stamp = 1000")
    assert client.cmd("RENAME INBOX Lists/inbox").status == "OK"
    found = stamps(site)
    assert set(found) == {"Lists/b", "Lists/b/c", "Lists/inbox"}
    assert is_now(found["Lists/inbox"]), "it was saved there now"
    assert client.cmd("DELETE Lists/b/c").status == "OK"
    assert set(stamps(site)) == {"Lists/b", "Lists/inbox"}


def test_delivery_and_pop3(site):
    for _ in range(2):
        talk = Talk(site)
        talk.ehlo()
        assert talk.envelope(full("demo")) == [250]
        assert talk.message(DATA) == 250
    assert is_now(stamps(site)["INBOX"])
    pop3 = site.pop3("demo")
    site.sql("UPDATE expires SET expire_stamp = 1000")
    pop3.dele(2)
    pop3.quit()
    assert stamps(site) == {"INBOX": 1000}
    pop3 = site.pop3("demo")
    pop3.dele(1)
    pop3.quit()
    assert stamps(site) == {}


def test_nothing_without_rules(site, client):
    site.conf(expire_folders="")
    client = Client(site)
    assert client.append(message("a"), "Trash").status == "OK"
    assert stamps(site) == {}


def test_table_is_gone(site, client):
    """Mail is not held up by it."""
    site.sql("DROP TABLE expires")
    assert client.append(message("a"), "Trash").status == "OK"
    site.wait_log("expires of %s, Trash: " % full("demo"))
    assert client.cmd("NOOP").status == "OK"
