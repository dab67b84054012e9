"""Roundcube in Chromium as a user has it: login, list, read, search, move,
compose with an attachment, the copy in Sent, and the bar of the quota.

NJIWA_PICTURES names a folder for a picture of each step."""
import email
import os
import pathlib
import re
import time

import pytest

import servers
import site_under_test
import webmail_under_test

pytestmark = pytest.mark.skipif(
    webmail_under_test.missing() is not None,
    reason="not installed: %s" % webmail_under_test.missing())

MESSAGE = (b"From: Ann <ann@example.org>\r\nTo: demo@test.dev\r\n"
           b"Subject: %s\r\nDate: Thu, 1 Jan 2026 10:00:00 +0000\r\n"
           b"MIME-Version: 1.0\r\n"
           b"Content-Type: text/plain; charset=UTF-8\r\n\r\n%s\r\n")


# The uid of the row with a subject.
UID_OF = """
function uid_of(subject) {
    for (var uid in rcmail.message_list.rows)
        if ($(rcmail.message_list.rows[uid].obj).text().includes(subject))
            return uid;
}
"""


class Page:
    """What a user does in the browser."""

    def __init__(self, webmail, driver):
        self.webmail, self.driver = webmail, driver
        self.step = 0

    def find(self, selector):
        return self.driver.find_elements("css selector", selector)

    def wait(self, what, seen, seconds=90):
        def ready():
            try:
                return seen()
            except Exception:  # the page is being made anew
                return False
        try:
            servers.wait_for(what, ready, seconds)
        except TimeoutError:
            self.picture("missing")
            raise
        return seen()

    def run(self, script, *args):
        return self.driver.execute_script(script, *args)

    def picture(self, name):
        self.step += 1
        folder = os.environ.get("NJIWA_PICTURES")
        if folder:
            self.driver.save_screenshot("%s/%02d-%s.png" % (
                folder, self.step, name))

    def open(self, query=""):
        self.driver.get(self.webmail.url + query)

    def login(self):
        self.open()
        self.find("#rcmloginuser")[0].send_keys("demo@test.dev")
        self.find("#rcmloginpwd")[0].send_keys(site_under_test.PASSWORD)
        self.find("#rcmloginsubmit")[0].click()
        self.wait("the list", lambda: self.find("#messagelist"))

    def subjects(self):
        texts = [row.text for row in self.find(
            "#messagelist tr.message td.subject span.subject a")]
        return [text for text in texts if text]  # what is hidden has none

    def list_has(self, *subjects):
        self.wait("%s in the list" % (subjects,), lambda: sorted(
            self.subjects()) == sorted(subjects) or None)

    def folder(self, name):
        self.open("?_task=mail&_mbox=" + name)


@pytest.fixture
def page(make_site, tmp_path):
    site = make_site("sqlite")
    site.init(services=("imap", "mx", "submissions"), imap_make_folders="yes",
              rate_connections=0, max_connections_per_ip=100)
    webmail = webmail_under_test.Webmail(site, tmp_path)
    driver = webmail_under_test.browser(tmp_path)
    page = Page(webmail, driver)
    page.site = site
    yield page
    webmail_under_test.stop(driver)


def test_a_user(page):
    site = page.site
    site.njiwa("quota", "set", "demo@test.dev", "10")
    site.deliver("demo", MESSAGE % (b"first one", b"about apples"))
    site.deliver("demo", MESSAGE % (
        "=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=".encode(), "über Birnen".encode()))
    page.login()
    page.list_has("first one", "Grüße")
    page.picture("list")
    page.wait("the quota", lambda: "%" in page.run(
        "return $('#quotadisplay, .quota-widget').text()"))
    read(page)
    search(page)
    move(page)
    compose(page)
    sent(page)
    said = page.webmail.dialogue
    # "[time]: <session> [connection] S: tag status text"
    replies = re.findall(r" S: \S+ (OK|NO|BAD)\b", said)
    assert "OK" in replies and "BAD" not in replies, said
    assert "PHP Error" not in said, said


def read(page):
    number = page.run(UID_OF + "return uid_of(arguments[0])", "first one")
    page.open("?_task=mail&_mbox=INBOX&_uid=%s&_action=show" % number)
    page.wait("the text", lambda: "about apples" in page.find(
        "#messagebody")[0].text)
    page.picture("message")
    [file] = [f for f in page.site.messages() if b"first one" in
              pathlib.Path(f).read_bytes()]
    servers.wait_for("\\Seen", lambda: [
        f for f in page.site.messages() if f.endswith("S")])


def search(page):
    page.folder("INBOX")
    page.list_has("first one", "Grüße")
    page.run("rcmail.env.search_mods = {'*': {text: 1}, INBOX: {text: 1}};"
             "$(rcmail.gui_objects.qsearchbox).val('birnen');"
             "rcmail.env.search_scope = 'base';"
             "rcmail.command('search', 'birnen')")
    page.list_has("Grüße")
    page.picture("search")


def move(page):
    page.folder("INBOX")
    page.list_has("first one", "Grüße")
    page.run(UID_OF + "rcmail.message_list.select(uid_of('first one'));"
             "rcmail.move_messages('Archive')")
    page.list_has("Grüße")
    page.folder("Archive")
    page.list_has("first one")
    page.picture("moved")


def compose(page):
    attachment = pathlib.Path(page.webmail.folder, "list.csv")
    attachment.write_bytes(b"a;b\n1;2\n" * 500)
    page.open("?_task=mail&_action=compose")
    page.wait("the form", lambda: page.find("#composebody"))
    page.run("$('#_to').val('other@test.dev').change();"
             "$('#compose-subject').val('With a list');"
             "$('#composebody').val('See what is attached.')")
    [field] = [f for f in page.find("input[name='_attachments[]']")][:1]
    field.send_keys(str(attachment))
    page.wait("the upload", lambda: page.find("#attachment-list li.csv, "
              "#attachment-list li:not(.uploading)"))
    page.picture("compose")
    time.sleep(0.5)
    page.run("rcmail.command('send', '', document.body)")
    servers.wait_for("the message", lambda: page.site.messages("other"))
    message = email.message_from_bytes(page.site.contents("other")[0])
    assert message["Subject"] == "With a list"
    parts = [p for p in message.walk() if p.get_filename()]
    assert [p.get_payload(decode=True) for p in parts] == \
        [b"a;b\n1;2\n" * 500]


def sent(page):
    page.wait("the list again", lambda: page.find("#messagelist"))
    page.folder("Sent")
    page.list_has("With a list")
    page.picture("sent")
