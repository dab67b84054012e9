#!/usr/bin/python3
"""quickstart.py FOLDER DOMAIN BASE: sends real messages through the site that
contrib/quickstart made and shows them arriving; exits 1 when one does not."""
import email
import email.utils
import imaplib
import poplib
import smtplib
import ssl
import sys
import time

GTUBE = ("XJS*C4JDBQADN1.NSBN3*2IDNEN*"
         "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X")
HOST = "127.0.0.1"


def message(sender, to, subject, text):
    return ("From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\n"
            "Message-ID: <%d@quickstart.example>\r\n\r\n%s\r\n" % (
                sender, to, subject, email.utils.formatdate(),
                time.time_ns(), text)).encode()


class Proof:
    def __init__(self, folder, domain, base):
        self.domain, self.base = domain, base
        self.context = ssl.create_default_context(
            cafile=folder + "/tls/tls_cert.pem")
        with open(folder + "/passwords") as lines:
            self.password = dict(line.split() for line in lines)
        self.bad = 0

    def full(self, name):
        return "%s@%s" % (name, self.domain)

    def say(self, good, what):
        self.bad += not good
        print("          %s %s" % ("ok " if good else "BAD", what), flush=True)

    def send(self, to, subject, text, login=None):
        """The reply to the message, or to the command that was refused."""
        client = smtplib.SMTP(HOST, self.base + (587 if login else 25),
                              "client.example", timeout=60)
        sender = self.full(login) if login else "stranger@example.org"
        if login:
            client.starttls(context=self.context)
            client.login(sender, self.password[sender])
        else:
            client.ehlo()
        client.mail(sender)
        code, reply = client.rcpt(self.full(to))
        if code == 250:
            code, reply = client.data(
                message(sender, self.full(to), subject, text))
        client.quit()
        return code, "%d %s" % (code, reply.decode(errors="replace"))

    def expect(self, code, to, subject, text, login=None):
        got, reply = self.send(to, subject, text, login)
        how = "submission (STARTTLS, login)" if login else "SMTP"
        self.say(got == code, "%s to %s: %s" % (how, self.full(to), reply))

    def by_imap(self, name):
        client = imaplib.IMAP4_SSL(HOST, self.base + 993,
                                   ssl_context=self.context, timeout=60)
        client.login(self.full(name), self.password[self.full(name)])
        client.select("INBOX", readonly=True)
        _, found = client.fetch("1:*", "(BODY.PEEK[])")
        client.logout()
        return [part[1] for part in found if isinstance(part, tuple)]

    def by_pop3(self, name):
        client = poplib.POP3_SSL(HOST, self.base + 995, context=self.context,
                                 timeout=60)
        client.user(self.full(name))
        client.pass_(self.password[self.full(name)])
        count, _ = client.stat()
        found = [b"\r\n".join(client.retr(n)[1]) for n in range(1, count + 1)]
        client.quit()
        return found

    def shows(self, how, name, messages, wanted):
        subjects = [str(email.message_from_bytes(m)["Subject"])
                    for m in messages]
        self.say(sorted(subjects) == sorted(wanted), "%s shows %s: %s" % (
            how, self.full(name), " | ".join(subjects)))

    def run(self):
        self.expect(250, "alice", "Hello from a stranger", "Good morning.")
        self.expect(250, "bob", "Buy this", GTUBE)
        self.expect(250, "info", "To everybody", "This address is an alias.")
        self.expect(550, "nobody", "Is anybody there?", "No.")
        self.expect(250, "bob", "From alice", "I logged in to send this.",
                    login="alice")
        alice = ["Hello from a stranger", "To everybody"]
        bob = ["*** SPAM *** Buy this", "To everybody", "From alice"]
        self.shows("IMAP", "alice", self.by_imap("alice"), alice)
        self.shows("POP3", "alice", self.by_pop3("alice"), alice)
        found = self.by_imap("bob")
        self.shows("IMAP", "bob", found, bob)
        self.shows("POP3", "bob", self.by_pop3("bob"), bob)
        spam = [m for m in found if GTUBE.encode() in m]
        self.say(len(spam) == 1 and b"X-Spam-" in spam[0],
                 "spamd's verdict is in the header of the spam")
        return 1 if self.bad else 0


if __name__ == "__main__":
    sys.exit(Proof(sys.argv[1], sys.argv[2], int(sys.argv[3])).run())
