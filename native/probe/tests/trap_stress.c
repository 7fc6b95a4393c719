/* Tests the signal trap without a runtime: its effect on other handlers, and opening and closing traps during many signals. Prints what went wrong
 * and exits with 1. The argument is the duration of the storm in milliseconds. Runs under the thread and address sanitizers: cc -fsanitize=thread
 * -pthread trap_stress.c ../entry/trap.c */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int stackflare_trap_open(int signal, int chain);
int stackflare_trap_wait(int slot);
void stackflare_trap_close(int slot);

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "trap_stress: line %d: " #condition "\n", __LINE__); \
            exit(1); \
        } \
    } while (0)

static int answers(int slot)
{
    int n = 0, result;
    while ((result = stackflare_trap_wait(slot)) == 1)
        n++;
    CHECK(result == 0);
    return n;
}

static int close_and_count(int slot)
{
    stackflare_trap_close(slot);
    return answers(slot);
}

/* ---- other handlers ---- */

static struct sigaction below_outer;
static volatile sig_atomic_t outer_calls;

static void outer(int signal, siginfo_t *info, void *context)
{
    outer_calls++;
    if (below_outer.sa_flags & SA_SIGINFO)
        below_outer.sa_sigaction(signal, info, context);
    else if (below_outer.sa_handler != SIG_DFL && below_outer.sa_handler != SIG_IGN)
        below_outer.sa_handler(signal);
}

static void set_outer(int signal)
{
    struct sigaction action = { .sa_sigaction = outer, .sa_flags = SA_SIGINFO };
    CHECK(sigaction(signal, &action, &below_outer) == 0);
}

static void a_signal_before_the_close_is_answered(void)
{
    int slot = stackflare_trap_open(SIGUSR1, 0);
    CHECK(slot >= 0);
    raise(SIGUSR1);
    raise(SIGUSR1);
    CHECK(close_and_count(slot) == 1);
}

static void closing_the_inner_trap_first_leaves_the_outer_one(void)
{
    int inner = stackflare_trap_open(SIGUSR1, 0), over = stackflare_trap_open(SIGUSR1, 1);
    CHECK(inner >= 0 && over >= 0 && inner != over);
    CHECK(close_and_count(inner) == 0);
    raise(SIGUSR1); /* the outer trap calls the closed one, below which is the default action */
    CHECK(close_and_count(over) == 1);
}

static void a_closed_trap_leaves_the_handler_over_it(void)
{
    int slot = stackflare_trap_open(SIGUSR1, 0);
    set_outer(SIGUSR1);
    CHECK(close_and_count(slot) == 0);
    raise(SIGUSR1);
    raise(SIGUSR1);
    CHECK(outer_calls == 2);
}

static void a_closed_trap_that_is_the_handler_again_does_the_default_action(void)
{
    int slot = stackflare_trap_open(SIGUSR1, 0);
    set_outer(SIGUSR1);
    CHECK(close_and_count(slot) == 0);
    CHECK(sigaction(SIGUSR1, &below_outer, NULL) == 0);
    raise(SIGUSR1);
}

/* Some programs close all descriptors at their start. The next file gets the number of a closed one. */
static void a_program_that_closes_what_it_did_not_open_keeps_its_files_and_the_trap(void)
{
    enum { ALL = 1024 };
    int slot = stackflare_trap_open(SIGUSR1, 0);
    CHECK(slot >= 0);
    for (int fd = 3; fd < ALL; fd++)
        close(fd);
    FILE *file = tmpfile();
    CHECK(file);
    raise(SIGUSR1);
    CHECK(lseek(fileno(file), 0, SEEK_END) == 0);
    CHECK(stackflare_trap_wait(slot) == 1);
    CHECK(close_and_count(slot) == 0);
    CHECK(lseek(fileno(file), 0, SEEK_END) == 0);
}

static void a_signal_to_a_forked_child_is_not_the_parents(void)
{
    int slot = stackflare_trap_open(SIGUSR1, 0), status = -1;
    CHECK(slot >= 0);
    pid_t child = fork();
    if (child == 0) {
        raise(SIGUSR1);
        _exit(0);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    CHECK(close_and_count(slot) == 0);
}

static void *raise_once(void *waiter)
{
    /* The other thread waits, or is about to: both must work. */
    CHECK(pthread_kill(*(pthread_t *)waiter, SIGUSR1) == 0);
    return NULL;
}

static void a_signal_to_the_waiting_thread_itself_wakes_it(void)
{
    pthread_t self = pthread_self(), other;
    int slot = stackflare_trap_open(SIGUSR1, 0);
    CHECK(slot >= 0 && pthread_create(&other, NULL, raise_once, &self) == 0);
    CHECK(stackflare_trap_wait(slot) == 1);
    pthread_join(other, NULL);
    CHECK(close_and_count(slot) == 0);
}

/* Each in its own process. Returns how it ended, as in wait(2). */
static int in_child(void (*test)(void))
{
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        test();
        exit(0);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    return status;
}

/* ---- the storm ---- */

enum { RAISERS = 3, TRAPPERS = 3, SIGNALS = 2 };
static const int numbers[SIGNALS] = { 10 /* SIGUSR1 */, 12 /* SIGUSR2 */ };
static atomic_bool done;
static atomic_long raised[SIGNALS], seen[SIGNALS], wrong;

static void first(int signal, siginfo_t *info, void *context)
{
    (void)context;
    atomic_fetch_add(&seen[signal == numbers[1]], 1);
    if (info->si_signo != signal)
        atomic_fetch_add(&wrong, 1);
}

static void second(int signal, siginfo_t *info, void *context)
{
    if (signal != numbers[1])
        atomic_fetch_add(&wrong, 1);
    first(signal, info, context);
}

static void *raise_all(void *unused)
{
    (void)unused;
    for (unsigned i = 0; !atomic_load(&done); i++) {
        /* Its handler has run when raise returns. */
        raise(numbers[i % SIGNALS]);
        atomic_fetch_add(&raised[i % SIGNALS], 1);
    }
    return NULL;
}

static void *wait_for(void *slot)
{
    answers((int)(intptr_t)slot);
    return NULL;
}

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void *trap_all(void *unused)
{
    (void)unused;
    for (unsigned i = 0; !atomic_load(&done); i++) {
        /* One after the other, so that none is closed while another is set over it. Then each slot is free again, and is used for the other signal
         * next. The waits overlap. */
        pthread_t waiter;
        pthread_mutex_lock(&turn);
        int slot = stackflare_trap_open(numbers[rand() % SIGNALS], 1);
        CHECK(slot >= 0);
        CHECK(pthread_create(&waiter, NULL, wait_for, (void *)(intptr_t)slot) == 0);
        if (i % 4 == 0)
            usleep(100);
        stackflare_trap_close(slot);
        pthread_mutex_unlock(&turn);
        pthread_join(waiter, NULL);
    }
    return NULL;
}

static void storm(int milliseconds)
{
    for (int i = 0; i < SIGNALS; i++) {
        struct sigaction action = { .sa_sigaction = i ? second : first, .sa_flags = SA_SIGINFO };
        CHECK(sigaction(numbers[i], &action, NULL) == 0);
    }
    pthread_t threads[RAISERS + TRAPPERS];
    for (int i = 0; i < RAISERS + TRAPPERS; i++)
        CHECK(pthread_create(&threads[i], NULL, i < RAISERS ? raise_all : trap_all, NULL) == 0);
    struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
    while (nanosleep(&time, &time) != 0 && errno == EINTR)
        continue;
    atomic_store(&done, true);
    for (int i = 0; i < RAISERS + TRAPPERS; i++)
        pthread_join(threads[i], NULL);
    CHECK(atomic_load(&wrong) == 0);
    for (int i = 0; i < SIGNALS; i++) {
        CHECK(atomic_load(&raised[i]) > 0);
        /* With chain, the handler below gets each signal once, whatever was opened or closed meanwhile. */
        CHECK(atomic_load(&seen[i]) == atomic_load(&raised[i]));
    }
    for (int i = 0; i < 8; i++)
        CHECK(stackflare_trap_open(numbers[0], 0) == i); /* none was lost */
    CHECK(stackflare_trap_open(numbers[0], 0) == -EMFILE);
}

int main(int argc, char **argv)
{
    int status;
    CHECK(in_child(a_signal_before_the_close_is_answered) == 0);
    CHECK(in_child(closing_the_inner_trap_first_leaves_the_outer_one) == 0);
    CHECK(in_child(a_closed_trap_leaves_the_handler_over_it) == 0);
    CHECK(in_child(a_program_that_closes_what_it_did_not_open_keeps_its_files_and_the_trap) == 0);
    CHECK(in_child(a_signal_to_a_forked_child_is_not_the_parents) == 0);
#ifndef __SANITIZE_THREAD__ /* it holds signals back until the next call that it intercepts, and a futex is none */
    CHECK(in_child(a_signal_to_the_waiting_thread_itself_wakes_it) == 0);
#endif
    status = in_child(a_closed_trap_that_is_the_handler_again_does_the_default_action);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
    storm(argc > 1 ? atoi(argv[1]) : 2000);
    return 0;
}
