#ifndef STACKFLARE_SESSION_H
#define STACKFLARE_SESSION_H

#include "walk/capture.h"

/* Maps the memory for everything; false if that fails. c->request and c->heap are set. */
bool capture_map(capture *c);
void capture_unmap(capture *c);

/* Fills c->result and the tables. In every case, the runtime runs when this returns. */
void capture_take(capture *c);

/* Sends the snapshot and closes the connection. */
void capture_send(const capture *c, int host);

#endif
