"""Dovecot and Postfix from Debian, on the accounts, certificates and mail
folders of a site of ours, each in a folder of its own."""
import os
import shutil
import subprocess

import servers

DOVECOT = """
base_dir = %(folder)s/run
state_dir = %(folder)s/state
log_path = %(folder)s/log
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <%(cert)s
ssl_key = <%(key)s
disable_plaintext_auth = no
mail_location = maildir:%(data)s/%%d/%%n/Maildir
first_valid_uid = 8
mail_uid = 8
mail_gid = 8
mail_plugins = quota
passdb {
  driver = sql
  args = %(folder)s/sql.conf
}
userdb {
  driver = sql
  args = %(folder)s/sql.conf
}
service imap-login {
  process_limit = 1000
  inet_listener imap {
    port = %(imap)d
  }
  inet_listener imaps {
    port = %(imaps)d
    ssl = yes
  }
}
service pop3-login {
  process_limit = 1000
  inet_listener pop3 {
    port = %(pop3)d
  }
  inet_listener pop3s {
    port = 0
  }
}
"""
DOVECOT_SQL = """
driver = mysql
connect = host=%(socket)s dbname=%(database)s user=%(user)s \
password=%(password)s
default_pass_scheme = MD5-CRYPT
password_query = SELECT CONCAT(name, '@', domain) AS user, password \
FROM users WHERE name = '%%n' AND domain = '%%d'
user_query = SELECT home, 8 AS uid, 8 AS gid \
FROM users WHERE name = '%%n' AND domain = '%%d'
"""
POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = %(folder)s/spool
data_directory = %(folder)s/lib
maillog_file_prefixes = /var, /dev/stdout, %(folder)s
maillog_file = %(folder)s/log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.test.dev
mydestination =
local_transport = error:none
alias_maps =
virtual_mailbox_domains = test.dev
virtual_mailbox_maps = proxy:mysql:%(folder)s/etc/mailbox.cf
virtual_mailbox_base = %(data)s
virtual_minimum_uid = 8
virtual_uid_maps = static:8
virtual_gid_maps = static:8
virtual_mailbox_limit = 0
smtpd_recipient_restrictions = reject_unauth_destination
smtpd_tls_security_level = may
smtpd_tls_chain_files = %(folder)s/chain.pem
default_process_limit = 120
"""
POSTFIX_MAPS = """
hosts = unix:%(socket)s
user = %(user)s
password = %(password)s
dbname = %(database)s
query = SELECT CONCAT(domain, '/', name, '/Maildir/') FROM users \
WHERE name = '%%u' AND domain = '%%d'
"""


def write(path, text):
    with open(path, "w") as out:
        out.write(text)
    os.chmod(path, 0o644)


class Peer:
    def __init__(self, folder, site, ports):
        os.makedirs(folder)
        os.chmod(folder, 0o755)
        self.folder, self.ports = folder, ports
        self.facts = dict(
            ports, folder=folder, cert=site.certs.cert, key=site.certs.key,
            data=site.data, socket=site.mariadb.socket, user="bench",
            password="bench", database=site.database)

    def call(self, *command, check=True, **how):
        with open(self.folder + "/start.log", "ab") as log:
            subprocess.run(command, check=check, stdin=subprocess.DEVNULL,
                           stdout=log, stderr=log, timeout=60, **how)


class Dovecot(Peer):
    def start(self, **how):
        write(self.folder + "/sql.conf", DOVECOT_SQL % self.facts)
        write(self.folder + "/dovecot.conf", DOVECOT % self.facts)
        self.call("dovecot", "-c", self.folder + "/dovecot.conf", **how)
        servers.wait_for("Dovecot", lambda: servers.port_answers(
            self.ports["imap"]))

    def stop(self):
        self.call("doveadm", "-c", self.folder + "/dovecot.conf", "stop",
                  check=False)
        servers.wait_for("Dovecot's end", lambda: not servers.port_answers(
            self.ports["imap"]))


class Postfix(Peer):
    def start(self, **how):
        for name in ("etc", "spool", "lib"):
            os.makedirs(self.folder + "/" + name)
        shutil.chown(self.folder + "/lib", "postfix")
        write(self.folder + "/etc/main.cf", POSTFIX_MAIN % self.facts)
        write(self.folder + "/etc/mailbox.cf", POSTFIX_MAPS % self.facts)
        with open(self.facts["key"]) as key, open(self.facts["cert"]) as cert:
            write(self.folder + "/chain.pem", key.read() + cert.read())
        self.master()
        self.call("postfix", "-c", self.folder + "/etc", "start", **how)
        servers.wait_for("Postfix", lambda: servers.port_answers(
            self.ports["mx"]))

    def master(self):
        """Debian's own service table, not in a chroot, on our port."""
        lines = []
        with open("/usr/share/postfix/master.cf.dist") as table:
            for line in table:
                word = line.split()
                if line.startswith(("#", " ", "\t")) or len(word) < 8:
                    continue
                if word[:2] == ["smtp", "inet"]:
                    word[0] = "127.0.0.1:%d" % self.ports["mx"]
                word[4] = "n"
                lines.append(" ".join(word))
        write(self.folder + "/etc/master.cf", "\n".join(lines) + "\n")

    def stop(self):
        self.call("postfix", "-c", self.folder + "/etc", "stop", check=False)
        servers.wait_for("Postfix's end", lambda: not servers.port_answers(
            self.ports["mx"]))
