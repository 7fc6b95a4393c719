/* Prints how the compiler lays out the structs of the wire format: a line `struct field offset size` for each field, and `struct - 0 size`. The test
 * of the C# mirror compiles and runs this, and compares. */
#include <stddef.h>
#include <stdio.h>

#include "wire/abi.h"

#define STRUCT(t) printf(#t " - 0 %zu\n", sizeof(t))
#define FIELD(t, f) printf(#t " " #f " %zu %zu\n", offsetof(t, f), sizeof(((t *)0)->f))

int main(void)
{
    printf("version - %d %d\n", SF_VERSION_MAJOR, SF_VERSION_MINOR);
    printf("seen - %d %d\n", SF_SEEN_MOST, SF_SEEN_UNIT_NS);
    STRUCT(sf_request);
    FIELD(sf_request, magic); FIELD(sf_request, version_major); FIELD(sf_request, version_minor); FIELD(sf_request, flags);
    FIELD(sf_request, nonce); FIELD(sf_request, max_threads); FIELD(sf_request, max_thread_frames);
    FIELD(sf_request, max_total_frames); FIELD(sf_request, max_image_bytes); FIELD(sf_request, suspend_timeout_ms);
    FIELD(sf_request, pause_limit_us); FIELD(sf_request, send_timeout_ms); FIELD(sf_request, address_length);
    FIELD(sf_request, address); FIELD(sf_request, heap_limit_us); FIELD(sf_request, heap_max_objects);
    FIELD(sf_request, heap_max_copied); FIELD(sf_request, seen_count); FIELD(sf_request, reserved);
    STRUCT(sf_seen);
    FIELD(sf_seen, thread_id); FIELD(sf_seen, cpu_ns); FIELD(sf_seen, os_id); FIELD(sf_seen, reserved);
    STRUCT(sf_header);
    FIELD(sf_header, magic); FIELD(sf_header, version_major); FIELD(sf_header, version_minor); FIELD(sf_header, section_count);
    FIELD(sf_header, total_size); FIELD(sf_header, nonce);
    STRUCT(sf_directory_entry);
    FIELD(sf_directory_entry, kind); FIELD(sf_directory_entry, record_size); FIELD(sf_directory_entry, offset);
    FIELD(sf_directory_entry, length);
    STRUCT(sf_info);
    FIELD(sf_info, phase); FIELD(sf_info, hresult); FIELD(sf_info, flags); FIELD(sf_info, pid); FIELD(sf_info, runtime_major);
    FIELD(sf_info, runtime_minor); FIELD(sf_info, runtime_build); FIELD(sf_info, runtime_revision);
    FIELD(sf_info, suspend_retries); FIELD(sf_info, thread_total); FIELD(sf_info, captured_at_ns); FIELD(sf_info, suspend_ns);
    FIELD(sf_info, walk_ns); FIELD(sf_info, pause_ns); FIELD(sf_info, resolve_ns); FIELD(sf_info, locks_ns);
    FIELD(sf_info, lacking); FIELD(sf_info, reserved);
    STRUCT(sf_thread);
    FIELD(sf_thread, thread_id); FIELD(sf_thread, os_id); FIELD(sf_thread, managed_id); FIELD(sf_thread, state);
    FIELD(sf_thread, flags); FIELD(sf_thread, first_frame); FIELD(sf_thread, frame_count); FIELD(sf_thread, name_offset);
    FIELD(sf_thread, name_length); FIELD(sf_thread, exception_type); FIELD(sf_thread, hresult); FIELD(sf_thread, cpu_ns);
    STRUCT(sf_blocker);
    FIELD(sf_blocker, thread); FIELD(sf_blocker, call); FIELD(sf_blocker, flags); FIELD(sf_blocker, reserved); FIELD(sf_blocker, seen_ns);
    STRUCT(sf_frame);
    FIELD(sf_frame, address); FIELD(sf_frame, function); FIELD(sf_frame, il_offset); FIELD(sf_frame, flags);
    FIELD(sf_frame, native_offset); FIELD(sf_frame, il_places); FIELD(sf_frame, il_next);
    STRUCT(sf_function);
    FIELD(sf_function, function_id); FIELD(sf_function, module); FIELD(sf_function, token); FIELD(sf_function, declaring_type);
    FIELD(sf_function, type_arg_start); FIELD(sf_function, type_arg_count); FIELD(sf_function, flags);
    FIELD(sf_function, name_offset); FIELD(sf_function, name_length); FIELD(sf_function, type_name_offset);
    FIELD(sf_function, type_name_length); FIELD(sf_function, signature_offset); FIELD(sf_function, signature_length);
    STRUCT(sf_type);
    FIELD(sf_type, class_id); FIELD(sf_type, module); FIELD(sf_type, token); FIELD(sf_type, arg_start); FIELD(sf_type, arg_count);
    FIELD(sf_type, flags); FIELD(sf_type, rank);
    STRUCT(sf_module);
    FIELD(sf_module, module_id); FIELD(sf_module, base_address); FIELD(sf_module, assembly_id); FIELD(sf_module, mvid);
    FIELD(sf_module, flags); FIELD(sf_module, path_offset); FIELD(sf_module, path_length); FIELD(sf_module, image_offset);
    FIELD(sf_module, image_length); FIELD(sf_module, symbols_offset); FIELD(sf_module, symbols_length); FIELD(sf_module, reserved);
    STRUCT(sf_lock);
    FIELD(sf_lock, object); FIELD(sf_lock, kind); FIELD(sf_lock, owner); FIELD(sf_lock, type); FIELD(sf_lock, recursion);
    FIELD(sf_lock, waiters); FIELD(sf_lock, flags);
    STRUCT(sf_wait);
    FIELD(sf_wait, thread); FIELD(sf_wait, kind); FIELD(sf_wait, lock); FIELD(sf_wait, other_thread); FIELD(sf_wait, timeout_ms);
    FIELD(sf_wait, reserved);
    STRUCT(sf_held);
    FIELD(sf_held, thread); FIELD(sf_held, lock); FIELD(sf_held, frame); FIELD(sf_held, flags);
    STRUCT(sf_object);
    FIELD(sf_object, address); FIELD(sf_object, kind); FIELD(sf_object, type); FIELD(sf_object, owner); FIELD(sf_object, upgrader);
    FIELD(sf_object, count); FIELD(sf_object, flags);
    STRUCT(sf_reference);
    FIELD(sf_reference, thread); FIELD(sf_reference, frame); FIELD(sf_reference, object); FIELD(sf_reference, flags);
    STRUCT(sf_busy);
    FIELD(sf_busy, thread); FIELD(sf_busy, reserved); FIELD(sf_busy, cpu_ns); FIELD(sf_busy, wall_ns); FIELD(sf_busy, ready_ns);
    STRUCT(sf_queued);
    FIELD(sf_queued, type); FIELD(sf_queued, count);
    STRUCT(sf_due_timer);
    FIELD(sf_due_timer, function); FIELD(sf_due_timer, state); FIELD(sf_due_timer, count); FIELD(sf_due_timer, flags); FIELD(sf_due_timer, late_ms);
    STRUCT(sf_exception);
    FIELD(sf_exception, thread); FIELD(sf_exception, type); FIELD(sf_exception, message_offset); FIELD(sf_exception, message_length);
    STRUCT(sf_pool);
    FIELD(sf_pool, workers); FIELD(sf_pool, working); FIELD(sf_pool, min); FIELD(sf_pool, max); FIELD(sf_pool, queued);
    FIELD(sf_pool, completed); FIELD(sf_pool, completed_later); FIELD(sf_pool, queued_later);
    STRUCT(sf_heap);
    FIELD(sf_heap, status); FIELD(sf_heap, hresult); FIELD(sf_heap, flags); FIELD(sf_heap, method_count); FIELD(sf_heap, seen_objects);
    FIELD(sf_heap, heap_bytes); FIELD(sf_heap, walk_ns); FIELD(sf_heap, follow_ns); FIELD(sf_heap, now_ns);
    STRUCT(sf_heap_object);
    FIELD(sf_heap_object, address); FIELD(sf_heap_object, type); FIELD(sf_heap_object, flags); FIELD(sf_heap_object, bytes_offset);
    FIELD(sf_heap_object, bytes_length);
    STRUCT(sf_heap_layout);
    FIELD(sf_heap_layout, type); FIELD(sf_heap_layout, parent); FIELD(sf_heap_layout, first_field); FIELD(sf_heap_layout, field_count);
    FIELD(sf_heap_layout, first_reference); FIELD(sf_heap_layout, reference_count); FIELD(sf_heap_layout, size);
    FIELD(sf_heap_layout, flags);
    STRUCT(sf_heap_field);
    FIELD(sf_heap_field, token); FIELD(sf_heap_field, offset);
    STRUCT(sf_running);
    FIELD(sf_running, thread); FIELD(sf_running, object); FIELD(sf_running, frame); FIELD(sf_running, next);
    STRUCT(sf_posted);
    FIELD(sf_posted, context); FIELD(sf_posted, thread); FIELD(sf_posted, object); FIELD(sf_posted, type); FIELD(sf_posted, keeper); FIELD(sf_posted, flags);
    FIELD(sf_posted, other_count); FIELD(sf_posted, others); FIELD(sf_posted, holder_count); FIELD(sf_posted, reserved); FIELD(sf_posted, holders);
    STRUCT(sf_suspension);
    FIELD(sf_suspension, resume_info); FIELD(sf_suspension, frame); FIELD(sf_suspension, code);
    return 0;
}
