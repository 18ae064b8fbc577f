#!/usr/bin/env python3
"""What workbooks cost, as a table: `scripts/time-sheets.py --tom target/release/tom [--many 1000] [--checklist FILE.xls] [--python PROGRAM]`.

Exports the worked example's largest assessment, imports it again, and exports as many copies of it as are asked for: one command a workbook, and all with one command.
`--checklist` names the published checklist, whose import is timed too. `--python` names a Python that has openpyxl, which then reads the same workbook, and writes one with the
same texts in the same cells: values only, without drop-downs, formats and locks, and many of them in one process. Each is done three times, and the middle one counts; of many, once.
Memory is the peak of the largest process. Figures of a build without optimisation say nothing.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

from timing import NAME, copies, git, middle, run

READ = """
import openpyxl, sys
book = openpyxl.load_workbook(sys.argv[1])
print(sum(cell.value is not None for sheet in book for row in sheet.iter_rows() for cell in row))
"""

WRITE = """
import json, openpyxl, sys
sheets, folder, many = json.load(open(sys.argv[1])), sys.argv[2], int(sys.argv[3])
for number in range(many):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, cells in sheets:
        sheet = book.create_sheet(name)
        for row, column, value in cells:
            sheet.cell(row, column).value = value
    book.save(f"{folder}/{number:05}.xlsx")
"""

TEXTS = """
import json, openpyxl, sys
book = openpyxl.load_workbook(sys.argv[1])
cells = lambda sheet: [(cell.row, cell.column, str(cell.value)) for row in sheet.iter_rows() for cell in row if cell.value is not None]
json.dump([(sheet.title, cells(sheet)) for sheet in book], open(sys.argv[2], "w"))
"""


def show(what, result, count=None, size=None):
    wall, cpu, memory = result
    each = f"{wall / count * 1000:,.1f} ms" if count else ""
    size = f"{size / 1e6:.2f} MB" if size else ""
    print(f"| {what} | {wall:.3f} s | {cpu:.3f} s | {memory:,.0f} MiB | {each} | {size} |", flush=True)


def loop(commands, folder):
    """Several commands one after another, as one."""
    results = [run(command, folder) for command in commands]
    return sum(result[0] for result in results), sum(result[1] for result in results), max(result[2] for result in results)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--tom", required=True, type=pathlib.Path)
    options.add_argument("--many", type=int, default=1000)
    options.add_argument("--checklist", type=pathlib.Path)
    options.add_argument("--python", default=sys.executable)
    asked = options.parse_args()
    tom = str(asked.tom.resolve())
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        repo, book, out = folder / "demo", folder / "out.xlsx", folder / "out"
        out.mkdir()
        run([tom, "demo", str(repo)], folder)
        git(repo, "add", "-A")
        git(repo, "commit", "-qm", "Everything")

        def export(name, to):
            return [tom, "export", name, "--to", str(to)]

        print("| what | wall clock | CPU | peak memory | each | size |\n|---|---|---|---|---|---|")
        show("tom: one export", middle(export(NAME, book), repo), size=book.stat().st_size)
        show("tom: one import of it", middle([tom, "import", str(book)], repo))
        if asked.checklist:
            command = [tom, "import", str(asked.checklist.resolve()), "--as", "moved-in", "--dry-run"]
            show("tom: one import of the published checklist", middle(command, repo))
        python = [asked.python, "-c"]
        has_openpyxl = subprocess.run([*python, "import openpyxl"], stderr=subprocess.DEVNULL).returncode == 0
        texts = folder / "texts.json"
        if has_openpyxl:
            run([*python, TEXTS, str(book), str(texts)], folder)
            show("openpyxl: reads it", middle([*python, READ, str(book)], folder))
            show("openpyxl: writes its texts", middle([*python, WRITE, str(texts), str(out), "1"], folder))
        else:
            print(f"not run: {asked.python} has no openpyxl", file=sys.stderr)
        if asked.many:
            names = copies(repo, asked.many)
            many = f"{asked.many:,}"
            show(f"tom: {many} exports, a command each", loop([export(name, out / f"{name}.xlsx") for name in names], repo), asked.many)
            show(f"tom: {many} exports, one command", run([tom, "export", *names, "--to", str(out)], repo), asked.many)
            if has_openpyxl:
                show(f"openpyxl: writes {many}, one process", run([*python, WRITE, str(texts), str(out), str(asked.many)], folder), asked.many)


if __name__ == "__main__":
    main()
