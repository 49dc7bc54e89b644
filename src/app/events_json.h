// events_json.h - events as JSON lines.
#ifndef APP_EVENTS_JSON_H
#define APP_EVENTS_JSON_H

#include "core/eventlog.h"

// All events kept, oldest first, one object a line: time, event, id, name, size, user, uid, pid,
// comm, detail; null where there is none or it is not known. Owned by the caller; *len without
// terminator.
char *events_json(const struct eventlog *log, size_t *len);

#endif
