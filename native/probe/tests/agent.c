/* A profiler like that of a monitoring agent: loaded at the start, in the runtime's only main slot, and never unloaded. It requests the events of
 * garbage collections, counts them and does nothing else. */
#include <stdbool.h>

#include "../runtime/clr.h"

#define EXPORT __attribute__((visibility("default")))

enum { SLOTS = 98, SLOT_INITIALIZE = 3, MONITOR_GC = 0x80 };

static const guid info = { 0x28B5557D, 0x3F3F, 0x48B4, { 0x90, 0xB2, 0x5F, 0x9E, 0xEA, 0x2F, 0x6C, 0x48 } };

static void *profiler_table[SLOTS], *factory_table[5];
static void *profiler = profiler_table, *factory = factory_table;

static hresult ok(void) { return S_OK; }
static uint32_t no_count(void) { return 1; }

static hresult query(void *self, const guid *iid, void **out)
{
    (void)iid;
    *out = self;
    return S_OK;
}

static hresult initialize(void *self, void *unknown)
{
    (void)self;
    void *api = NULL;
    hresult hr = clr_query(unknown, &info, &api);
    return FAILED(hr) ? hr : info_set_events(api, MONITOR_GC);
}

/* Supports only these callbacks: a runtime that asks for newer ones is told that there are none. */
static hresult profiler_query(void *self, const guid *iid, void **out)
{
    static const guid newest = { 0x42350846, 0xAAED, 0x47F7, { 0xB1, 0x28, 0xFD, 0x0C, 0x98, 0x88, 0x1C, 0xDE } };
    if (memcmp(iid, &newest, sizeof newest) == 0) {
        *out = NULL;
        return E_NOINTERFACE;
    }
    return query(self, iid, out);
}

static hresult create(void *self, void *outer, const guid *iid, void **out)
{
    (void)self;
    (void)outer;
    return profiler_query(&profiler, iid, out);
}

EXPORT hresult DllGetClassObject(const guid *clsid, const guid *iid, void **out);
EXPORT hresult DllGetClassObject(const guid *clsid, const guid *iid, void **out)
{
    (void)clsid;
    for (int i = 3; i < SLOTS; i++)
        profiler_table[i] = (void *)ok;
    profiler_table[0] = (void *)profiler_query;
    profiler_table[1] = profiler_table[2] = factory_table[1] = factory_table[2] = (void *)no_count;
    profiler_table[SLOT_INITIALIZE] = (void *)initialize;
    factory_table[0] = (void *)query;
    factory_table[3] = (void *)create;
    factory_table[4] = (void *)ok;
    return query(&factory, iid, out);
}
