"""Debian's rspamd as a milter that scans by itself, with what it has built in
alone: it knows GTUBE."""
import os
import shutil
import subprocess

import servers

CONF = """
options {
	pidfile = "%(folder)s/pid"; filters = ""; tempdir = "%(folder)s";
	control_socket = "%(folder)s/control mode=0600";
	hs_cache_dir = "%(folder)s"; url_tld = "%(folder)s/tld";
	dns { nameserver = ["127.0.0.1:1"]; timeout = 0.1s; retransmits = 1; }
}
logging { type = "file"; filename = "%(folder)s/log"; level = "info"; }
metric { name = "default"; actions { reject = 15; add_header = 6; } }
worker "rspamd_proxy" {
	bind_socket = "127.0.0.1:%(port)d"; milter = yes; count = 1;
	timeout = 20s; upstream "local" { default = yes; self_scan = yes; }
}
"""


class Rspamd:
    def __init__(self, folder):
        self.port = servers.free_port()
        os.mkdir(folder)
        with open(folder + "/tld", "w") as out:
            out.write("com\norg\n")  # the real list takes it a minute
        with open(folder + "/conf", "w") as out:
            out.write(CONF % {"folder": folder, "port": self.port})
        shutil.chown(folder, "nobody")
        self.process = subprocess.Popen(
            ["rspamd", "-f", "-u", "nobody", "-g", "nogroup", "-c",
             folder + "/conf"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        servers.wait_for("rspamd (see %s/log)" % folder,
                         lambda: servers.port_answers(self.port), 60)

    def stop(self):
        servers.end_process(self.process)
