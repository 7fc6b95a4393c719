"""The program of Targets/Parked in Python: a SIGUSR1 handler prints every thread with its source lines.

Arguments: threads frames. Says READY on stdout once every thread is parked, writes dumps to stderr, ends when stdin does.
"""
import signal
import sys
import threading
import traceback


class Orders:
    @staticmethod
    def accept(depth, item):
        where = site(depth)
        if where == 0:
            return Orders.validate(depth - 1, item) + 1
        if where == 1:
            return Orders.validate(depth - 1, item + 1) + 1
        if where == 2:
            return Orders.validate(depth - 1, item + 2) + 1
        if where == 3:
            return Orders.validate(depth - 1, item + 3) + 1
        return park(item)

    @staticmethod
    def validate(depth, item):
        where = site(depth)
        if where == 0:
            return Orders.price(depth - 1, item) + 1
        if where == 1:
            return Orders.price(depth - 1, item + 1) + 1
        if where == 2:
            return Orders.price(depth - 1, item + 2) + 1
        if where == 3:
            return Orders.price(depth - 1, item + 3) + 1
        return park(item)

    @staticmethod
    def price(depth, item):
        where = site(depth)
        if where == 0:
            return Orders.reserve(depth - 1, item) + 1
        if where == 1:
            return Orders.reserve(depth - 1, item + 1) + 1
        if where == 2:
            return Orders.reserve(depth - 1, item + 2) + 1
        if where == 3:
            return Orders.reserve(depth - 1, item + 3) + 1
        return park(item)

    @staticmethod
    def reserve(depth, item):
        where = site(depth)
        if where == 0:
            return Stock.find(depth - 1, item) + 1
        if where == 1:
            return Stock.find(depth - 1, item + 1) + 1
        if where == 2:
            return Stock.find(depth - 1, item + 2) + 1
        if where == 3:
            return Stock.find(depth - 1, item + 3) + 1
        return park(item)


class Stock:
    @staticmethod
    def find(depth, item):
        where = site(depth)
        if where == 0:
            return Stock.count(depth - 1, item) + 1
        if where == 1:
            return Stock.count(depth - 1, item + 1) + 1
        if where == 2:
            return Stock.count(depth - 1, item + 2) + 1
        if where == 3:
            return Stock.count(depth - 1, item + 3) + 1
        return park(item)

    @staticmethod
    def count(depth, item):
        where = site(depth)
        if where == 0:
            return Stock.allocate(depth - 1, item) + 1
        if where == 1:
            return Stock.allocate(depth - 1, item + 1) + 1
        if where == 2:
            return Stock.allocate(depth - 1, item + 2) + 1
        if where == 3:
            return Stock.allocate(depth - 1, item + 3) + 1
        return park(item)

    @staticmethod
    def allocate(depth, item):
        where = site(depth)
        if where == 0:
            return Stock.pick(depth - 1, item) + 1
        if where == 1:
            return Stock.pick(depth - 1, item + 1) + 1
        if where == 2:
            return Stock.pick(depth - 1, item + 2) + 1
        if where == 3:
            return Stock.pick(depth - 1, item + 3) + 1
        return park(item)

    @staticmethod
    def pick(depth, item):
        where = site(depth)
        if where == 0:
            return Billing.quote(depth - 1, item) + 1
        if where == 1:
            return Billing.quote(depth - 1, item + 1) + 1
        if where == 2:
            return Billing.quote(depth - 1, item + 2) + 1
        if where == 3:
            return Billing.quote(depth - 1, item + 3) + 1
        return park(item)


class Billing:
    @staticmethod
    def quote(depth, item):
        where = site(depth)
        if where == 0:
            return Billing.tax(depth - 1, item) + 1
        if where == 1:
            return Billing.tax(depth - 1, item + 1) + 1
        if where == 2:
            return Billing.tax(depth - 1, item + 2) + 1
        if where == 3:
            return Billing.tax(depth - 1, item + 3) + 1
        return park(item)

    @staticmethod
    def tax(depth, item):
        where = site(depth)
        if where == 0:
            return Billing.charge(depth - 1, item) + 1
        if where == 1:
            return Billing.charge(depth - 1, item + 1) + 1
        if where == 2:
            return Billing.charge(depth - 1, item + 2) + 1
        if where == 3:
            return Billing.charge(depth - 1, item + 3) + 1
        return park(item)

    @staticmethod
    def charge(depth, item):
        where = site(depth)
        if where == 0:
            return Billing.receipt(depth - 1, item) + 1
        if where == 1:
            return Billing.receipt(depth - 1, item + 1) + 1
        if where == 2:
            return Billing.receipt(depth - 1, item + 2) + 1
        if where == 3:
            return Billing.receipt(depth - 1, item + 3) + 1
        return park(item)

    @staticmethod
    def receipt(depth, item):
        where = site(depth)
        if where == 0:
            return Orders.accept(depth - 1, item) + 1
        if where == 1:
            return Orders.accept(depth - 1, item + 1) + 1
        if where == 2:
            return Orders.accept(depth - 1, item + 2) + 1
        if where == 3:
            return Orders.accept(depth - 1, item + 3) + 1
        return park(item)

STARTS = [
    Orders.accept, Orders.validate, Orders.price, Orders.reserve,
    Stock.find, Stock.count, Stock.allocate, Stock.pick,
    Billing.quote, Billing.tax, Billing.charge, Billing.receipt,
]

closed = threading.Lock()
counting = threading.Lock()
all_parked = threading.Event()
missing = 0


def site(depth):
    return -1 if depth == 0 else depth // 12 % 4


def park(item):
    global missing
    with counting:
        missing -= 1
        if missing == 0:
            all_parked.set()
    closed.acquire()
    return item


def work(number, frames):
    # This function and park are two of the frames.
    STARTS[number % 12](frames - 3, number)


def print_threads(signum, frame):
    frames = sys._current_frames()
    text = []
    for thread in threading.enumerate():
        text.append('"%s" ident=%s%s\n' % (thread.name, thread.ident, " daemon" if thread.daemon else ""))
        text += traceback.format_stack(frames[thread.ident])
        text.append("\n")
    sys.stderr.write("".join(text))
    sys.stderr.flush()


def run(register):
    global missing
    threads, frames = int(sys.argv[1]), int(sys.argv[2])
    missing = threads
    sys.setrecursionlimit(1000 + frames * 2)
    threading.stack_size(1 << 20)
    closed.acquire()
    register()
    for number in range(threads):
        threading.Thread(target=work, args=(number, frames), name="worker %d" % number, daemon=True).start()
    all_parked.wait()
    print("READY", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    run(lambda: signal.signal(signal.SIGUSR1, print_threads))
