"""What the scripts that time commands share."""

import os
import re
import shutil
import subprocess
import sys
import time

NAME = "acme-northfield"


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
    """The middle one of several runs."""
    results = []
    for _ in range(times):
        before()
        results.append(run(command, folder))
    return sorted(results)[times // 2]


def git(folder, *args):
    subprocess.run(["git", "-c", "user.name=Someone", "-c", "user.email=someone@tom.example", *args], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def copies(repo, count):
    """The worked example's largest assessment under other names and ids, committed."""
    source = repo / "assessments" / NAME
    text = (source / "deployment.toml").read_text()
    for number in range(count):
        to = repo / "assessments" / f"copy-{number:05}"
        shutil.copytree(source, to)
        (to / "deployment.toml").write_text(re.sub(r'^id = ".*"', f'id = "d-{number:012x}"', text, flags=re.M))
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "Copies")
    return [f"copy-{number:05}" for number in range(count)]
