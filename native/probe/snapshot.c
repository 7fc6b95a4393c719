/* Hands the snapshot to the host that asked for it, over a socket that the host listens on. */
#define _GNU_SOURCE
#include "capture.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum { SECTIONS = 9 };

static int connect_host(const sf_request *request)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    uint32_t length = request->address_length;
    if (length == 0 || length >= sizeof address.sun_path || length > SF_ADDRESS_BYTES)
        return -1;
    memcpy(address.sun_path, request->address, length);
    if (address.sun_path[0] == '@')
        address.sun_path[0] = 0; /* an abstract name: no file, and gone with the host */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    struct timeval timeout = { request->send_timeout_ms / 1000, (request->send_timeout_ms % 1000) * 1000 };
    struct ucred peer;
    socklen_t size = sizeof peer;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    /* Stacks and thread names are for the same user or root only, whoever may have taken the name. */
    if (connect(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) != 0
        || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || (peer.uid != 0 && peer.uid != geteuid())) {
        close(fd);
        return -1;
    }
    return fd;
}

static void send_all(int fd, struct iovec *parts, size_t count)
{
    while (count > 0) {
        struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return; /* the host is gone or too slow: it knows */
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

void snapshot_send(capture *c)
{
    static const uint8_t padding[8];
    sf_table info = { .base = (uint8_t *)&c->result, .record = sizeof c->result, .count = 1 };
    const struct { uint32_t kind; const sf_table *table; } sections[SECTIONS] = {
        { SF_SECTION_INFO, &info }, { SF_SECTION_THREADS, &c->threads }, { SF_SECTION_STACKS, &c->stacks },
        { SF_SECTION_FRAMES, &c->frames }, { SF_SECTION_FUNCTIONS, &c->functions }, { SF_SECTION_TYPES, &c->types },
        { SF_SECTION_TYPE_ARGS, &c->type_args }, { SF_SECTION_MODULES, &c->modules }, { SF_SECTION_BLOB, &c->blob },
    };
    sf_header header = { SF_MAGIC, SF_VERSION_MAJOR, SF_VERSION_MINOR, SECTIONS, 0, c->request->nonce };
    sf_directory_entry directory[SECTIONS];
    struct iovec parts[2 + SECTIONS * 2] = { { &header, sizeof header }, { directory, sizeof directory } };
    uint64_t offset = sizeof header + sizeof directory;
    for (size_t i = 0; i < SECTIONS; i++) {
        const sf_table *table = sections[i].table;
        uint64_t length = (uint64_t)table->record * table->count;
        directory[i] = (sf_directory_entry){ sections[i].kind, table->record, offset, length };
        parts[2 + i * 2] = (struct iovec){ table->base, length };
        parts[3 + i * 2] = (struct iovec){ (void *)padding, -length & 7 };
        offset += (length + 7) & ~7ull;
    }
    header.total_size = offset;

    int fd = connect_host(c->request);
    if (fd < 0)
        return;
    send_all(fd, parts, sizeof parts / sizeof *parts);
    close(fd);
}
