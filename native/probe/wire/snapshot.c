/* Hands the snapshot to the host that asked for it, over a socket that the host listens on. */
#define _GNU_SOURCE
#include "capture.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { SECTIONS = 23, HEAP_SECTIONS = 7 /* the last */ };

static bool limit_wait(int fd, int64_t deadline)
{
    int64_t left = (deadline - sf_now(CLOCK_MONOTONIC)) / 1000;
    struct timeval time = { left / 1000000, left % 1000000 };
    return left > 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time) == 0; /* 0 would mean: for ever */
}

static int64_t deadline_of(const sf_request *request)
{
    return sf_now(CLOCK_MONOTONIC) + (int64_t)request->send_timeout_ms * 1000000;
}

int snapshot_connect(const sf_request *request)
{
    int64_t deadline = deadline_of(request);
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    uint32_t length = request->address_length;
    memcpy(address.sun_path, request->address, length);
    if (address.sun_path[0] == '@')
        address.sun_path[0] = 0; /* an abstract name: no file, and gone with the host */
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
    /* Stacks and thread names are for the same user or root only, whoever may have taken the name. */
    if (result != 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || (peer.uid != 0 && peer.uid != geteuid())) {
        close(fd);
        return -1;
    }
    return fd;
}

/* A host that takes a little now and then gets no more time than one that takes nothing: the kernel's own limit begins anew with
 * each little. */
static void send_all(int fd, struct iovec *parts, size_t count, int64_t deadline)
{
    while (count > 0) {
        struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) {
            struct pollfd room = { fd, POLLOUT, 0 };
            int64_t left = deadline - sf_now(CLOCK_MONOTONIC);
            if (left <= 0 || (poll(&room, 1, (int)(left / 1000000) + 1) < 0 && errno != EINTR))
                return;
            continue;
        }
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return; /* the host is gone: it knows */
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

void snapshot_send(const capture *c, int host)
{
    static const uint8_t padding[8];
    sf_table info = { .base = (uint8_t *)&c->result, .record = sizeof c->result, .count = 1 };
    sf_table pool = { .base = (uint8_t *)&c->pool, .record = sizeof c->pool, .count = c->pool_known };
    sf_table heap_info = { .base = (uint8_t *)&c->heap.result, .record = sizeof c->heap.result, .count = 1 };
    const struct { uint32_t kind; const sf_table *table; } sections[SECTIONS] = {
        { SF_SECTION_INFO, &info }, { SF_SECTION_THREADS, &c->threads }, { SF_SECTION_STACKS, &c->stacks },
        { SF_SECTION_FRAMES, &c->frames }, { SF_SECTION_FUNCTIONS, &c->functions }, { SF_SECTION_TYPES, &c->types },
        { SF_SECTION_TYPE_ARGS, &c->type_args }, { SF_SECTION_MODULES, &c->modules }, { SF_SECTION_BLOB, &c->blob },
        { SF_SECTION_LOCKS, &c->locks }, { SF_SECTION_WAITS, &c->waits }, { SF_SECTION_HELD, &c->held_locks },
        { SF_SECTION_OBJECTS, &c->objects }, { SF_SECTION_REFERENCES, &c->references }, { SF_SECTION_BUSY, &c->busy },
        { SF_SECTION_POOL, &pool },
        { SF_SECTION_HEAP, &heap_info }, { SF_SECTION_HEAP_OBJECTS, &c->heap.objects }, { SF_SECTION_HEAP_BYTES, &c->heap.bytes },
        { SF_SECTION_HEAP_LAYOUTS, &c->heap.layouts }, { SF_SECTION_HEAP_FIELDS, &c->heap.fields },
        { SF_SECTION_HEAP_REFERENCES, &c->heap.references }, { SF_SECTION_RUNNING, &c->heap.running },
    };
    uint32_t count = c->heap.objects.base ? SECTIONS : SECTIONS - HEAP_SECTIONS;
    sf_header header = { SF_MAGIC, SF_VERSION_MAJOR, SF_VERSION_MINOR, count, 0, c->request->nonce };
    sf_directory_entry directory[SECTIONS];
    struct iovec parts[2 + SECTIONS * 2] = { { &header, sizeof header }, { directory, count * sizeof *directory } };
    uint64_t offset = sizeof header + count * sizeof *directory;
    for (size_t i = 0; i < count; i++) {
        const sf_table *table = sections[i].table;
        uint64_t length = (uint64_t)table->record * table->count;
        directory[i] = (sf_directory_entry){ sections[i].kind, table->record, offset, length };
        parts[2 + i * 2] = (struct iovec){ table->base, length };
        parts[3 + i * 2] = (struct iovec){ (void *)padding, -length & 7 };
        offset += (length + 7) & ~7ull;
    }
    header.total_size = offset;

    send_all(host, parts, 2 + count * 2, deadline_of(c->request));
    close(host);
}
