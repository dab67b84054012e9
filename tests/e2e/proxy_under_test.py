"""The PROXY protocol and XCLIENT, as a proxy speaks them."""
import socket
import struct

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def v1(source, port=4711, target="127.0.0.1", target_port=25):
    family = b"TCP6" if ":" in source else b"TCP4"
    return b"PROXY %s %s %s %d %d\r\n" % (
        family, source.encode(), target.encode(), port, target_port)


def v2(source, port=4711, target=None, target_port=25, tlv=b""):
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    target = target or ("::1" if ":" in source else "127.0.0.1")
    body = (socket.inet_pton(family, source) + socket.inet_pton(family, target)
            + struct.pack("!HH", port, target_port) + tlv)
    code = 0x21 if ":" in source else 0x11
    return SIGNATURE + struct.pack("!BBH", 0x21, code, len(body)) + body


V2_LOCAL = SIGNATURE + b"\x20\0\0\0"
