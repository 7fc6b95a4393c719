/* Hands a snapshot to the host that asked for it. */
#ifndef STACKFLARE_SNAPSHOT_H
#define STACKFLARE_SNAPSHOT_H

#include <stdbool.h>

#include "wire/abi.h"

/* A section as it goes into the snapshot. */
typedef struct snapshot_part { uint32_t kind, record; const void *bytes; uint64_t length; } snapshot_part;
enum { SNAPSHOT_PARTS = 32 };

int snapshot_connect(const sf_request *request); /* -1: nobody listens there who may have it */
bool snapshot_host_is_own(int host); /* the process itself */
void snapshot_send(const sf_request *request, const snapshot_part *sections, uint32_t count, int host);

#endif
