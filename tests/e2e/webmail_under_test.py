"""Roundcube as Debian packs it, over a site's IMAP and submission, and a
Chromium without a screen to use it with."""
import importlib.util
import os
import secrets
import shutil
import sqlite3
import subprocess

import servers

ROUNDCUBE = "/var/lib/roundcube"
NEEDED = ("/usr/bin/chromedriver", "/usr/bin/chromium", "/usr/bin/php",
          ROUNDCUBE + "/index.php")

CONFIG = """<?php
$config = [];
$config['db_dsnw'] = 'sqlite:///{top}/roundcube.sqlite?mode=0640';
$config['imap_host'] = '127.0.0.1:{imap}';
$config['smtp_host'] = 'ssl://127.0.0.1:{submissions}';
$config['smtp_conn_options'] = ['ssl' => [
    'verify_peer' => false, 'verify_peer_name' => false]];
$config['des_key'] = '{key}';
$config['temp_dir'] = '{top}/temp';
$config['log_dir'] = '{top}/logs';
$config['plugins'] = [];
$config['skin'] = 'elastic';
$config['language'] = 'en_US';
$config['lock_special_folders'] = false;
$config['enable_installer'] = false;
$config['quota_zero_as_unlimited'] = true;
$config['imap_debug'] = true;
"""


def missing():
    """What a machine lacks, or None."""
    absent = [path for path in NEEDED if not os.path.exists(path)]
    if importlib.util.find_spec("selenium") is None:
        absent.append("python3-selenium")
    return ", ".join(absent) or None


class Webmail:
    def __init__(self, site, folder):
        self.folder = str(folder)
        for name in ("config", "temp", "logs"):
            os.mkdir(self.folder + "/" + name)
        with open(self.folder + "/config/config.inc.php", "w") as out:
            out.write(CONFIG.format(
                top=self.folder, imap=site.port("imap"),
                submissions=site.port("submissions"),
                key=secrets.token_hex(12)))
        for name in ("defaults.inc.php", "mimetypes.php"):
            shutil.copy("/etc/roundcube/" + name, self.folder + "/config")
        self.make_database()
        self.port = servers.free_port()
        self.server = site.spawn(
            "/usr/bin/php", "-S", "127.0.0.1:%d" % self.port,
            "-t", ROUNDCUBE, env=dict(
                os.environ, ROUNDCUBE_CONFIG_DIR=self.folder + "/config"))
        servers.wait_for("Roundcube",
                         lambda: servers.port_answers(self.port))

    def make_database(self):
        with open(ROUNDCUBE + "/SQL/sqlite.initial.sql") as file:
            schema = file.read()
        database = sqlite3.connect(self.folder + "/roundcube.sqlite")
        database.executescript(schema)
        database.close()

    @property
    def url(self):
        return "http://127.0.0.1:%d/" % self.port

    @property
    def dialogue(self):
        """What it said to the IMAP server and heard, and its mistakes."""
        out = ""
        for name in sorted(os.listdir(self.folder + "/logs")):
            with open(self.folder + "/logs/" + name) as file:
                out += file.read()
        return out


def browser(folder):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu",
                 "--disable-dev-shm-usage", "--window-size=1300,900",
                 "--user-data-dir=%s/browser" % folder):
        options.add_argument(word)
    driver = webdriver.Chrome(
        service=Service("/usr/bin/chromedriver"), options=options)
    driver.set_page_load_timeout(60)
    return driver


def stop(driver):
    try:
        driver.quit()
    except (OSError, subprocess.SubprocessError):
        pass
