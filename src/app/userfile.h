// userfile.h - the small files that a user keeps for shmtop, by the XDG base directory standard.
#ifndef APP_USERFILE_H
#define APP_USERFILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum user_dir { USER_CONFIG, USER_STATE }; // $XDG_CONFIG_HOME, $XDG_STATE_HOME

enum { USERFILE_LONGEST = 1 << 20 };

// The path of shmtop's file `name` ("config", "themes/night"). False: there is no place for it. A
// variable that does not begin with / is ignored, as the standard wants it.
bool userfile_path(enum user_dir dir, const char *name, char path[PATH_MAX]);
// The whole file, terminated, owned by the caller. 0 or -errno; -EFBIG: over USERFILE_LONGEST,
// -EINVAL: it is no regular file. Never waits for a file that is no file.
int userfile_read(const char *path, char **text, size_t *len);
// As userfile_read, for what is to be written again: a file that is not there is empty, one with a
// NUL in it is -EINVAL (*text is the caller's all the same).
int userfile_for_edit(const char *path, char **text);
// True for what userfile_read says of a file that nobody asked for: it is not there, or it belongs
// to somebody else (HOME under sudo or cron).
bool userfile_is_none(int err);
// False: a symbolic link on the way to it, or it itself, is neither ours nor root's. Who runs
// shmtop as root with the HOME of somebody else must not be led to write elsewhere.
bool userfile_is_safe(const char *path);
// Puts the text in place of the file in one step; directories that are missing are made (0700). A
// symbolic link stays, what it points to is replaced; mode and owner stay where that is allowed.
// 0 or -errno: then the file is as it was. -ELOOP: it is not safe.
int userfile_write(const char *path, const char *text, size_t len);

#endif
