"""Mail of users with uids of their own (mail_uid = -1), which root delivers."""
import os
import stat

import pytest

from site_under_test import DOMAIN, MAIL_UID
from smtp_talk import Talk

UID, GID = 1001, 1002
MESSAGE = b"Subject: a\r\n\r\nbody\r\n"


def owner(path):
    found = os.lstat(path)
    return found.st_uid, found.st_gid


@pytest.fixture
def owned(make_site):
    """A site whose rows were put in by hand: nothing is on the disk yet."""
    site = make_site("sqlite")
    site.conf(mail_uid=-1, mail_gid=-1, first_valid_uid=1000)
    os.chown(site.data, 0, 0)
    os.chmod(site.data, 0o755)
    os.chown(site.folder + "/run", 0, 0)
    if os.path.exists(site.data + "/" + DOMAIN):
        for folder, _, _ in os.walk(site.data + "/" + DOMAIN, topdown=False):
            os.rmdir(folder)
    row(site, "demo", UID, GID)
    row(site, "other", UID + 1, GID)
    return site


def row(site, name, uid, gid):
    site.sql("UPDATE users SET uid = %s, gid = %s WHERE name = '%s'" %
             (uid, gid, name))


def rcpt(site, name):
    talk = Talk(site)
    talk.ehlo()
    assert talk.say("MAIL FROM:<s@x.org>") == 250
    code = talk.say("RCPT TO:<%s@%s>" % (name, DOMAIN))
    talk.say("QUIT")
    return code


def test_first_message_is_the_users(owned):
    for user, uid in (("demo", UID), ("other", UID + 1)):
        owned.deliver(user, MESSAGE)
        maildir = owned.maildir(user)
        for folder, _, files in os.walk(maildir):
            for path in [folder] + [folder + "/" + name for name in files]:
                assert owner(path) == (uid, GID), path
        assert stat.S_IMODE(os.stat(maildir).st_mode) == 0o700
        client = owned.imap(user)
        assert client.select()[1] == [b"1"]
        assert client.fetch("1", "BODY[TEXT]")[1][0][1] == b"body\r\n"
        client.logout()


def test_login_before_the_first_message(owned):
    client = owned.imap("demo")
    assert client.select()[1] == [b"0"]
    owned.deliver("demo", MESSAGE)
    assert client.select()[1] == [b"1"]
    client.logout()


@pytest.mark.parametrize("left", ["Maildir", "Maildir/cur"])
def test_what_a_crash_left(owned, left):
    """Made, and not yet given away."""
    folder = owned.maildir("demo")
    home = os.path.dirname(folder)
    os.makedirs(folder, 0o711)
    os.chmod(folder, 0o700)
    if left != "Maildir":
        os.chown(folder, UID, GID)
        os.mkdir(home + "/" + left, 0o700)
    owned.deliver("demo", MESSAGE)
    assert owner(home + "/" + left) == (UID, GID)
    client = owned.imap("demo")
    assert client.select()[1] == [b"1"]
    client.logout()


def test_roots_mail_is_nobodys(owned):
    """A Maildir with mail in it that its user could not read gets no more."""
    os.makedirs(owned.maildir("demo") + "/new", 0o711)
    os.mkdir(owned.maildir("demo") + "/cur")
    with open(owned.maildir("demo") + "/new/1.a.b", "w") as out:
        out.write("Subject: a\n\n")
    talk = Talk(owned)
    talk.ehlo()
    talk.envelope("demo@" + DOMAIN)
    assert talk.say("DATA") == 451
    owned.wait_log("chown")


@pytest.mark.parametrize("uid, gid, code", [
    ("NULL", GID, 451), (0, GID, 451), (UID, 0, 451), (UID, "NULL", 451),
    (MAIL_UID, GID, 451), (999, GID, 451), (1000, GID, 250), (-1, GID, 451)])
def test_row_without_an_owner(owned, uid, gid, code):
    row(owned, "demo", uid, gid)
    assert rcpt(owned, "demo") == code
    assert rcpt(owned, "other") == 250


def test_link_below_mail_root(owned):
    """A user's own link leads root nowhere; the administrator's is followed."""
    home, away = owned.data + "/home", owned.data + "/away"
    for path in (home, away):
        os.mkdir(path)
        os.chmod(path, 0o755)
        os.chown(path, UID, GID)
    owned.conf(mail_location="%h/mail/Maildir")
    owned.sql("UPDATE users SET home = '%s' WHERE name = 'demo'" % home)
    os.symlink(away, home + "/mail")
    talk = Talk(owned)
    talk.ehlo()
    talk.envelope("demo@" + DOMAIN)
    assert talk.say("DATA") == 451
    os.mkdir(away + "/Maildir")
    os.chown(away + "/Maildir", UID, GID)
    talk.say("QUIT")
    talk = Talk(owned)
    talk.ehlo()
    talk.envelope("demo@" + DOMAIN)
    assert talk.say("DATA") == 451
    assert os.listdir(away + "/Maildir") == []
    os.unlink(home + "/mail")
    os.rename(owned.data, owned.folder + "/really")
    os.symlink("really", owned.data)
    owned.deliver("demo", MESSAGE)
    assert owner(home + "/mail") == owner(home + "/mail/Maildir") == (UID, GID)
