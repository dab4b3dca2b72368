"""Builds Tests/Simulation, and runs its seeds in a few processes."""

import subprocess
import sys
import threading


def build(root, scratch):
    """The program; ends the tool where it does not build."""
    run = subprocess.run(
        ["swift", "build", "-c", "release", "--package-path", str(root), "--scratch-path", str(scratch),
         "--product", "Simulation"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if run.returncode != 0:
        lines = [line for line in run.stdout.splitlines() if "error:" in line] or run.stdout.splitlines()[-20:]
        raise RuntimeError("\n".join(lines))
    return scratch / "release" / "Simulation"


def resale(program):
    """What fails of the one story of a Thing's life, cut at every save: how many there were, and why."""
    run = subprocess.run([str(program), "--resale"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = run.stdout.splitlines()
    failures = [line.removeprefix("FAIL ") for line in lines if line.startswith("FAIL ")]
    if run.returncode and not failures:
        failures = lines[-3:] or ["it ended with nothing said"]
    return sum(int(line.split()[2]) for line in lines if line.startswith("tally stories ")), failures


class Run:
    """Seeds from `first` on, dealt out to processes; what they say is added up."""

    def __init__(self, program, first, count, jobs, stop_at_failure=False, progress=None, ownership=False):
        self.failures, self.tallies, self.growths = [], {}, []
        self.lock, self.progress, self.done = threading.Lock(), progress, {}
        self.stop_at_failure = stop_at_failure
        jobs = max(1, min(jobs, count))
        kind = ["--ownership"] if ownership else []
        share = [count // jobs + (1 if i < count % jobs else 0) for i in range(jobs)]
        self.children, threads = [], []
        for i, number in enumerate(share):
            child = subprocess.Popen(
                [str(program), *kind, "--from", str(first + sum(share[:i])), "--seeds", str(number)],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self.children.append(child)
            threads.append(threading.Thread(target=self.listen, args=(i, child)))
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except KeyboardInterrupt:
            self.stop()
            sys.exit(130)
        if not self.failures and not stop_at_failure and any(child.returncode for child in self.children):
            self.failures.append("a process ended with " + ", ".join(str(c.returncode) for c in self.children))

    def stop(self):
        for child in self.children:
            if child.poll() is None:
                child.terminate()

    def listen(self, index, child):
        for line in child.stdout:
            word, _, rest = line.rstrip("\n").partition(" ")
            with self.lock:
                if word == "FAIL":
                    self.failures.append(rest)
                    if self.stop_at_failure:
                        self.stop()
                elif word == "progress":
                    self.done[index] = int(rest)
                    if self.progress:
                        self.progress(sum(self.done.values()), len(self.failures))
                elif word == "tally":
                    name, number, least = rest.split()
                    have = self.tallies.get(name, (0, 0))[0]
                    self.tallies[name] = (have + int(number), int(least))
                elif word == "growth":
                    self.growths.append(int(rest))
                else:
                    print(line, end="", file=sys.stderr)
        child.wait()
