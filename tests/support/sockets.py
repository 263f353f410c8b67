"""The sockets that a process listens on, as Linux lists them."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

_LISTENS = "0A"

Address = IPv4Address | IPv6Address


def listening(pid: int) -> dict[int, Address]:
    """Return the address of each port on which a process listens over TCP."""
    own = _inodes(pid)
    lines = [line for name in ("tcp", "tcp6") for line in _table(pid, name)]
    found = [
        fields[1] for fields in map(str.split, lines) if fields[3] == _LISTENS and fields[9] in own
    ]
    return {int(port, 16): _read(address) for address, port in (each.split(":") for each in found)}


def other_address() -> str:
    """Return an address of this machine that is not on loopback. It sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


def _inodes(pid: int) -> set[str]:
    """Return the inodes of the sockets that a process has open."""
    opened = [_target(link) for link in Path(f"/proc/{pid}/fd").iterdir()]
    return {name[8:-1] for name in opened if name.startswith("socket:[")}


def _target(link: Path) -> str:
    with suppress(FileNotFoundError):  # It may be closed by now.
        return str(link.readlink())
    return ""


def _table(pid: int, name: str) -> list[str]:
    return Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]


def _read(text: str) -> Address:
    """Read an address that is written in hexadecimal, as words in this machine's byte order."""
    words = [int(text[start : start + 8], 16) for start in range(0, len(text), 8)]
    address = ip_address(struct.pack(f"={len(words)}I", *words))
    return getattr(address, "ipv4_mapped", None) or address
