/* The parts of the runtime's profiling API that the probe uses, declared from its public interface definition. A COM object is a pointer to a pointer
 * to a table of functions; SLOT(object, n, type) is the n-th of them, counted from QueryInterface = 0. */
#ifndef STACKFLARE_CLR_H
#define STACKFLARE_CLR_H

#include <stdint.h>
#include <string.h>

typedef int32_t hresult;
typedef uintptr_t clr_id; /* FunctionID, ClassID, ModuleID, ThreadID, ObjectID */
typedef uint16_t clr_char;

typedef struct guid {
    uint32_t a;
    uint16_t b, c;
    uint8_t d[8];
} guid;

#define S_OK 0
#define S_FALSE 1
#define FAILED(hr) ((hr) < 0)
#define E_NOINTERFACE ((hresult)0x80004002)
#define E_ABORT ((hresult)0x80004004)
#define E_FAIL ((hresult)0x80004005)
#define E_OUTOFMEMORY ((hresult)0x8007000E)
#define CLASS_E_NOAGGREGATION ((hresult)0x80040110)
#define CORPROF_E_STACKSNAPSHOT_ABORTED ((hresult)0x80131361)
#define CORPROF_E_PROFILER_CANCEL_ACTIVATION ((hresult)0x80131375)
#define CORPROF_E_DEBUGGING_DISABLED ((hresult)0x80131378)
#define CORPROF_E_TIMEOUT_WAITING_FOR_CONCURRENT_GC ((hresult)0x80131379)
#define CORPROF_E_SUSPENSION_IN_PROGRESS ((hresult)0x80131388)

#define COR_PRF_ENABLE_STACK_SNAPSHOT 0x10000000u
#define COR_PRF_MONITOR_GC 0x80u
#define COR_PRF_SNAPSHOT_REGISTER_CONTEXT 1u
#define COR_PRF_MODULE_DISK 0x1u
#define COR_PRF_MODULE_DYNAMIC 0x4u
#define COR_PRF_MODULE_COLLECTIBLE 0x8u
#define COR_PRF_MODULE_FLAT_LAYOUT 0x20u
#define COR_PRF_HANDLE_TYPE_STRONG 2u

/* The offsets of the used registers in a CONTEXT. */
#if defined(__x86_64__)
enum { CONTEXT_SP = 0x98, CONTEXT_FP = 0xA0, CONTEXT_PC = 0xF8 };
#elif defined(__aarch64__)
enum { CONTEXT_FP = 0xF0, CONTEXT_SP = 0x100, CONTEXT_PC = 0x108 };
#endif

typedef struct il_native_map {
    uint32_t il_offset, native_start, native_end;
} il_native_map;

typedef struct field_place {
    uint32_t token, offset;
} field_place;

typedef struct code_range {
    uintptr_t start;
    size_t size;
} code_range;

typedef hresult (*stack_callback)(clr_id function, uintptr_t ip, uintptr_t frame_info, uint32_t context_size, uint8_t *context, void *state);

#define SLOT(object, n, type) ((type)(*(void ***)(object))[n])

static inline hresult clr_query(void *o, const guid *iid, void **out) { return SLOT(o, 0, hresult (*)(void *, const guid *, void **))(o, iid, out); }
static inline void clr_release(void *o) { if (o) SLOT(o, 2, uint32_t (*)(void *))(o); }

/* ICorProfilerInfo and the interfaces derived from it: one object, one table. */
static inline hresult info_array_class(void *o, clr_id cls, uint32_t *element_kind, clr_id *element, uint32_t *rank) { return SLOT(o, 11, hresult (*)(void *, clr_id, uint32_t *, clr_id *, uint32_t *))(o, cls, element_kind, element, rank); }
static inline hresult info_thread(void *o, clr_id thread, uint32_t *os_id) { return SLOT(o, 12, hresult (*)(void *, clr_id, uint32_t *))(o, thread, os_id); }
static inline hresult info_set_events(void *o, uint32_t mask) { return SLOT(o, 16, hresult (*)(void *, uint32_t))(o, mask); }
static inline hresult info_module_metadata(void *o, clr_id module, uint32_t flags, const guid *iid, void **out) { return SLOT(o, 21, hresult (*)(void *, clr_id, uint32_t, const guid *, void **))(o, module, flags, iid, out); }
static inline hresult info_walk(void *o, clr_id thread, stack_callback cb, uint32_t flags, void *state, uint8_t *context, uint32_t size) { return SLOT(o, 36, hresult (*)(void *, clr_id, stack_callback, uint32_t, void *, uint8_t *, uint32_t))(o, thread, cb, flags, state, context, size); }
static inline hresult info_function(void *o, clr_id fn, clr_id *cls, clr_id *module, uint32_t *token, uint32_t cap, uint32_t *count, clr_id *args) { return SLOT(o, 38, hresult (*)(void *, clr_id, uintptr_t, clr_id *, clr_id *, uint32_t *, uint32_t, uint32_t *, clr_id *))(o, fn, 0, cls, module, token, cap, count, args); }
static inline hresult info_class_layout(void *o, clr_id cls, field_place *fields, uint32_t cap, uint32_t *count, uint32_t *size) { return SLOT(o, 40, hresult (*)(void *, clr_id, field_place *, uint32_t, uint32_t *, uint32_t *))(o, cls, fields, cap, count, size); }
static inline hresult info_class(void *o, clr_id cls, clr_id *module, uint32_t *token, clr_id *parent, uint32_t cap, uint32_t *count, clr_id *args) { return SLOT(o, 41, hresult (*)(void *, clr_id, clr_id *, uint32_t *, clr_id *, uint32_t, uint32_t *, clr_id *))(o, cls, module, token, parent, cap, count, args); }
static inline hresult info_static_address(void *o, clr_id cls, uint32_t field, clr_id domain, void **address) { return SLOT(o, 50, hresult (*)(void *, clr_id, uint32_t, clr_id, void **))(o, cls, field, domain, address); }
static inline hresult info_modules(void *o, void **modules) { return SLOT(o, 66, hresult (*)(void *, void **))(o, modules); }
static inline hresult info_runtime(void *o, uint16_t *instance, int32_t *kind, uint16_t *major, uint16_t *minor, uint16_t *build, uint16_t *qfe, uint32_t cap, uint32_t *count, clr_char *text) { return SLOT(o, 67, hresult (*)(void *, uint16_t *, int32_t *, uint16_t *, uint16_t *, uint16_t *, uint16_t *, uint32_t, uint32_t *, clr_char *))(o, instance, kind, major, minor, build, qfe, cap, count, text); }
static inline hresult info_thread_static(void *o, clr_id cls, uint32_t field, clr_id domain, clr_id thread, void **address) { return SLOT(o, 68, hresult (*)(void *, clr_id, uint32_t, clr_id, clr_id, void **))(o, cls, field, domain, thread, address); }
static inline hresult info_module(void *o, clr_id module, uintptr_t *base, uint32_t cap, uint32_t *count, clr_char *path, clr_id *assembly, uint32_t *flags) { return SLOT(o, 70, hresult (*)(void *, clr_id, uintptr_t *, uint32_t, uint32_t *, clr_char *, clr_id *, uint32_t *))(o, module, base, cap, count, path, assembly, flags); }
static inline hresult info_threads(void *o, void **threads) { return SLOT(o, 71, hresult (*)(void *, void **))(o, threads); }
static inline hresult info_is_dynamic(void *o, clr_id fn, int32_t *dynamic) { return SLOT(o, 87, hresult (*)(void *, clr_id, int32_t *))(o, fn, dynamic); }
static inline hresult info_function_at(void *o, uintptr_t ip, clr_id *fn, clr_id *rejit) { return SLOT(o, 88, hresult (*)(void *, uintptr_t, clr_id *, clr_id *))(o, ip, fn, rejit); }
static inline hresult info_dynamic(void *o, clr_id fn, clr_id *module, const uint8_t **sig, uint32_t *sig_size, uint32_t cap, uint32_t *count, clr_char *name) { return SLOT(o, 89, hresult (*)(void *, clr_id, clr_id *, const uint8_t **, uint32_t *, uint32_t, uint32_t *, clr_char *))(o, fn, module, sig, sig_size, cap, count, name); }
static inline hresult info_bodies(void *o, clr_id fn, clr_id rejit, uint32_t cap, uint32_t *count, uintptr_t *starts) { return SLOT(o, 90, hresult (*)(void *, clr_id, clr_id, uint32_t, uint32_t *, uintptr_t *))(o, fn, rejit, cap, count, starts); }
static inline hresult info_il_map(void *o, uintptr_t start, uint32_t cap, uint32_t *count, il_native_map *map) { return SLOT(o, 91, hresult (*)(void *, uintptr_t, uint32_t, uint32_t *, il_native_map *))(o, start, cap, count, map); }
static inline hresult info_code_ranges(void *o, uintptr_t start, uint32_t cap, uint32_t *count, code_range *ranges) { return SLOT(o, 92, hresult (*)(void *, uintptr_t, uint32_t, uint32_t *, code_range *))(o, start, cap, count, ranges); }
static inline hresult info_suspend(void *o) { return SLOT(o, 97, hresult (*)(void *))(o); }
static inline hresult info_resume(void *o) { return SLOT(o, 98, hresult (*)(void *))(o); }
static inline hresult info_create_handle(void *o, clr_id object, uint32_t kind, void **handle) { return SLOT(o, 108, hresult (*)(void *, clr_id, uint32_t, void **))(o, object, kind, handle); }
static inline hresult info_destroy_handle(void *o, void *handle) { return SLOT(o, 109, hresult (*)(void *, void *))(o, handle); }

/* ICorProfilerInfo15 */
typedef int32_t (*object_callback)(clr_id object, void *state); /* 0 ends the enumeration */
static inline hresult info_heap_objects(void *o, object_callback cb, void *state) { return SLOT(o, 114, hresult (*)(void *, object_callback, void *))(o, cb, state); }

/* ICorProfilerThreadEnum */
static inline hresult threads_next(void *o, uint32_t cap, clr_id *ids, uint32_t *count) { return SLOT(o, 7, hresult (*)(void *, uint32_t, clr_id *, uint32_t *))(o, cap, ids, count); }

/* ICorProfilerModuleEnum */
static inline hresult modules_next(void *o, uint32_t cap, clr_id *ids, uint32_t *count) { return SLOT(o, 7, hresult (*)(void *, uint32_t, clr_id *, uint32_t *))(o, cap, ids, count); }

/* IMetaDataImport */
static inline hresult meta_type(void *o, uint32_t token, clr_char *name, uint32_t cap, uint32_t *count, uint32_t *flags, uint32_t *base) { return SLOT(o, 12, hresult (*)(void *, uint32_t, clr_char *, uint32_t, uint32_t *, uint32_t *, uint32_t *))(o, token, name, cap, count, flags, base); }
static inline hresult meta_method(void *o, uint32_t token, uint32_t *cls, clr_char *name, uint32_t cap, uint32_t *count, uint32_t *attributes, const uint8_t **sig, uint32_t *sig_size, uint32_t *rva, uint32_t *impl) { return SLOT(o, 30, hresult (*)(void *, uint32_t, uint32_t *, clr_char *, uint32_t, uint32_t *, uint32_t *, const uint8_t **, uint32_t *, uint32_t *, uint32_t *))(o, token, cls, name, cap, count, attributes, sig, sig_size, rva, impl); }
static inline hresult meta_nested(void *o, uint32_t token, uint32_t *enclosing) { return SLOT(o, 62, hresult (*)(void *, uint32_t, uint32_t *))(o, token, enclosing); }

#endif
