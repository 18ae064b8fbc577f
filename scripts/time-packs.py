#!/usr/bin/env python3
"""What packs cost, as a table: `scripts/time-packs.py --tom target/release/tom [--many 1000] [--weasyprint PROGRAM]`.

Renders the worked example's largest pack, then as many copies of its assessment as are asked for, and lets others print the same HTML where they are here:
headless Chromium, and WeasyPrint. Each is done three times, and the middle one counts; of many, once. Memory is the peak of the largest process. Figures
of a build without optimisation say nothing.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

NAME = "acme-northfield"
PACK = "phase-2"


def run(command, folder):
    """Wall clock and CPU time in seconds, and peak memory in MiB."""
    begin = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read().decode(errors="replace")
    _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - begin
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{command}: {said[-2000:]}")
    scale = 1 if sys.platform == "darwin" else 1024
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss * scale / 2**20


def middle(command, folder, before=lambda: None, times=3):
    results = []
    for _ in range(times):
        before()
        results.append(run(command, folder))
    return sorted(results)[times // 2]


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


def git(folder, *args):
    subprocess.run(["git", "-c", "user.name=Someone", "-c", "user.email=someone@tom.example", *args], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def copies(repo, count):
    """The assessment under other names and ids, committed."""
    source = repo / "assessments" / NAME
    text = (source / "deployment.toml").read_text()
    for number in range(count):
        to = repo / "assessments" / f"copy-{number:05}"
        shutil.copytree(source, to)
        (to / "deployment.toml").write_text(re.sub(r'^id = ".*"', f'id = "d-{number:012x}"', text, flags=re.M))
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "Copies")
    return [f"copy-{number:05}" for number in range(count)]


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
