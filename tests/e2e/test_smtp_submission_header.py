"""What is done to the header of a user's message (RFC 6409 section 8)."""
import email
import email.utils
import re
import time

import pytest

from smtp_talk import DATA, Talk
from submission_talk import logged_in, send


def stored(site, octets, sender="demo@test.dev", **settings):
    """A message of demo's as other gets it: octets, and parsed."""
    if settings:
        site.conf(**settings)
    talk = logged_in(site)
    before = set(site.messages("other"))
    assert talk.envelope("other@test.dev", sender=sender) == [250]
    assert talk.message(octets) == 250, talk.last
    path, = set(site.messages("other")) - before
    with open(path, "rb") as file:
        text = file.read()
    return text, email.message_from_bytes(text)


def test_missing_fields(site):
    text, parsed = stored(site, b"Subject: x\r\n\r\nbody\r\n")
    assert parsed["From"] == "<demo@test.dev>"
    when = email.utils.parsedate_to_datetime(parsed["Date"]).timestamp()
    assert abs(when - time.time()) < 60
    assert re.fullmatch(r"<[\w.]+@mx\.test\.dev>", parsed["Message-ID"])
    assert text.endswith(b"\nSubject: x\n\nbody\n")
    assert len(parsed.get_all("Received")) == 1


def test_mailbox_separator_ends_no_header(lite):
    text, parsed = stored(lite, b"From me Mon\r\nSubject: x\r\n\r\nbody\r\n")
    assert parsed["Subject"] == "x" and parsed["From"] == "<demo@test.dev>"
    assert parsed["X-Mailbox-Line"] == "From me Mon"
    assert text.endswith(b"\nSubject: x\n\nbody\n")


def test_message_ids_differ(lite):
    ids = {stored(lite, DATA)[1]["Message-ID"] for _ in range(3)}
    talk = logged_in(lite)
    for _ in range(3):
        assert send(talk, "other@test.dev")[1] == 250
    ids |= {email.message_from_bytes(m)["Message-ID"]
            for m in lite.contents("other")}
    assert len(ids) == 6


def test_what_is_there_stays(lite):
    given = (b"Received: from inside ([10.0.0.1]) by me; some day\r\n"
             b"Date: the day before yesterday\r\nFROM: Demo\r\n <demo@test.dev>"
             b"\r\nmessage-id:<1@x>\r\nSender: x@y.z\r\nX-Odd:  \r\n\r\nb\r\n")
    text, _ = stored(lite, given)
    assert text.endswith(b"\n" + given.replace(b"\r\n", b"\n"))


@pytest.mark.parametrize("given, kept", [
    (b"Bcc: secret@example.org\r\nSubject: x\r\n\r\nBcc: body\r\n",
     b"\nSubject: x\n\nBcc: body\n"),
    (b"Subject: x\r\nBCC : a@b.c,\r\n\td@e.f\r\nBcc:\r\nX: y\r\n\r\nb\r\n",
     b"\nSubject: x\nX: y\n\nb\n"),
    (b"Resent-Bcc: a@b.c\r\nX: y\r\n\r\nb\r\n", b"\nX: y\n\nb\n"),
    (b"Return-Path: <liar@example.org>\r\nX: y\r\n\r\nb\r\n", b"\nX: y\n\nb\n"),
    (b"Content-Length: 99\r\nX: y\r\n\r\nb\r\n", b"\nX: y\n\nb\n"),
    (b"X: y\r\nBcc: a@b.c\r\n\r\nb\r\n", b"\nX: y\n\nb\n"),
    (b"X: y\r\nBcc: a@b.c\r\n", b"\nX: y\n"),
    (b"no header at all\r\n", b"\n\nno header at all\n"),
    (b"\r\nbody alone\r\n", b"\n\nbody alone\n"),
])
def test_removed_fields(lite, given, kept):
    text, parsed = stored(lite, given)
    assert text.endswith(kept), text
    assert parsed["Bcc"] is None and b"secret" not in text
    assert parsed.get_all("Return-Path") == ["<demo@test.dev>"]
    for name in ("Date", "From", "Message-ID"):
        assert len(parsed.get_all(name)) == 1, (name, text)


def test_large_message(lite):
    """Its body is on the disk before the header could change again."""
    body = b"0123456789abcdef" * 4 + b"\r\n"
    text, parsed = stored(lite, b"Bcc: a@b.c\r\nX: y\r\n\r\n" + body * 5000)
    assert parsed["Bcc"] is None and parsed["Date"]
    assert text.endswith(b"\nX: y\n\n" + body.replace(b"\r", b"") * 5000)


def test_signatures_of_the_client(lite):
    """What is signed is not touched, nor is a Message-ID added where the
    signature says that there is none; Date and From must be there."""
    signed = (b"DKIM-Signature: v=1; a=rsa-sha256; d=test.dev; s=x;\r\n"
              b"\th=From:Subject :\r\n\t Message-ID; bh=aaaa; b=bbbb\r\n"
              b"From: demo@test.dev\r\nSubject: x\r\n\r\nb\r\n")
    text, parsed = stored(lite, signed)
    assert parsed["Message-ID"] is None and parsed["Date"]
    assert text.endswith(b"\n" + signed.replace(b"\r\n", b"\n"))
    _, parsed = stored(lite, signed.replace(b"Message-ID", b"X-Message-ID"))
    assert parsed["Message-ID"]


def test_empty_sender_and_from(lite):
    _, parsed = stored(lite, DATA, sender="")
    assert parsed["Return-Path"] == "<>" and parsed["From"] == "<demo@test.dev>"
    _, parsed = stored(lite, DATA, sender="demo+x@test.dev")
    assert parsed["From"] == "<demo+x@test.dev>"


def test_client_is_hidden(lite):
    text, parsed = stored(lite, DATA)
    received = parsed["Received"]
    assert re.match(r"from hidden\.invalid\s+by mx\.test\.dev with ESMTPA id ",
                    received), received
    assert b"client.example" not in text and b"127.0.0.1" not in text
    assert "demo" not in received
    lite.wait_log("helo=client.example peer=127.0.0.1")
    text, parsed = stored(lite, DATA, submission_hide_client="no",
                          submission_show_user="yes")
    assert parsed["Received"].startswith("from client.example ([127.0.0.1])")
    assert "(user demo@test.dev)" in parsed["Received"]


def test_sender_field(lite):
    given = b"From: boss@test.dev\r\nSender: liar@test.dev\r\n\r\nx\r\n"
    text, parsed = stored(lite, given)
    assert parsed.get_all("Sender") == ["liar@test.dev"]
    text, parsed = stored(lite, given, submission_add_sender="yes")
    assert parsed.get_all("Sender") == ["<demo@test.dev>"], text
    _, parsed = stored(lite, b"From: Demo@test.dev\r\n\r\nx\r\n")
    assert parsed["Sender"] is None
    _, parsed = stored(lite, b"Subject: no From\r\n\r\nx\r\n")
    assert parsed["Sender"] is None


def test_strangers_mail_stays_as_it_is(lite):
    talk = Talk(lite)
    talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.message(b"Bcc: a@b.c\r\nSubject: x\r\n\r\nb\r\n") == 250
    text, = lite.contents("demo")
    assert text.endswith(b"\nBcc: a@b.c\nSubject: x\n\nb\n")
    assert b"\nDate:" not in text and b"from client.example (" in text
