/* The entry points that the runtime calls to attach the probe: the COM entry point, a class factory, a profiler callback.
 *
 * The whole capture happens inside InitializeForAttach, which then refuses the activation. So the runtime unloads the library immediately, and
 * nothing stays in the process. */
#define _GNU_SOURCE
#include "entry/session.h"
#include "heap/heap.h"
#include "locks/objects.h"
#include "memory/mapping.h"
#include "walk/suspend.h"
#include "wire/snapshot.h"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum { CALLBACK_SLOTS = 98, SLOT_INITIALIZE = 3, SLOT_ATTACH = 80, SLOT_NOTIFICATION_ONLY = 97 };

static const guid iid_info10 = { 0x2F1B5152, 0xC869, 0x40C9, { 0xAA, 0x5F, 0x3A, 0xBE, 0x02, 0x6B, 0xD7, 0x20 } };
static const guid iid_info13 = { 0x6E6C7EE2, 0x0701, 0x4EC2, { 0x9D, 0x29, 0x2E, 0x87, 0x33, 0xB6, 0x69, 0x34 } };

/* IUnknown, then ICorProfilerCallback to ICorProfilerCallback11. */
static const guid callback_iids[] = {
    { 0x00000000, 0x0000, 0x0000, { 0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46 } },
    { 0x176FBED1, 0xA55C, 0x4796, { 0x98, 0xCA, 0xA9, 0xDA, 0x0E, 0xF8, 0x83, 0xE7 } },
    { 0x8A8CC829, 0xCCF2, 0x49FE, { 0xBB, 0xAE, 0x0F, 0x02, 0x22, 0x28, 0x07, 0x1A } },
    { 0x4FD2ED52, 0x7731, 0x4B8D, { 0x94, 0x69, 0x03, 0xD2, 0xCC, 0x30, 0x86, 0xC5 } },
    { 0x7B63B2E3, 0x107D, 0x4D48, { 0xB2, 0xF6, 0xF6, 0x1E, 0x22, 0x94, 0x70, 0xD2 } },
    { 0x8DFBA405, 0x8C9F, 0x45F8, { 0xBF, 0xFA, 0x83, 0xB1, 0x4C, 0xEF, 0x78, 0xB5 } },
    { 0xFC13DF4B, 0x4448, 0x4F4F, { 0x95, 0x0C, 0xBA, 0x8D, 0x19, 0xD0, 0x0C, 0x36 } },
    { 0xF76A2DBA, 0x1D52, 0x4539, { 0x86, 0x6C, 0x2A, 0xA5, 0x18, 0xF9, 0xEF, 0xC3 } },
    { 0x5BED9B15, 0xC079, 0x4D47, { 0xBF, 0xE2, 0x21, 0x5A, 0x14, 0x0C, 0x07, 0xE0 } },
    { 0x27583EC3, 0xC8F5, 0x482F, { 0x80, 0x52, 0x19, 0x4B, 0x8C, 0xE4, 0x70, 0x5A } },
    { 0xCEC5B60E, 0xC69C, 0x495F, { 0x87, 0xF6, 0x84, 0xD2, 0x8E, 0xE1, 0x6F, 0xFB } },
    { 0x42350846, 0xAAED, 0x47F7, { 0xB1, 0x28, 0xFD, 0x0C, 0x98, 0x88, 0x1C, 0xDE } },
};
static const guid iid_class_factory = { 0x00000001, 0x0000, 0x0000, { 0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46 } };

static bool same(const guid *a, const guid *b) { return memcmp(a, b, sizeof *a) == 0; }

static uint32_t no_count(void *self) { (void)self; return 1; } /* the objects are static */
static hresult ok(void) { return S_OK; }

/* Any program of the same user can send a request. These limits are those of the host's DumpLimits, with some margin. A larger value would block the
 * program, or the runtime's diagnostics for all later requests. */
enum { MAX_TIME_MS = 600000, MIN_TIME_MS = 10, MAX_PAUSE_US = 10000000 };

static bool acceptable(const sf_request *r)
{
    return r->magic == SF_MAGIC && r->version_major == SF_VERSION_MAJOR && r->max_threads > 0
        && r->max_total_frames > 0 && r->max_threads <= 1 << 20 && r->max_total_frames <= 1 << 24 && r->max_image_bytes <= 1u << 30
        && r->address_length > 0 && r->address_length < SF_ADDRESS_BYTES && r->suspend_timeout_ms <= MAX_TIME_MS
        && r->send_timeout_ms >= MIN_TIME_MS && r->send_timeout_ms <= MAX_TIME_MS && r->pause_limit_us <= MAX_PAUSE_US
        && r->seen_count <= SF_SEEN_MOST && (r->seen_count == 0 || r->flags & SF_REQUEST_SAMPLE) && r->heap_limit_us <= MAX_PAUSE_US && r->heap_max_objects <= 1 << 22 && r->heap_max_copied <= 1u << 30;
}

static void describe_runtime(capture *c)
{
    sf_info *r = &c->result;
    uint16_t instance;
    int32_t kind;
    uint32_t count;
    info_runtime(c->runtime.info, &instance, &kind, &r->runtime_major, &r->runtime_minor, &r->runtime_build, &r->runtime_revision, 0, &count, NULL);
    r->pid = (uint32_t)getpid();
}

/* A process that dumps itself for the second time is likely to do it again, and its library keeps the probe loaded. */
static bool is_asked_again(bool is_own)
{
    static bool was_asked;
    bool again = is_own && was_asked;
    was_asked |= is_own;
    return again;
}

static hresult attach(void *self, void *info_unknown, void *client_data, uint32_t client_size)
{
    (void)self;
    static sf_request request;
    static sf_seen seen[SF_SEEN_MOST];
    static capture c; /* the runtime attaches one profiler at a time */
    static heap h;
    uint32_t loader_handle_offset = c.loader_handle_offset;
    if (client_size < sizeof request)
        return CORPROF_E_PROFILER_CANCEL_ACTIVATION;
    memcpy(&request, client_data, sizeof request); /* it is inside the message and may be unaligned */
    if (!acceptable(&request) || client_size - sizeof request < request.seen_count * sizeof *seen)
        return CORPROF_E_PROFILER_CANCEL_ACTIVATION;
    memcpy(seen, (const uint8_t *)client_data + sizeof request, request.seen_count * sizeof *seen);
    int64_t begin = sf_now(CLOCK_MONOTONIC);
    /* Do not stop the program for a host that has given up or was killed. */
    int host = snapshot_connect(&request);
    if (host < 0)
        return CORPROF_E_PROFILER_CANCEL_ACTIVATION;
    bool is_own = snapshot_host_is_own(host);
    /* The runtime attaches nothing once it begins to exit. A process that wants a dump then has the probe attached before, and waits here. Nothing is
     * allocated, and the process can still exit. Another process must not block the runtime's diagnostics. */
    if (request.flags & SF_REQUEST_HOLD) {
        if (!is_own || !snapshot_host_may_go_on(host)) {
            close(host);
            return CORPROF_E_PROFILER_CANCEL_ACTIVATION;
        }
        begin = sf_now(CLOCK_MONOTONIC);
    }
    memset(&c, 0, sizeof c);
    memset(&h, 0, sizeof h);
    c.request = &request;
    c.seen = seen;
    c.heap = &h;
    c.host_deadline = begin + (int64_t)request.send_timeout_ms * 1000000;
    c.loader_handle_offset = loader_handle_offset;
    c.result.hresult = clr_query(info_unknown, &iid_info10, &c.runtime.info);
    if (FAILED(c.result.hresult)) {
        c.runtime.info = NULL;
        capture_send(&c, host);
        return CORPROF_E_PROFILER_CANCEL_ACTIVATION;
    }
    if (FAILED(clr_query(info_unknown, &iid_info13, &c.runtime.handles)))
        c.runtime.handles = NULL;
    describe_runtime(&c);
    if (is_sample(&c))
        c.result.flags |= SF_INFO_SAMPLE;
    c.result.phase = SF_PHASE_MEMORY;
    c.result.hresult = E_OUTOFMEMORY;
    sf_read_open();
    sf_keep_begin(is_asked_again(is_own));
    if (capture_map(&c)) {
        c.result.hresult = info_set_events(c.runtime.info, COR_PRF_ENABLE_STACK_SNAPSHOT);
        if (!FAILED(c.result.hresult)) {
            runtime_open(&c.runtime, c.result.runtime_major);
            if (layout_knows(&c.runtime.layout, LAYOUT_THREADS))
                c.result.flags |= SF_INFO_CONTRACT;
            if (!is_sample(&c)) {
                pool_find(&c);
                objects_open();
                heap_open(&c);
            }
            c.result.lacking = c.runtime.layout.lacking;
            capture_take(&c);
        }
    }
    heap_close(&c);
    sf_read_close();
    clr_release(c.runtime.handles);
    clr_release(c.runtime.info);
    capture_send(&c, host);
    capture_unmap(&c);
    sf_keep_end();
    if (!is_own) /* a process that dumps itself keeps the library loaded */
        watch_settle(c.host_deadline);
    return CORPROF_E_PROFILER_CANCEL_ACTIVATION;
}

/* If another profiler has the main slot, the runtime still accepts a notification-only one. */
static bool wants_main_slot;
static hresult notification_only(void *self, int32_t *answer)
{
    (void)self;
    *answer = !wants_main_slot;
    return S_OK;
}

static void *callback_table[CALLBACK_SLOTS];
static void *callback = callback_table;

static hresult callback_query(void *self, const guid *iid, void **out)
{
    for (size_t i = 0; i < sizeof callback_iids / sizeof *callback_iids; i++) {
        if (same(iid, &callback_iids[i])) {
            *out = self;
            return S_OK;
        }
    }
    *out = NULL;
    return E_NOINTERFACE;
}

static hresult factory_create(void *self, void *outer, const guid *iid, void **out)
{
    (void)self;
    if (outer)
        return CLASS_E_NOAGGREGATION;
    for (int i = 3; i < CALLBACK_SLOTS; i++)
        callback_table[i] = (void *)ok;
    callback_table[0] = (void *)callback_query;
    callback_table[1] = callback_table[2] = (void *)no_count;
    callback_table[SLOT_ATTACH] = (void *)attach;
    callback_table[SLOT_NOTIFICATION_ONLY] = (void *)notification_only;
    return callback_query(&callback, iid, out);
}

static hresult factory_query(void *self, const guid *iid, void **out)
{
    bool known = same(iid, &callback_iids[0]) || same(iid, &iid_class_factory);
    *out = known ? self : NULL;
    return known ? S_OK : E_NOINTERFACE;
}

static void *factory_table[] = { (void *)factory_query, (void *)no_count, (void *)no_count, (void *)factory_create, (void *)ok };
static void *factory = factory_table;

EXPORT hresult DllGetClassObject(const guid *clsid, const guid *iid, void **out);
EXPORT hresult DllGetClassObject(const guid *clsid, const guid *iid, void **out)
{
    wants_main_slot = clsid && clsid->a == SF_CLASS_MAIN;
    return factory_query(&factory, iid, out);
}
