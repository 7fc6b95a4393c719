import java.util.concurrent.locks.LockSupport;

/**
 * The program of Targets/Parked in Java; the JVM prints every thread to stdout on SIGQUIT.
 * Arguments: threads frames. Says READY on stdout once every thread is parked, ends when stdin does.
 */
public final class Threads {
    static final class Orders {
        static int accept(int depth, int item) {
            switch (site(depth)) {
                case 0:
                    return validate(depth - 1, item) + 1;
                case 1:
                    return validate(depth - 1, item + 1) + 1;
                case 2:
                    return validate(depth - 1, item + 2) + 1;
                case 3:
                    return validate(depth - 1, item + 3) + 1;
                default:
                    return park(item);
            }
        }

        static int validate(int depth, int item) {
            switch (site(depth)) {
                case 0:
                    return price(depth - 1, item) + 1;
                case 1:
                    return price(depth - 1, item + 1) + 1;
                case 2:
                    return price(depth - 1, item + 2) + 1;
                case 3:
                    return price(depth - 1, item + 3) + 1;
                default:
                    return park(item);
            }
        }

        static int price(int depth, int item) {
            switch (site(depth)) {
                case 0:
                    return reserve(depth - 1, item) + 1;
                case 1:
                    return reserve(depth - 1, item + 1) + 1;
                case 2:
                    return reserve(depth - 1, item + 2) + 1;
                case 3:
                    return reserve(depth - 1, item + 3) + 1;
                default:
                    return park(item);
            }
        }

        static int reserve(int depth, int item) {
            switch (site(depth)) {
                case 0:
                    return Stock.find(depth - 1, item) + 1;
                case 1:
                    return Stock.find(depth - 1, item + 1) + 1;
                case 2:
                    return Stock.find(depth - 1, item + 2) + 1;
                case 3:
                    return Stock.find(depth - 1, item + 3) + 1;
                default:
                    return park(item);
            }
        }
    }

    static final class Stock {
        static int find(int depth, int item) {
            switch (site(depth)) {
                case 0:
                    return count(depth - 1, item) + 1;
                case 1:
                    return count(depth - 1, item + 1) + 1;
                case 2:
                    return count(depth - 1, item + 2) + 1;
                case 3:
                    return count(depth - 1, item + 3) + 1;
                default:
                    return park(item);
            }
        }

        static int count(int depth, int item) {
            switch (site(depth)) {
                case 0:
                    return allocate(depth - 1, item) + 1;
                case 1:
                    return allocate(depth - 1, item + 1) + 1;
                case 2:
                    return allocate(depth - 1, item + 2) + 1;
                case 3:
                    return allocate(depth - 1, item + 3) + 1;
                default:
                    return park(item);
            }
        }

        static int allocate(int depth, int item) {
            switch (site(depth)) {
                case 0:
                    return pick(depth - 1, item) + 1;
                case 1:
                    return pick(depth - 1, item + 1) + 1;
                case 2:
                    return pick(depth - 1, item + 2) + 1;
                case 3:
                    return pick(depth - 1, item + 3) + 1;
                default:
                    return park(item);
            }
        }

        static int pick(int depth, int item) {
            switch (site(depth)) {
                case 0:
                    return Billing.quote(depth - 1, item) + 1;
                case 1:
                    return Billing.quote(depth - 1, item + 1) + 1;
                case 2:
                    return Billing.quote(depth - 1, item + 2) + 1;
                case 3:
                    return Billing.quote(depth - 1, item + 3) + 1;
                default:
                    return park(item);
            }
        }
    }

    static final class Billing {
        static int quote(int depth, int item) {
            switch (site(depth)) {
                case 0:
                    return tax(depth - 1, item) + 1;
                case 1:
                    return tax(depth - 1, item + 1) + 1;
                case 2:
                    return tax(depth - 1, item + 2) + 1;
                case 3:
                    return tax(depth - 1, item + 3) + 1;
                default:
                    return park(item);
            }
        }

        static int tax(int depth, int item) {
            switch (site(depth)) {
                case 0:
                    return charge(depth - 1, item) + 1;
                case 1:
                    return charge(depth - 1, item + 1) + 1;
                case 2:
                    return charge(depth - 1, item + 2) + 1;
                case 3:
                    return charge(depth - 1, item + 3) + 1;
                default:
                    return park(item);
            }
        }

        static int charge(int depth, int item) {
            switch (site(depth)) {
                case 0:
                    return receipt(depth - 1, item) + 1;
                case 1:
                    return receipt(depth - 1, item + 1) + 1;
                case 2:
                    return receipt(depth - 1, item + 2) + 1;
                case 3:
                    return receipt(depth - 1, item + 3) + 1;
                default:
                    return park(item);
            }
        }

        static int receipt(int depth, int item) {
            switch (site(depth)) {
                case 0:
                    return Orders.accept(depth - 1, item) + 1;
                case 1:
                    return Orders.accept(depth - 1, item + 1) + 1;
                case 2:
                    return Orders.accept(depth - 1, item + 2) + 1;
                case 3:
                    return Orders.accept(depth - 1, item + 3) + 1;
                default:
                    return park(item);
            }
        }
    }

    static int site(int depth) {
        return depth == 0 ? -1 : depth / 12 % 4;
    }

    static int park(int item) {
        while (true) {
            LockSupport.park();
        }
    }

    static int work(int number, int frames) {
        // This method and park are two of the frames.
        int depth = frames - 3;
        switch (number % 12) {
            case 0: return Orders.accept(depth, number);
            case 1: return Orders.validate(depth, number);
            case 2: return Orders.price(depth, number);
            case 3: return Orders.reserve(depth, number);
            case 4: return Stock.find(depth, number);
            case 5: return Stock.count(depth, number);
            case 6: return Stock.allocate(depth, number);
            case 7: return Stock.pick(depth, number);
            case 8: return Billing.quote(depth, number);
            case 9: return Billing.tax(depth, number);
            case 10: return Billing.charge(depth, number);
            default: return Billing.receipt(depth, number);
        }
    }

    static final class Worker extends Thread {
        private final int number;
        private final int frames;

        Worker(int number, int frames) {
            super("worker " + number);
            this.number = number;
            this.frames = frames;
            setDaemon(true);
        }

        @Override
        public void run() {
            work(number, frames);
        }
    }

    public static void main(String[] args) throws Exception {
        Worker[] workers = new Worker[Integer.parseInt(args[0])];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker(i, Integer.parseInt(args[1]));
            workers[i].start();
        }
        for (Worker worker : workers) {
            while (worker.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
        }
        System.out.println("READY");
        System.out.flush();
        while (System.in.read() >= 0) {
        }
    }
}
