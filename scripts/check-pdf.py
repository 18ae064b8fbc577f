#!/usr/bin/env python3
"""What a pack's PDF has to have, looked at with pikepdf: `scripts/check-pdf.py packs/*.pdf`. Exit code 1 where something is missing."""

import re
import sys

import pikepdf


def nodes(tree):
    """Every node of the structure tree."""
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, pikepdf.Array):
            todo.extend(node)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                yield node
            if "/K" in node:
                todo.append(node.K)


def attribute(node, name):
    """An attribute of a node, which may have one dictionary of them or several."""
    found = node.get("/A", [])
    for each in found if isinstance(found, pikepdf.Array) else [found]:
        if isinstance(each, pikepdf.Dictionary) and name in each:
            return each[name]
    return None


def wrong(pdf):
    root = pdf.Root
    xmp = root.Metadata.read_bytes().decode()
    said = dict(re.findall(r"(pdfaid:part|pdfaid:conformance|pdfuaid:part)>([^<]+)", xmp))
    if said != {"pdfaid:part": "2", "pdfaid:conformance": "A", "pdfuaid:part": "1"}:
        yield f"its metadata says {said}"
    if "tom-pack-1 " not in xmp:
        yield "its metadata has no stamp"
    if [str(intent.S) for intent in root.get("/OutputIntents", [])] != ["/GTS_PDFA1"]:
        yield "no output intent"
    if str(root.get("/Lang", "")) != "en-GB" or not root.MarkInfo.Marked or not root.ViewerPreferences.DisplayDocTitle:
        yield "language, marks or the title's display are missing"
    if "/Outlines" not in root:
        yield "no bookmarks"
    if pdf.is_encrypted or "/JavaScript" in root.get("/Names", {}) or "/AcroForm" in root:
        yield "encryption, scripts or forms"
    for number, page in enumerate(pdf.pages, 1):
        if page.get("/Tabs") != "/S":
            yield f"page {number} has no reading order for the tab key"
        for font in page.Resources.get("/Font", {}).values():
            inner = font.DescendantFonts[0].FontDescriptor
            if "/ToUnicode" not in font or not {"/FontFile2", "/FontFile3"} & set(inner.keys()):
                yield f"page {number}: {font.BaseFont} is not embedded, or its text cannot be read"
    kinds = {}
    for node in nodes(root.StructTreeRoot.K):
        kind = str(node.S)
        kinds[kind] = kinds.get(kind, 0) + 1
        if kind == "/Figure" and not str(node.get("/Alt", "")):
            yield "a picture without a text alternative"
        if kind == "/TH" and attribute(node, "/Scope") is None:
            yield "a header cell without a scope"
    if kinds.get("/Title") != 1 or not kinds.get("/H1"):
        yield "no title, or no heading"
    if kinds.get("/Table", 0) and not kinds.get("/TH"):
        yield "tables without headers"


def main():
    bad = 0
    for path in sys.argv[1:]:
        with pikepdf.open(path) as pdf:
            problems = sorted(set(wrong(pdf))) + list(pdf.check_pdf_syntax())
            for problem in problems:
                print(f"{path}: {problem}")
            bad += bool(problems)
            print(f"{path}: {len(pdf.pages)} pages, {'wrong' if problems else 'as it should be'}")
    return 1 if bad or len(sys.argv) == 1 else 0


if __name__ == "__main__":
    sys.exit(main())
