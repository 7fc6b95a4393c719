// Runs a program to its end and says on the last line of stderr what it cost:
//   nanoseconds from start to exit, processor time in microseconds, peak resident memory in kilobytes, page faults, system calls that read, exit status.
//
// The kernel counts what the parent had in memory at the moment of the exec into the peak of the child. A small parent is the
// only one that can tell the peak of a small program: the benchmark itself has more than any of those that it measures.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long long microseconds(struct timeval time)
{
    return time.tv_sec * 1000000LL + time.tv_usec;
}

// System calls that read from files, pipes and sockets; of a program that has ended and is not waited for yet.
static long long reads_of(pid_t process)
{
    char path[64], line[128];
    long long reads = 0;
    snprintf(path, sizeof path, "/proc/%d/io", (int)process);
    FILE *io = fopen(path, "r");
    while (io && fgets(line, sizeof line, io))
        sscanf(line, "syscr: %lld", &reads);
    if (io)
        fclose(io);
    return reads;
}

int main(int count, char **arguments)
{
    if (count < 2)
        return 2;

    long long began = nanoseconds();
    pid_t child = fork();
    if (child == 0) {
        // When this process is ended because the program takes too long, it must not stay behind, least of all with a target stopped.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execvp(arguments[1], arguments + 1);
        perror(arguments[1]);
        _exit(127);
    }

    int status;
    siginfo_t ended;
    struct rusage cost;
    if (child < 0 || waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT) != 0) {
        perror("run-once");
        return 1;
    }

    long long elapsed = nanoseconds() - began, reads = reads_of(child);
    if (wait4(child, &status, 0, &cost) != child) {
        perror("run-once");
        return 1;
    }

    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    fprintf(stderr, "\n%lld %lld %ld %ld %lld %d\n", elapsed, microseconds(cost.ru_utime) + microseconds(cost.ru_stime), cost.ru_maxrss,
            cost.ru_minflt + cost.ru_majflt, reads, code);
    return 0;
}
