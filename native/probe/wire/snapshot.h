/* Sends a snapshot to the host that requested it. */
#ifndef STACKFLARE_SNAPSHOT_H
#define STACKFLARE_SNAPSHOT_H

#include <stdbool.h>

#include "wire/abi.h"

/* A section of the snapshot. */
typedef struct snapshot_part { uint32_t kind, record; const void *bytes; uint64_t length; } snapshot_part;
enum { SNAPSHOT_PARTS = 32 };

int snapshot_connect(const sf_request *request); /* -1: no permitted host listens there */
bool snapshot_host_may_go_on(int host); /* waits for the host's word; false if the host gave up */
bool snapshot_host_is_own(int host); /* whether the host is this process */
void snapshot_send(const sf_request *request, const snapshot_part *sections, uint32_t count, int host);

#endif
