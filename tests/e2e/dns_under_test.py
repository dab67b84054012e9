"""A name server on loopback that answers by a table, and misbehaves when it is
told to."""
import socket
import struct
import threading
import time

TYPES = {"A": 1, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16,
         "AAAA": 28}
NAMES = {number: name for name, number in TYPES.items()}
SERVFAIL, NXDOMAIN, REFUSED = 2, 3, 5


def wire_name(name):
    return b"".join(bytes([len(label)]) + label.encode()
                    for label in name.split(".") if label) + b"\0"


def wire_data(kind, value):
    if kind == "A":
        return socket.inet_pton(socket.AF_INET, value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "MX":
        preference, _, host = value.partition(" ")
        return struct.pack(">H", int(preference)) + wire_name(host)
    if kind == "TXT":
        return b"".join(bytes([len(value[i:i + 255])]) +
                        value[i:i + 255].encode()
                        for i in range(0, len(value), 255))
    return wire_name(value)


class NameServer:
    """records: {"name TYPE": [values]}; a name with any type exists.  faults:
    {"name": "servfail" | "silent" | "id" | "question" | "spoof" | "cut" |
    "slow"}; a fault of "*" is everybody's."""

    def __init__(self, records=None):
        self.records = {k.lower(): v for k, v in (records or {}).items()}
        self.faults, self.asked, self.ports = {}, [], set()
        self.ttl, self.tcp_asked, self.over = 300, 0, False
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.other.bind(("127.0.0.1", 0))
        self.udp.settimeout(0.1)
        self.tcp.settimeout(0.1)
        self.threads = [threading.Thread(target=run, daemon=True)
                        for run in (self.serve_udp, self.serve_tcp)]
        for thread in self.threads:
            thread.start()

    @property
    def address(self):
        return "127.0.0.1:%d" % self.port

    def record(self, name, kind, *values):
        self.records["%s %s" % (name.lower(), kind.lower())] = list(values)

    def close(self):
        self.over = True
        for thread in self.threads:
            thread.join(5)
        for sock in (self.udp, self.tcp, self.other):
            sock.close()

    # ---- the two ways to be asked

    def serve_udp(self):
        while not self.over:
            try:
                ask, peer = self.udp.recvfrom(4096)
            except socket.timeout:
                continue
            except OSError:
                return
            self.ports.add(peer[1])
            name, kind, end = self.question(ask)
            self.asked.append((name.lower(), kind))
            fault = self.faults.get(name.lower(), self.faults.get("*"))
            self.answer_udp(ask, peer, end, fault)

    def answer_udp(self, ask, peer, end, fault):
        good = self.answer(ask, end)
        forged = self.answer(ask, end, forge="127.0.0.66")
        if fault == "silent":
            return
        if fault == "servfail":
            self.udp.sendto(self.answer(ask, end, rcode=SERVFAIL), peer)
            return
        if fault == "cut":
            self.udp.sendto(ask[:2] + b"\x83\x80\0\1\0\0\0\0\0\0" +
                            ask[12:end], peer)
            return
        if fault == "slow":
            time.sleep(0.3)
        if fault == "id":
            wrong = struct.pack(
                ">H", struct.unpack(">H", ask[:2])[0] ^ 1)
            self.udp.sendto(wrong + forged[2:], peer)
        if fault == "question":
            self.udp.sendto(forged[:13] + b"q" + forged[14:], peer)
        if fault == "spoof":
            self.other.sendto(forged, peer)
        self.udp.sendto(good, peer)

    def serve_tcp(self):
        while not self.over:
            try:
                conn, _ = self.tcp.accept()
            except socket.timeout:
                continue
            except OSError:
                return
            with conn:
                conn.settimeout(5)
                head = conn.recv(2, socket.MSG_WAITALL)
                if len(head) < 2:
                    continue
                self.tcp_asked += 1
                ask = conn.recv(struct.unpack(">H", head)[0],
                                socket.MSG_WAITALL)
                out = self.answer(ask, self.question(ask)[2])
                conn.sendall(struct.pack(">H", len(out)) + out)

    # ---- messages

    @staticmethod
    def question(ask):
        labels, at = [], 12
        while ask[at]:
            labels.append(ask[at + 1:at + 1 + ask[at]].decode())
            at += 1 + ask[at]
        kind = struct.unpack(">H", ask[at + 1:at + 3])[0]
        return ".".join(labels), NAMES.get(kind, str(kind)), at + 5

    def answer(self, ask, end, rcode=0, forge=None):
        name, kind, _ = self.question(ask)
        answers = []
        if rcode == 0:
            rcode = self.gather(name.lower(), kind, answers)
        if forge:
            rcode, answers = 0, [(b"\xc0\x0c", "A", forge)]
        out = ask[:2] + struct.pack(">HHHHH", 0x8180 | rcode, 1,
                                    len(answers), 0 if answers else 1, 0)
        out += ask[12:end]
        for owner, what, value in answers:
            data = wire_data(what, value)
            out += owner + struct.pack(">HHIH", TYPES[what], 1, self.ttl,
                                       len(data)) + data
        if not answers:
            soa = b"\0\0" + struct.pack(">5I", 1, 1, 1, 1, self.ttl)
            out += b"\0" + struct.pack(">HHIH", 6, 1, self.ttl,
                                       len(soa)) + soa
        return out

    def gather(self, name, kind, answers):
        """The records, along aliases; the result code."""
        for _ in range(20):
            key = name + " "
            for value in self.records.get(key + kind.lower(), ()):
                answers.append((wire_name(name), kind, value))
            alias = self.records.get(key + "cname")
            if not alias:
                break
            answers.append((wire_name(name), "CNAME", alias[0]))
            name = alias[0].lower()
        known = any(k.startswith(name + " ") for k in self.records)
        return 0 if known or answers else NXDOMAIN
