#!/usr/bin/env python3
"""What signed decisions cost, as a table: `scripts/time-decisions.py --tom target/release/tom [--many 250]`.

Copies the worked example's largest assessment so many times, has each copy decided by four people with keys of their own, as anybody would with `tom decide`, and verifies all of the
statements with one command: of the content as it is now, and held against an earlier commit. Each is done three times, and the middle one counts. Memory is the peak of the largest
process. Figures of a build without optimisation say nothing. Needs ssh-keygen.
"""

import argparse
import pathlib
import re
import subprocess
import tempfile

from timing import copies, git, middle, run

VERDICTS = ["--verdict", "AP1-02=Approved", "--verdict", "AP1-03=Approved", "--verdict", "AP1-04=Approved"]

# Who decides: their key in `tom.toml`, name, role, phase, and what they say.
ROUNDS = [
    ("marian-holt", "Marian Holt", "asset-owner", "1", ["--outcome", "fully-approved", *VERDICTS]),
    ("helen-okafor", "Helen Okafor", "executive", "2", ["--outcome", "approved"]),
    ("rajan-pillai", "Rajan Pillai", "siro", "2", ["--outcome", "approved"]),
    ("esther-lyle", "Dr Esther Lyle", "clinical-safety-officer", "2", ["--outcome", "approved"]),
]


def list_people(settings, keys):
    """Gives everybody who decides a key, and lists the authority's decider."""
    text = settings.read_text()
    for person, name, role, *_ in ROUNDS:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", str(keys / person)], check=True)
        line = f'keys = ["{(keys / (person + ".pub")).read_text().strip()}"]\n'
        head = f"[people.{person}]\n"
        if head not in text:
            text += f'\n{head}name = "{name}"\nparty = "authority"\nemail = "{person}@authority.example"\nroles = ["{role}"]\n'
        text = text.replace(head, head + line)
    settings.write_text(text)


def decide(tom, repo, deployment, keys, person, name, role, phase, says):
    command = [tom, "decide", deployment, "--phase", phase, "--role", role, "--by", name, *says]
    shown = subprocess.run([*command, "--dry-run"], cwd=repo, check=True, capture_output=True, text=True).stdout
    digest = re.search(r"^digest (.*)$", shown, re.M).group(1)
    run([*command, "--digest", digest, "--key", str(keys / person)], repo)


def show(what, result, count):
    wall, cpu, memory = result
    print(f"| {what} | {wall:.2f} s | {cpu:.2f} s | {memory:,.0f} MiB | {cpu / count * 1000:.2f} ms |", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--tom", required=True, type=pathlib.Path)
    options.add_argument("--many", type=int, default=250)
    asked = options.parse_args()
    tom = str(asked.tom.resolve())
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        repo, keys = folder / "demo", folder / "keys"
        keys.mkdir()
        run([tom, "demo", str(repo)], folder)
        list_people(repo / "tom.toml", keys)
        names = copies(repo, asked.many)
        for who in ROUNDS:
            for name in names:
                decide(tom, repo, name, keys, *who)
            git(repo, "add", "-A")
            git(repo, "commit", "-qm", f"{who[1]} decides")
        count = len(names) * len(ROUNDS)
        print("| what | wall clock | CPU | peak memory | CPU a statement |\n|---|---|---|---|---|")
        show(f"tom verify of {count:,} statements", middle([tom, "verify", *names], repo), count)
        show("the same, held against the commit before", middle([tom, "verify", *names, "--base", "HEAD~1"], repo), count)


if __name__ == "__main__":
    main()
