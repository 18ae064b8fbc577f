#!/usr/bin/env python3
"""What packs cost, as a table: `scripts/time-packs.py --tom target/release/tom [--many 1000] [--weasyprint PROGRAM]`.

Renders the worked example's largest pack, then as many copies of its assessment as are asked for, and lets others print the same HTML where they are here:
headless Chromium, and WeasyPrint. Each is done three times, and the middle one counts; of many, once. Memory is the peak of the largest process. Figures
of a build without optimisation say nothing.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import tempfile

from timing import NAME, copies, middle, run

PACK = "phase-2"


def pages(path):
    """A PDF's pages, as its page tree says."""
    if shutil.which("pdfinfo"):
        said = subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True).stdout
        return int(re.search(r"Pages:\s+(\d+)", said)[1])
    return len(re.findall(rb"/Type\s*/Page\b", path.read_bytes()))


def show(what, result, count=None, size=None):
    wall, cpu, memory = result
    rate = f"{count / wall:,.0f}" if count else ""
    size = f"{size / 1e6:.1f} MB" if size else ""
    print(f"| {what} | {wall:.2f} s | {cpu:.2f} s | {memory:,.0f} MiB | {count or ''} | {rate} | {size} |", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--tom", required=True, type=pathlib.Path)
    options.add_argument("--many", type=int, default=1000)
    options.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    options.add_argument("--weasyprint", default=shutil.which("weasyprint"))
    asked = options.parse_args()
    tom = str(asked.tom.resolve())
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        repo, out = folder / "demo", folder / "packs"
        run([tom, "demo", str(repo)], folder)
        html, pdf = out / f"{NAME}-{PACK}.html", out / f"{NAME}-{PACK}.pdf"

        def render(names, form):
            return [tom, "render", *names, "--pack", PACK, "--format", form, "--to", str(out)]

        def forget():
            # Nothing that was rendered before spares work.
            shutil.rmtree(out, ignore_errors=True)
            shutil.rmtree(repo / ".git" / "tom", ignore_errors=True)

        print("| what | wall clock | CPU | peak memory | pages | pages a second | size |\n|---|---|---|---|---|---|---|")
        result = middle(render([NAME], "html"), repo, forget)
        size = html.stat().st_size
        show("one pack, HTML", result, size=size)
        kept = shutil.copy(html, folder / "pack.html")
        result = middle(render([NAME], "pdf"), repo, forget)
        count = pages(pdf)
        show("one pack, PDF", result, count, pdf.stat().st_size)
        show("the same again, unchanged", middle(render([NAME], "pdf"), repo))
        printed = folder / "printed.pdf"
        if asked.chromium:
            command = [asked.chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--print-to-pdf={printed}", f"file://{kept}"]
            result = middle(command, folder)
            show("Chromium prints the HTML", result, pages(printed), printed.stat().st_size)
        if asked.weasyprint:
            result = middle([asked.weasyprint, "--quiet", str(kept), str(printed)], folder)
            show("WeasyPrint prints the HTML", result, pages(printed), printed.stat().st_size)
        if asked.many:
            names = copies(repo, asked.many)
            for form, each in (("html", None), ("pdf", count)):
                forget()
                result = run(render(names, form), repo)
                size = sum(file.stat().st_size for file in out.iterdir())
                show(f"{asked.many:,} packs, {form.upper()}", result, each and each * asked.many, size)
            show("the same again, unchanged", run(render(names, "pdf"), repo))


if __name__ == "__main__":
    main()
