"""BODY=BINARYMIME, on the real programs over sockets: what is sent as octets is
text where it is stored, and the same octets for who reads it."""
import email
import email.policy
import random
import struct
import zlib

import pytest

from smtp_talk import Talk

OPTION = " BODY=BINARYMIME"
HEADER = b"Content-Transfer-Encoding: binary\r\n\r\n"


def png(size=256):
    """A picture of all values of an octet, stored as they are."""
    def piece(kind, octets):
        return (struct.pack(">I", len(octets)) + kind + octets +
                struct.pack(">I", zlib.crc32(kind + octets)))
    rows = b"".join(b"\0" + bytes(range(256)) for _ in range(size))
    octets = (b"\x89PNG\r\n\x1a\n" +
              piece(b"IHDR", struct.pack(">IIBBBBB", 256, size, 8, 0, 0, 0, 0))
              + piece(b"IDAT", zlib.compress(rows, 0)) + piece(b"IEND", b""))
    assert len(set(octets)) == 256
    return octets


def with_picture(octets):
    return (b"From: a@example.org\r\nTo: demo@test.dev\r\nSubject: picture\r\n"
            b"MIME-Version: 1.0\r\n"
            b"Content-Type: multipart/mixed; boundary=cut\r\n"
            b"Content-Transfer-Encoding: binary\r\n\r\n"
            b"--cut\r\nContent-Type: text/plain; charset=utf-8\r\n"
            b"Content-Transfer-Encoding: 8bit\r\n\r\n"
            b".\r\nseen\r\n--cut\r\nContent-Type: image/png\r\n"
            b"Content-Transfer-Encoding: binary\r\n\r\n" + octets +
            b"\r\n--cut\r\nContent-Type: application/json\r\n"
            b"Content-Transfer-Encoding: binary\r\n\r\n{}\r\n--cut--\r\n")


def begun(site, options=OPTION):
    talk = Talk(site)
    assert "BINARYMIME" in talk.ehlo()
    assert talk.envelope("demo@test.dev", options=options) == [250]
    return talk


def send(talk, octets, chunk=None):
    """All chunks at once; the code of each."""
    chunk = chunk or len(octets)
    pieces = [octets[i:i + chunk] for i in range(0, len(octets), chunk)]
    talk.send(b"".join(b"BDAT %d\r\n" % len(piece) + piece
                       for piece in pieces) + b"BDAT 0 LAST\r\n")
    return [talk.reply()[0] for _ in range(len(pieces) + 1)]


def read(octets):
    return email.message_from_bytes(octets, policy=email.policy.default)


def check(site, picture):
    """Every reader finds the picture."""
    stored, = site.contents()
    assert b"\0" not in stored and b"\r" not in stored
    pop3 = site.pop3()
    by_pop3 = b"\r\n".join(pop3.retr(1)[1])
    imap = site.imap()
    assert imap.select()[0] == "OK"
    _, ((_, by_imap), _) = imap.fetch("1", "(BODY[])")
    for octets in stored, by_pop3, by_imap:
        text, image, json = read(octets).iter_parts()
        assert image.get_payload(decode=True) == picture
        assert text.get_content().splitlines() == [".", "seen"]
        assert json.get_payload(decode=True) == b"{}"
        assert json["Content-Transfer-Encoding"] == "8bit"
    assert read(stored)["Content-Transfer-Encoding"] == "8bit"


@pytest.mark.parametrize("chunk", [1000, 65536, None])
def test_picture(lite, chunk):
    picture = png()
    octets = with_picture(picture)
    codes = send(begun(lite), octets, chunk)
    assert set(codes) == {250}, codes
    check(lite, picture)


def test_small_picture_in_chunks_of_an_octet(lite):
    picture = png(1)
    assert set(send(begun(lite), with_picture(picture), 1)) == {250}
    check(lite, picture)


def test_data_is_out_of_order(lite):
    talk = begun(lite)
    assert talk.say("DATA") == 503 and "5.5.1" in talk.last[1]
    assert send(talk, HEADER + b"\0") == [250, 250], "by BDAT all the same"
    assert lite.contents()[0].endswith(b"base64\n\nAA==\n")


def test_what_cannot_be_converted(lite):
    for octets in (b"Subject: x\r\n\r\n\0", b"Subject: x\r\n\r\na\nb\r\n",
                   b"Content-Type: multipart/mixed\r\n" + HEADER + b"\0",
                   b"no field\r\n" + HEADER + b"\0"):
        talk = begun(lite)
        talk.send(b"BDAT %d LAST\r\n" % len(octets) + octets)
        code, text = talk.reply()
        assert code == 554 and text.startswith("5.6.1 "), text
        assert talk.say("NOOP") == 250
    assert lite.contents() == []


def test_size_limit(lite):
    """It is that of what is sent; what is stored may be larger."""
    limit = 1 << 20
    lite.conf(smtp_max_message_size="1M")
    octets = HEADER + random.Random(7).randbytes(limit - len(HEADER))
    assert set(send(begun(lite), octets, 100000)) == {250}
    stored, = lite.contents()
    assert len(stored) > limit * 4 // 3
    assert read(stored).get_payload(decode=True) == octets[len(HEADER):]
    codes = send(begun(lite), octets + b"x", 100000)
    assert 552 in codes
    assert len(lite.contents()) == 1
    talk = Talk(lite)
    talk.ehlo()
    assert talk.say("MAIL FROM:<> SIZE=%d%s" % (limit, OPTION)) == 250
    assert talk.say("RSET") == 250
    assert talk.say("MAIL FROM:<> SIZE=%d%s" % (limit + 1, OPTION)) == 552


def test_submission_mends_the_header(lite):
    """Fields that are longer than all of the message that was sent."""
    talk = Talk(lite, "submission", tls=None)
    talk.ehlo()
    talk.starttls()
    talk.ehlo()
    assert talk.login() == 235
    assert talk.envelope("demo@test.dev", sender="demo@test.dev",
                         options=OPTION) == [250]
    assert send(talk, b"Bcc: x@example.org\r\n" + HEADER + b"\0\1") \
        == [250, 250]
    stored = read(lite.contents()[0])
    assert stored["From"] == "demo@test.dev" and stored["Date"]
    assert stored["Bcc"] is None
    assert stored.get_payload(decode=True) == b"\0\1"
