/* Sends the snapshot to the host that requested it, over a socket on which the host listens. */
#define _GNU_SOURCE
#include "wire/snapshot.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool limit_wait(int fd, int64_t deadline)
{
    int64_t left = (deadline - now()) / 1000;
    struct timeval time = { left / 1000000, left % 1000000 };
    return left > 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time) == 0; /* 0 would mean no limit */
}

static int64_t deadline_of(const sf_request *request)
{
    return now() + (int64_t)request->send_timeout_ms * 1000000;
}

int snapshot_connect(const sf_request *request)
{
    int64_t deadline = deadline_of(request);
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    uint32_t length = request->address_length;
    memcpy(address.sun_path, request->address, length);
    if (address.sun_path[0] == '@')
        address.sun_path[0] = 0; /* an abstract name: no file, and it disappears with the host */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    struct ucred peer;
    socklen_t size = sizeof peer;
    int result;
    do {
        errno = ETIMEDOUT;
        result = limit_wait(fd, deadline)
            ? connect(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) : -1;
    } while (result != 0 && errno == EINTR);
    /* Stacks and thread names are only for the same user or root, even if another user has taken the name. */
    if (result != 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || (peer.uid != 0 && peer.uid != geteuid())) {
        close(fd);
        return -1;
    }
    return fd;
}

bool snapshot_host_is_own(int host)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(host, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid == getpid();
}

bool snapshot_host_may_go_on(int host)
{
    char word;
    ssize_t count;
    do
        count = read(host, &word, sizeof word);
    while (count < 0 && errno == EINTR);
    return count == sizeof word;
}

/* A deadline for the whole transfer, because the kernel's own limit starts again with each partial write: a slow host must not get more time than one
 * that reads nothing. */
static void send_all(int fd, struct iovec *parts, size_t count, int64_t deadline)
{
    while (count > 0) {
        struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) {
            struct pollfd room = { fd, POLLOUT, 0 };
            int64_t left = deadline - now();
            if (left <= 0 || (poll(&room, 1, (int)(left / 1000000) + 1) < 0 && errno != EINTR))
                return;
            continue;
        }
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return; /* the host is gone */
        while (count > 0 && (size_t)sent >= parts->iov_len) {
            sent -= (ssize_t)parts->iov_len;
            parts++;
            count--;
        }
        if (count > 0) {
            parts->iov_base = (uint8_t *)parts->iov_base + sent;
            parts->iov_len -= (size_t)sent;
        }
    }
}

void snapshot_send(const sf_request *request, const snapshot_part *sections, uint32_t count, int host)
{
    static const uint8_t padding[8];
    sf_header header = { SF_MAGIC, SF_VERSION_MAJOR, SF_VERSION_MINOR, count, 0, request->nonce };
    sf_directory_entry directory[SNAPSHOT_PARTS];
    struct iovec parts[2 + SNAPSHOT_PARTS * 2] = { { &header, sizeof header }, { directory, count * sizeof *directory } };
    uint64_t offset = sizeof header + count * sizeof *directory;
    for (size_t i = 0; i < count; i++) {
        uint64_t length = sections[i].length;
        directory[i] = (sf_directory_entry){ sections[i].kind, sections[i].record, offset, length };
        parts[2 + i * 2] = (struct iovec){ (void *)sections[i].bytes, length };
        parts[3 + i * 2] = (struct iovec){ (void *)padding, -length & 7 };
        offset += (length + 7) & ~7ull;
    }
    header.total_size = offset;

    send_all(host, parts, 2 + count * 2, deadline_of(request));
    close(host);
}
