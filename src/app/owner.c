// owner.c - USER or USER:GROUP as numbers.
#include "app/owner.h"

#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/xalloc.h"
#include "core/fmt.h"

static bool user_number(const char *name, uint32_t *out) {
    uint64_t number;
    if (parse_u64(name, &number) == 0) {
        *out = (uint32_t)number;
        return number < UINT32_MAX; // that one means "as it is" to the kernel
    }
    const struct passwd *user = getpwnam(name);
    if (user)
        *out = user->pw_uid;
    return user != NULL;
}

static bool group_number(const char *name, uint32_t *out) {
    uint64_t number;
    if (parse_u64(name, &number) == 0) {
        *out = (uint32_t)number;
        return number < UINT32_MAX;
    }
    const struct group *group = getgrnam(name);
    if (group)
        *out = group->gr_gid;
    return group != NULL;
}

bool owner_parse(const char *text, struct op_request *req) {
    char *user = xstrdup(text), *group = strchr(user, ':');
    if (group)
        *group++ = '\0';
    req->has_uid = user_number(user, &req->uid);
    req->has_gid = group && group_number(group, &req->gid);
    bool good = req->has_uid && (!group || req->has_gid);
    free(user);
    return good;
}
