"""The canonical encoding, version 1, written a second time from its description in `src/model/canon.rs`.

Reads a JSON list of trees from standard input and prints a JSON list of `[encoding, digest]`, both in hexadecimal.
A tree is an object with one key, its type letter: t text, i integer (in decimal, as text), d date, b truth, l list, m map.
"""
import hashlib
import json
import sys


def head(letter, length):
    return letter.encode() + length.to_bytes(8, "big")


def text(value):
    content = value.replace("\r\n", "\n").encode("utf-8")
    return head("t", len(content)) + content


def encode(tree):
    ((letter, value),) = tree.items()
    if letter == "t":
        return text(value)
    if letter == "i":
        return b"i" + int(value).to_bytes(8, "big", signed=True)
    if letter == "d":
        return head("d", len(value)) + value.encode("ascii")
    if letter == "b":
        return b"b" + bytes([1 if value else 0])
    if letter == "l":
        return head("l", len(value)) + b"".join(map(encode, value))
    if letter == "m":
        entries = sorted(value.items(), key=lambda entry: [ord(c) for c in entry[0]])
        return head("m", len(entries)) + b"".join(text(key) + encode(inner) for key, inner in entries)
    raise ValueError(f"no type has the letter {letter}")


def main():
    sys.stdin.reconfigure(encoding="utf-8")
    encodings = [encode(tree) for tree in json.load(sys.stdin)]
    digests = [hashlib.sha256(b"tom-c14n/1\0" + encoding).hexdigest() for encoding in encodings]
    json.dump([[e.hex(), d] for e, d in zip(encodings, digests)], sys.stdout)


main()
