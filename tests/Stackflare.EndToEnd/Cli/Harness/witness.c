/* Runs a command and writes down what it does, a line each: "witness NOTES HANGS COMMAND…".
 *   thread NAME    it gave a thread its name
 *   open PATH      it opened a file
 * The file HANGS is never opened: who wants to waits. The kernel asks before each of these calls, because a static program cannot be given other functions for them.
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAILED = 127, PAGE = 4096 };

/* The kernel's structures may be longer than those of the headers. */
union request {
    struct seccomp_notif notif;
    char room[1024];
};

union answer {
    struct seccomp_notif_resp resp;
    char room[1024];
};

static int become(char **command, int listeners)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 4, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_open, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_NAME, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
    int listener = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program) : -1;
    if (listener >= 0 && write(listeners, &listener, sizeof listener) == sizeof listener)
        execv(command[0], command);
    _exit(FAILED);
}

/* A text in the memory of a thread, which may end at the end of a page. */
static void read_text(pid_t thread, uint64_t address, char *text, size_t size)
{
    size_t length = 0;
    memset(text, 0, size);
    while (length < size - 1 && memchr(text, 0, length) == NULL) {
        size_t count = PAGE - (address + length) % PAGE;
        if (count > size - 1 - length)
            count = size - 1 - length;
        struct iovec here = { text + length, count }, there = { (void *)(uintptr_t)(address + length), count };
        if (process_vm_readv(thread, &here, 1, &there, 1, 0) != (ssize_t)count)
            break;
        length += count;
    }
}

int main(int count, char **arguments)
{
    int pipe_ends[2], listener;
    if (count < 4 || pipe(pipe_ends) != 0)
        return FAILED;
    /* With one table of descriptors until the command runs, so that the listener is here too. */
    pid_t child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
    if (child == 0)
        become(arguments + 3, pipe_ends[1]);
    FILE *notes = fopen(arguments[1], "w");
    if (child < 0 || !notes || read(pipe_ends[0], &listener, sizeof listener) != sizeof listener)
        return FAILED;

    struct pollfd ready = { .fd = listener, .events = POLLIN };
    while (poll(&ready, 1, -1) >= 0 && (ready.revents & POLLIN)) {
        union request request = { 0 };
        union answer answer = { 0 };
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) != 0)
            continue; /* It was killed meanwhile. */
        int is_name = request.notif.data.nr == SYS_prctl;
        char text[2 * PAGE];
        read_text((pid_t)request.notif.pid, request.notif.data.args[request.notif.data.nr == SYS_open ? 0 : 1], text, sizeof text);
        fprintf(notes, "%s %s\n", is_name ? "thread" : "open", text);
        if (!is_name && strcmp(text, arguments[2]) == 0)
            continue;
        answer.resp.id = request.notif.id;
        answer.resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
    }
    int status;
    if (fclose(notes) != 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return FAILED;
    return WEXITSTATUS(status);
}
