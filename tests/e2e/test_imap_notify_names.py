"""NOTIFY (RFC 5465) of mailboxes that come, go, are renamed or subscribed to,
and of what is in those that are new."""
import os

from test_imap_notify import (SIMPLE, ask, client, hears, make_folders, other,
                              silent)

__all__ = ["client", "other"]  # fixtures


def test_mailbox_names(client, other):
    ask(client, "SET (personal (MailboxName))")
    other.cmd("CREATE d")
    assert hears(client, "LIST") == '* LIST (\\HasNoChildren) "/" d'
    other.cmd("RENAME d e")
    assert hears(client, "LIST") == (
        '* LIST (\\HasNoChildren) "/" e ("OLDNAME" (d))')
    other.cmd("DELETE e")
    assert hears(client, "LIST") == (
        '* LIST (\\NonExistent \\HasNoChildren) "/" e')
    other.cmd("SUBSCRIBE a")
    other.append(SIMPLE, "a")
    assert silent(client) is None


def test_renamed_with_their_parent(client, other):
    """Of a tree only its top is told (RFC 5465 section 5.4)."""
    other.cmd("CREATE a/b/c")
    ask(client, "SET (personal (MailboxName MessageNew MessageExpunge))")
    other.cmd("RENAME a x")
    assert hears(client, "LIST") == (
        '* LIST (\\HasChildren) "/" x ("OLDNAME" (a))')
    assert silent(client) is None
    other.append(SIMPLE, "x/b/c")
    hears(client, "STATUS x/b/c (MESSAGES 1 ")
    other.cmd("RENAME x/b y")  # which has another parent then
    assert hears(client, "LIST") == (
        '* LIST (\\HasChildren) "/" y ("OLDNAME" (x/b))')
    assert silent(client) is None


def test_parents_are_affected(client, other):
    ask(client, "SET (personal (MailboxName))")
    other.cmd("CREATE c/d")
    assert hears(client, "LIST") == '* LIST (\\HasNoChildren) "/" c/d'
    assert hears(client, "LIST") == '* LIST (\\HasChildren) "/" c'
    other.cmd("DELETE c/d")
    assert hears(client, "LIST") == (
        '* LIST (\\NonExistent \\HasNoChildren) "/" c/d')
    assert hears(client, "LIST") == '* LIST (\\HasNoChildren) "/" c'
    other.cmd("CREATE e/f")  # also one that is no mailbox
    hears(client, " e/f")
    assert hears(client, "LIST") == (
        '* LIST (\\NonExistent \\HasChildren) "/" e')
    other.cmd("DELETE e/f")
    hears(client, " e/f")
    assert hears(client, "LIST") == (
        '* LIST (\\NonExistent \\HasNoChildren) "/" e')
    ask(client, "SET (subtree c (MailboxName))")
    other.cmd("CREATE g/h")
    assert silent(client) is None


def test_own_changes_are_told(client, other):
    ask(client, "SET (personal (MailboxName MessageNew MessageExpunge))")
    client.cmd("CREATE d")
    told = client.append(SIMPLE, "d").untagged
    if not any(b"STATUS d" in line for line in told):
        hears(client, "STATUS d (MESSAGES 1 ")


def test_mail_with_a_new_mailbox(lite, client, other):
    """What came before we looked at it is told too, and nothing is told of
    messages that there are not."""
    ask(client, "SET (personal (MessageNew MessageExpunge))")
    make_folders(lite, 0, 1)
    assert silent(client) is None
    os.mkdir(lite.maildir() + "/tmp/.f1")
    for sub in ("cur", "new", "tmp"):
        os.mkdir("%s/tmp/.f1/%s" % (lite.maildir(), sub))
    with open(lite.maildir() + "/tmp/.f1/new/1.1.host", "wb") as file:
        file.write(SIMPLE)
    for path, dirs, files in os.walk(lite.maildir() + "/tmp/.f1"):
        for name in [path] + [path + "/" + f for f in files]:
            os.chown(name, 8, 8)
    os.rename(lite.maildir() + "/tmp/.f1", lite.maildir() + "/.f1")
    hears(client, "STATUS f1 (MESSAGES 1 ")


def test_messages_of_new_mailboxes(client, other):
    ask(client, "SET (personal (MessageNew MessageExpunge MailboxName))")
    other.cmd("CREATE d")
    hears(client, "LIST")
    other.append(SIMPLE, "d")
    hears(client, "STATUS d (MESSAGES 1 ")
    other.cmd("RENAME d e")
    hears(client, "OLDNAME")
    other.append(SIMPLE, "e")
    hears(client, "STATUS e (MESSAGES 2 ")


def test_subscriptions(client, other):
    ask(client, "SET (personal (SubscriptionChange))")
    other.cmd("SUBSCRIBE a")
    assert hears(client, "LIST") == (
        '* LIST (\\HasChildren \\Subscribed) "/" a')
    other.cmd("UNSUBSCRIBE a")
    assert hears(client, "LIST") == '* LIST (\\HasChildren) "/" a'
    other.cmd("CREATE d")
    assert silent(client) is None


def test_subscribed_follow(client, other):
    """The filter holds for what is subscribed to later, too."""
    ask(client, "SET (subscribed (MessageNew MessageExpunge "
        "SubscriptionChange)) (personal (SubscriptionChange))")
    other.append(SIMPLE, "a")
    assert silent(client) is None
    other.cmd("SUBSCRIBE a")
    hears(client, "LIST")  # from here on it is
    assert silent(client, 0.6) is None
    other.append(SIMPLE, "a")
    hears(client, "STATUS a (MESSAGES 2 ")
