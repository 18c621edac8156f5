#!/usr/bin/python3
"""grow.py MIB_A_SECOND [FILE]: grows until somebody kills it; reads FILE meanwhile, so that its cgroup reclaims."""
import sys, threading, time

held = []


def read_again(path):
    while True:
        with open(path, 'rb', 0) as file:
            while file.read(1 << 20):
                pass


if len(sys.argv) > 2:
    threading.Thread(target=read_again, args=(sys.argv[2],), daemon=True).start()
while len(held) < 2000:
    held.append(b'x' * (1 << 20))
    time.sleep(1 / float(sys.argv[1]))
