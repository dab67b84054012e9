"""Messages that wait in a site's spool, and what is reported on them."""
import email
import email.policy

import spool_under_test
from site_under_test import full

MESSAGE = b"Subject: waits\r\nX-Test: yes\r\n\r\nthe body\r\n"


def leave(site, spool, sender="sender@example.org", user="other",
          options=(), rcpt_options=()):
    """Has a message for demo and the user wait for the user's mailbox; its
    id."""
    before = set(spool.envelopes())
    spool_under_test.break_mailbox(site, user)
    with site.smtp() as client:
        client.ehlo("client.example")
        assert client.docmd("MAIL", " ".join(
            ["FROM:<%s>" % sender, *options]))[0] == 250
        assert client.docmd("RCPT", "TO:<%s>" % full("demo"))[0] == 250
        assert client.docmd("RCPT", " ".join(
            ["TO:<%s>" % full(user), *rcpt_options]))[0] == 250
        assert client.data(MESSAGE)[0] == 250
    (name,) = set(spool.envelopes()) - before
    return name


def run(spool, due=True):
    if due:
        spool.make_due()
    assert spool.run().returncode == 0


def report_of(octets):
    """A multipart/report in its parts: words, fields of the message, fields of
    each recipient, what is sent back."""
    message = email.message_from_bytes(octets, policy=email.policy.default)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    assert message["Return-Path"] == "<>"
    assert message["Auto-Submitted"] == "auto-replied"
    assert not message.defects
    words, status, back = message.iter_parts()
    assert words.get_content_type() == "text/plain"
    assert status.get_content_type() == "message/delivery-status"
    head, *rcpts = status.get_payload()
    return message, head, rcpts, back
