/* Runs a command that may not make some system calls, as in a container with a strict profile: "forbidden_calls NUMBER… -- COMMAND…". They fail with EPERM. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { MOST = 16 };

int main(int count, char **arguments)
{
    struct sock_filter filter[2 * MOST + 2] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
    unsigned short length = 1;
    int next = 1;
    for (; next < count && next <= MOST && strcmp(arguments[next], "--") != 0; next++) {
        struct sock_filter is_other = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)atoi(arguments[next]), 0, 1);
        struct sock_filter fail = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
        filter[length++] = is_other;
        filter[length++] = fail;
    }
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[length++] = allow;
    struct sock_fprog program = { length, filter };
    if (++next < count && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
        execv(arguments[next], arguments + next);
    return 127;
}
