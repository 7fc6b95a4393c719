"""threads.py with the handler that comes with Python, written in C. It prints no source text, and at most 100 threads of 100 frames."""
import faulthandler  # The built-in module: it goes before a file of this name.
import signal

import threads

if __name__ == "__main__":
    threads.run(lambda: faulthandler.register(signal.SIGUSR1, all_threads=True))
