#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes scripts/bench's table of its raw results.

usage: report.py RESULTS
Lines of RESULTS, one measurement each:
  rate ROW CLIENTS REQUESTS_PER_S P50_US P99_US REQUESTS ERRORS
  lag ROW P50_US P99_US MAX_US
  memory WHEN KIB_OF_THE_LARGEST_RESPONDER KIB_ON_AVERAGE REQUESTS_SO_FAR
  value NAME NUMBER
Prints the medians and holds them against the targets. Exit status 1: one was missed.
"""
import collections
import statistics
import sys

ROWS = [
    ("bare", "bare responder"),
    ("get", "coregate GET, 1,000 records"),
    ("get-large", "coregate GET, 1,000,000 records"),
    ("powerdns-get", "PowerDNS GET, 1,000 records"),
    ("powerdns-direct-get", "  without nginx"),
    ("powerdns-get-large", "PowerDNS GET, 1,000,000 records"),
    ("put", "coregate PUT, 1,000 records"),
    ("put-large", "coregate PUT, 1,000,000 records"),
    ("powerdns-put", "PowerDNS PATCH, 1,000 records"),
    ("powerdns-direct-put", "  without nginx"),
    ("powerdns-put-large", "PowerDNS PATCH, 1,000,000 records"),
]
LAGS = [
    ("small", "write to served, store of 1,000 records"),
    ("large", "write to served, small zone beside 1,000,000 records"),
    ("large-zone", "write to served, zone of 100,000 records"),
]
CLIENTS = (16, 64, 256)


class Results:
    def __init__(self, path):
        self.rates = collections.defaultdict(list)
        self.lags = {}
        self.memory = {}
        self.values = {}
        with open(path, encoding="ascii") as file:
            for line in file:
                kind, name, *numbers = line.split()
                numbers = [float(n) for n in numbers]
                if kind == "rate":
                    self.rates[name, int(numbers[0])].append(numbers[1:])
                elif kind == "lag":
                    self.lags[name] = numbers
                elif kind == "memory":
                    self.memory[name] = numbers
                else:
                    self.values[name] = numbers[0]

    def median(self, row, clients, column=0):
        return statistics.median(m[column] for m in self.rates[row, clients])

    def ratio(self, row, other, clients):
        """The median of the rounds' own ratios: a round's noise meets both of its sides."""
        pairs = zip(self.rates[row, clients], self.rates[other, clients])
        return statistics.median(a[0] / b[0] for a, b in pairs)

    def errors(self, row, clients):
        return int(sum(m[4] for m in self.rates[row, clients]))

    def requests(self, rows):
        return int(sum(m[3] for key, ms in self.rates.items() if key[0] in rows for m in ms))


def print_rates(r):
    print(f"{'':36}" + "".join(f"{f'{c} clients':^30}" for c in CLIENTS))
    print(f"{'':36}" + f"{'req/s':>10}{'p50 ms':>9}{'p99 ms':>9}  " * len(CLIENTS))
    for row, title in ROWS:
        if not r.rates[row, CLIENTS[0]]:
            continue
        line = f"{title:36}"
        for c in CLIENTS:
            mark = " !" if r.errors(row, c) else "  "
            line += f"{r.median(row, c):10,.0f}{r.median(row, c, 1) / 1e3:9.2f}"
            line += f"{r.median(row, c, 2) / 1e3:9.2f}{mark}"
        print(line.rstrip())
    if any(r.errors(row, c) for row, _ in ROWS for c in CLIENTS):
        print("! some requests were answered with an error or not at all")


def print_others(r):
    print()
    for name, title in LAGS:
        if name in r.lags:
            p50, p99, longest = (t / 1e3 for t in r.lags[name])
            print(f"{title:56} p50 {p50:4.0f} ms   p99 {p99:4.0f} ms   max {longest:4.0f} ms")
    for when, (largest, mean, requests) in r.memory.items():
        print(f"{f'private memory of a responder, after {requests:,.0f} requests':56} "
              f"mean {mean / 1024:.2f} MiB   largest {largest / 1024:.2f} MiB")


def targets(r):
    def ratio(title, row, other, least):
        value = r.ratio(row, other, 64)
        return title, f"{value:.2f} x", f">= {least} x", value >= least

    yield ratio("read, 64 clients, of the bare responder", "get", "bare", 0.75)
    # Of PowerDNS the faster way counts.
    for row, title, least in (("get", "read", 7), ("put", "write", 15)):
        other = max((f"powerdns-{row}", f"powerdns-direct-{row}"), key=lambda o: r.median(o, 64))
        yield ratio(f"{title}, 64 clients, of PowerDNS", row, other, least)
    for row, title in (("get", "read"), ("put", "write")):
        errors = r.errors(row, 256)
        yield f"{title}, 256 clients, answers but 200", str(errors), "0", errors == 0
        spread = statistics.median(m[2] / m[1] for m in r.rates[row, 256])
        yield f"{title}, 256 clients, p99 / p50", f"{spread:.2f}", "<= 3", spread <= 3
    p50, p99, _ = r.lags["small"]
    yield "write to served, p50", f"{p50 / 1e3:.0f} ms", "<= 200 ms", p50 <= 200e3
    yield "write to served, p99", f"{p99 / 1e3:.0f} ms", "<= 400 ms", p99 <= 400e3
    for row, title in (("get", "read"), ("put", "write")):
        times = r.ratio(row, row + "-large", 64)
        yield f"{title}, 64 clients, time with 1,000,000 records", f"{times:.2f} x", "<= 1.5 x", times <= 1.5
    (largest, before, since), (largest_after, after, until) = r.memory.values()
    largest = max(largest, largest_after) / 1024
    yield "private memory of an idle responder", f"{largest:.2f} MiB", "<= 4 MiB", largest <= 4
    # Each process sees a share of the requests; what grows with them would show in the mean.
    growth = after - before
    yield (f"its growth over {until - since:,.0f} requests", f"{growth:.0f} KiB", "<= 128 KiB", growth <= 128)
    lost = max(0, r.values["lost"])
    yield "writes that changed nothing", f"{lost:.0f}", "0", lost == 0


def main():
    r = Results(sys.argv[1])
    print_rates(r)
    print_others(r)
    print()
    missed = 0
    for title, value, target, is_met in targets(r):
        print(f"{'pass' if is_met else 'FAIL'}  {title:56} {value:>12}   {target}")
        missed += not is_met
    print(f"\n{r.values['responders']:.0f} responders, {r.values['rounds']:.0f} rounds, medians; "
          f"load generator, nginx and servers share {r.values['cores']:.0f} cores")
    return 1 if missed else 0


sys.exit(main())
