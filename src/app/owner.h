// owner.h - USER or USER:GROUP as numbers.
#ifndef APP_OWNER_H
#define APP_OWNER_H

#include <stdbool.h>

#include "probes/ops.h"

// Takes names or numbers; has_gid only when a group is given. Asks the user database, which may
// wait. False: there is no such user or group.
bool owner_parse(const char *text, struct op_request *req);

#endif
