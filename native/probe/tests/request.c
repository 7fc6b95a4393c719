/* Tests requests that our host never sends, and hosts that do not read. Needs no runtime: its profiling interface returns nothing, so the answer to
 * an accepted request is an empty snapshot. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "entry/session.h"
#include "heap/heap.h"
#include "wire/snapshot.h"

hresult DllGetClassObject(const guid *clsid, const guid *iid, void **out);

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "request: line %d: " #condition "\n", __LINE__); \
            exit(1); \
        } \
    } while (0)

static hresult knows_nothing(void *self, const guid *iid, void **out) { (void)self; (void)iid; *out = NULL; return E_NOINTERFACE; }
static void *info_table[] = { (void *)knows_nothing };
static void *info = info_table;

static int listener;
static sf_request good = {
    .magic = SF_MAGIC, .version_major = SF_VERSION_MAJOR, .nonce = 42, .max_threads = 10, .max_thread_frames = 10,
    .max_total_frames = 100, .suspend_timeout_ms = 100, .pause_limit_us = 1000, .send_timeout_ms = 300,
};

static void attach(const void *data, uint32_t size)
{
    static const guid factory = { 0x00000001, 0, 0, { 0xC0, 0, 0, 0, 0, 0, 0, 0x46 } }, unknown = { 0, 0, 0, { 0xC0, 0, 0, 0, 0, 0, 0, 0x46 } };
    void *f = NULL, *callback = NULL;
    CHECK(DllGetClassObject(&factory, &factory, &f) == S_OK);
    CHECK(SLOT(f, 3, hresult (*)(void *, void *, const guid *, void **))(f, NULL, &unknown, &callback) == S_OK);
    CHECK(SLOT(callback, 80, hresult (*)(void *, void *, const void *, uint32_t))(callback, &info, data, size)
        == CORPROF_E_PROFILER_CANCEL_ACTIVATION);
}

/* The size of the answer in bytes; -1 if the probe did not connect. */
static ssize_t answer(sf_header *header)
{
    char rest[4096];
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t got = read(fd, header, sizeof *header), more = read(fd, rest, sizeof rest);
    close(fd);
    return got + more;
}

static void refused(sf_request request)
{
    sf_header header;
    attach(&request, sizeof request);
    CHECK(answer(&header) == -1 && errno == EAGAIN);
}

static void requests(void)
{
    sf_header header = { 0 };
    char unaligned[sizeof good + 3];
    attach(&good, sizeof good);
    CHECK(answer(&header) == (ssize_t)header.total_size && header.nonce == 42);
    memcpy(unaligned + 1, &good, sizeof good);
    attach(unaligned + 1, sizeof good + 2); /* a later version's request may be longer */
    CHECK(answer(&header) == (ssize_t)header.total_size);

    struct { sf_request request; sf_seen seen[2]; } sample = { .request = good };
    sample.request.flags = SF_REQUEST_SAMPLE;
    sample.request.seen_count = 2;
    attach(&sample, sizeof sample);
    CHECK(answer(&header) == (ssize_t)header.total_size);
    attach(&sample, sizeof sample - 1);
    CHECK(answer(&header) == -1);
    sample.request.flags = 0; /* a whole dump has every thread */
    attach(&sample, sizeof sample);
    CHECK(answer(&header) == -1);

    attach(&good, sizeof good - 1);
    attach(NULL, 0);
    CHECK(answer(&header) == -1);
#define REFUSED(field, value) do { sf_request r = good; r.field = value; refused(r); } while (0)
    REFUSED(magic, 0);
    REFUSED(version_major, 2);
    REFUSED(max_threads, 0);
    REFUSED(max_threads, UINT32_MAX);
    REFUSED(max_total_frames, 0);
    REFUSED(max_total_frames, UINT32_MAX);
    REFUSED(max_image_bytes, UINT32_MAX);
    REFUSED(suspend_timeout_ms, UINT32_MAX);
    REFUSED(pause_limit_us, UINT32_MAX);
    REFUSED(send_timeout_ms, 0); /* no limit, for the kernel */
    REFUSED(send_timeout_ms, UINT32_MAX);
    REFUSED(heap_limit_us, UINT32_MAX);
    REFUSED(heap_max_objects, UINT32_MAX);
    REFUSED(heap_max_copied, UINT32_MAX);
    REFUSED(seen_count, 1); /* it does not follow, and this is no sample */
    REFUSED(seen_count, SF_SEEN_MOST + 1);
    REFUSED(seen_count, UINT32_MAX);
    REFUSED(address_length, 0);
    REFUSED(address_length, SF_ADDRESS_BYTES);
    REFUSED(address_length, UINT32_MAX);
}

#define WHOLE (64u << 20)

/* Returns the number of bytes that it got. */
static void *read_slowly(void *unused)
{
    (void)unused;
    size_t got = 0;
    ssize_t n;
    static char bytes[128 << 10]; /* large enough to free space in the socket each time */
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) < 0)
        usleep(1000);
    for (; (n = read(fd, bytes, sizeof bytes)) > 0; got += (size_t)n)
        usleep(100000);
    close(fd);
    return (void *)got;
}

static void a_slow_host_does_not_hold_up_the_runtime(void)
{
    static capture c;
    static heap h;
    pthread_t reader;
    void *got;
    c.request = &good;
    c.heap = &h;
    CHECK(sf_table_map(&c.blob, 1, WHOLE, WHOLE));
    c.blob.count = c.blob.capacity;
    CHECK(pthread_create(&reader, NULL, read_slowly, NULL) == 0);
    int64_t begin = sf_now(CLOCK_MONOTONIC);
    int host = snapshot_connect(&good);
    CHECK(host >= 0);
    capture_send(&c, host);
    int64_t took = (sf_now(CLOCK_MONOTONIC) - begin) / 1000000;
    CHECK(took >= 300);
    /* It gave up: if it had waited, its reader would have everything. */
    pthread_join(reader, &got);
    CHECK((size_t)got < WHOLE / 2);
    sf_table_unmap(&c.blob);
}

static void a_host_that_does_not_accept_does_not_either(void)
{
    struct sockaddr_un name;
    socklen_t length = sizeof name;
    int waiting[64], n = 0;
    CHECK(getsockname(listener, (struct sockaddr *)&name, &length) == 0);
    for (; n < 64; n++) {
        waiting[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(waiting[n], (struct sockaddr *)&name, length) != 0)
            break; /* the queue is full */
    }
    CHECK(n > 0 && n < 64);
    int64_t begin = sf_now(CLOCK_MONOTONIC);
    attach(&good, sizeof good);
    int64_t took = (sf_now(CLOCK_MONOTONIC) - begin) / 1000000;
    CHECK(took >= 300);
    for (int i = 0; i <= n; i++)
        close(waiting[i]);
}

int main(void)
{
    alarm(300); /* ends a test that hangs; no test depends on this time */
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int n = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "stackflare-test-%d", getpid());
    good.address_length = (uint32_t)n + 1;
    memcpy(good.address, name.sun_path, good.address_length);
    good.address[0] = '@';
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    CHECK(bind(listener, (struct sockaddr *)&name, (socklen_t)(sizeof(sa_family_t) + 1 + (size_t)n)) == 0);
    CHECK(listen(listener, 1) == 0);
    requests();
    a_slow_host_does_not_hold_up_the_runtime();
    a_host_that_does_not_accept_does_not_either();
    return 0;
}
