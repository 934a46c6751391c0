"""How many packets a second scapy builds and writes, with a comment on each: printed by `make bench` beside ours.

    scapy_rate.py FILE
"""
import sys
import time

from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.utils import PcapNgWriter

PACKETS = 5_000


def main(path):
    begin = time.process_time()
    with PcapNgWriter(path) as out:
        for number in range(PACKETS):
            packet = (
                Ether(src="02:00:00:00:00:0a", dst="02:00:00:00:00:fe")
                / IP(src="192.0.2.10", dst="198.51.100.20", id=number & 0xFFFF, flags="DF")
                / TCP(sport=40000, dport=80, flags="PA", seq=number * 100, ack=1,
                      options=[("NOP", None), ("NOP", None), ("Timestamp", (number, 1))])
                / (b"x" * 100)
            )
            packet.comment = f"The client sends 100 bytes of data: sequence numbers {number * 100} and up.".encode()
            out.write(packet)
    print(f"scapy: {PACKETS / (time.process_time() - begin):.0f} packets a second")


main(sys.argv[1])
